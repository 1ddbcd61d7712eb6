"""Malware on a signed-in device that never asks for as much as the cap: for months."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ecluse.gate.state import Lane
from ecluse.gate.windows import DAY
from ecluse.policy.bound import typed_bound
from ecluse.siege.strategies.pace import working_hours
from ecluse.siege.strategy import Goal, Move, Strategy


if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.random import Generator as Random

    from ecluse.gate.state import Outcome
    from ecluse.policy.policy import Policy
    from ecluse.siege.strategy import Loot


#: The figure asked for is that of one below the default policy's cap.
_FULL = 9


def _play(daily: int, loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    for day in range(loot.days):
        for turn, moment in enumerate(working_hours(rng, daily)):
            yield Move(day * DAY + moment, 0, Lane.TYPED, day * daily + turn, found=True)


def _bound(loot: Loot) -> int:
    return typed_bound(loot.policy, loot.organisations, 24 * loot.days)


def _at(daily: int) -> Strategy:
    def goals(_: Policy) -> tuple[Goal, ...]:
        if daily != _FULL:
            return ()
        return (
            Goal("first_alarm_s", "median", DAY),
            Goal("first_alarm_s", "p95", 3 * DAY),
        )

    return Strategy(
        f"slow_{daily}_a_day",
        "malware on a signed-in device, and a leaked list of valid identities",
        f"{daily} persons a day at random moments of the working hours",
        partial(_play, daily),
        _bound,
        goals,
        days=90,
    )


STRATEGIES = tuple(_at(daily) for daily in range(1, _FULL + 1))
