"""Hundreds of devices with malware at once, each alone in its organisation, with a leaked list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.gate.state import Lane
from ecluse.gate.windows import DAY, HOUR
from ecluse.policy.bound import typed_bound
from ecluse.siege.strategy import Goal, Move, Strategy


if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.random import Generator as Random

    from ecluse.gate.state import Outcome
    from ecluse.siege.strategy import Loot


#: The hour's cap is met within three hours; all begin within a few minutes.
_ROUNDS = 3
_START = 600.0


def _at_once(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    day, hour = loot.policy.typed.account_day, loot.policy.typed.account_hour
    for turn in range(loot.days * _ROUNDS):
        base = turn // _ROUNDS * DAY + turn % _ROUNDS * HOUR
        persons = min(hour, day - turn % _ROUNDS * hour)
        yield from _together(loot, rng, base, _START, persons, turn)


def _evenly(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    cap = loot.policy.typed.account_day
    for turn in range(loot.days * cap):
        yield from _together(loot, rng, turn * DAY / cap, DAY / cap, 1, turn)


def _together(
    loot: Loot, rng: Random, base: float, width: float, persons: int, turn: int
) -> Generator[Move, Outcome, None]:
    """Have every account ask about `persons` at random moments of `width` seconds."""
    accounts = range(loot.accounts)
    moments = rng.uniform(0, width, (loot.accounts, max(0, persons))).tolist()
    order = sorted((at, account) for account in accounts for at in moments[account])
    for number, (at, account) in enumerate(order):
        yield Move(base + at, account, Lane.TYPED, turn * 1_000_000 + number, found=True)


def _bound(loot: Loot) -> int:
    return typed_bound(loot.policy, loot.organisations, 24 * loot.days)


_HOLDS = "malware on 500 signed-in devices of 500 organisations, and a leaked list"
AT_ONCE = Strategy(
    "many_at_once",
    _HOLDS,
    "each its hour's cap at the start of three hours in a row",
    _at_once,
    _bound,
    lambda policy: (
        Goal("persons_24h", "max", 500 * policy.typed.account_day),
        Goal("open_1h_after_20_alarms", "max", 0.05),
    ),
    accounts=500,
)
EVENLY = Strategy(
    "many_evenly",
    _HOLDS,
    "each its day's cap, spread evenly over the day",
    _evenly,
    _bound,
    lambda policy: (
        Goal("persons_24h", "max", 500 * policy.typed.account_day / 2),
        Goal("open_1h_after_20_alarms", "max", 0.05),
    ),
    accounts=500,
)
