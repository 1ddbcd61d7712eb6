"""Malware on a signed-in device asks about the practice's own patients, by their references."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from ecluse.gate.state import Lane
from ecluse.gate.windows import DAY
from ecluse.policy.bound import known_bound
from ecluse.siege.honest import Habit
from ecluse.siege.strategies.pace import working_hours
from ecluse.siege.strategy import Goal, Move, Strategy


if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.random import Generator as Random

    from ecluse.gate.state import Outcome
    from ecluse.policy.policy import Policy
    from ecluse.siege.strategy import Loot


_PATIENTS, _SECONDS = 2_000, 40.0
_SPARE = 5


def _play(loot: Loot, _: Random) -> Generator[Move, Outcome, None]:
    for number in range(_PATIENTS * loot.days):
        yield Move(number * _SECONDS, 0, Lane.KNOWN, number % _PATIENTS, found=True)


def _rightful(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    """Copy the practice's patients as one of its own people would: a few short of the cap a day."""
    daily = max(1, loot.policy.known.account_day - _SPARE)
    for day in range(loot.days):
        for turn, moment in enumerate(working_hours(rng, daily)):
            person = (day * daily + turn) % _PATIENTS
            yield Move(day * DAY + moment, 0, Lane.KNOWN, person, found=True)


def _goals(policy: Policy) -> tuple[Goal, ...]:
    return (
        Goal("persons_24h", "max", policy.known.account_day),
        Goal("first_alarm_checks", "max", 1.5 * usual_p99(Habit().known)),
    )


def usual_p99(mean: float) -> int:
    """Return the 99th percentile of a Poisson count: an account's own busy day."""
    number, chance = 0, exp(-mean)
    total = chance
    while total < 0.99:
        number += 1
        chance *= mean / number
        total += chance
    return number


STRATEGY = Strategy(
    "known_patients",
    f"malware on a signed-in device, and {_PATIENTS:,} references of its own practice",
    f"one check each {_SECONDS:g} s, day and night",
    _play,
    bound=lambda loot: known_bound(loot.policy, loot.organisations, 24 * loot.days),
    goals=_goals,
)
INSIDER = Strategy(
    "insider",
    f"a rightful account, and {_PATIENTS:,} references of its own practice",
    f"its cap less {_SPARE} a day, in the working hours, for a month",
    _rightful,
    bound=lambda loot: known_bound(loot.policy, loot.organisations, 24 * loot.days),
    goals=_goals,
    days=30,
)
