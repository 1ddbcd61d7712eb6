"""Hundreds of devices with malware at once, each alone in its organisation, with a leaked list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.gate.state import Lane
from ecluse.gate.windows import DAY, HOUR
from ecluse.policy.bound import typed_bound
from ecluse.siege.strategy import Goal, Move, Strategy


if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.random import Generator as Random

    from ecluse.gate.state import Outcome
    from ecluse.siege.strategy import Loot

    Play = Callable[[Loot, Random], Generator[Move, Outcome, None]]


#: The hour's cap is met within three hours; all begin within a few minutes.
_ROUNDS = 3
_START = 600.0
#: Thefts begin in the morning: how long after it the night does; and its length, and the work's.
_EVENING, _NIGHT, _WORK = 13 * HOUR, 8 * HOUR, 9 * HOUR
_WAVES = 5
#: Accounts that only make noise, and the checks of each.
_DECOYS, _NOISE = 30, 60
_FEW = 2


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


def _at_night(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    for day in range(loot.days):
        base = day * DAY + _EVENING
        yield from _together(loot, rng, base, _NIGHT, loot.policy.typed.account_day, day)


def _in_office_hours(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    for day in range(loot.days):
        cap = loot.policy.typed.account_day
        yield from _together(loot, rng, day * DAY, _WORK, cap, day)


def _in_waves(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    """Have one fifth of the accounts after the other spend its day's cap within three hours."""
    size = -(-loot.accounts // _WAVES)
    for wave in range(_WAVES * loot.days):
        first = wave % _WAVES * size
        some = loot._replace(accounts=min(size, loot.accounts - first), days=1)
        for move in _at_once(some, rng):
            yield move._replace(
                after=wave * DAY / _WAVES + move.after,
                account=first + move.account,
                person=wave * 100_000_000 + move.person,
            )


def _behind_decoys(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    """Have a few accounts make as much noise as they can, and the others ask evenly behind it."""
    for number in range(_NOISE):
        for decoy in range(min(_DECOYS, loot.accounts)):
            yield Move(number * 5.0, decoy, Lane.TYPED, -1 - number * _DECOYS - decoy, found=False)
    others = loot._replace(accounts=max(0, loot.accounts - _DECOYS))
    for move in _evenly(others, rng):
        yield move._replace(after=move.after + HOUR, account=move.account + _DECOYS)


def _a_few_a_day(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    for day in range(loot.days):
        yield from _together(loot, rng, day * DAY, _WORK, _FEW, day)


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


def _other(name: str, moves: str, play: Play, days: int = 1) -> Strategy:
    """Return one with no goal but the bound: what comes out is reported."""
    return Strategy(name, _HOLDS, moves, play, _bound, lambda _: (), accounts=500, days=days)


OTHERS = (
    _other("many_at_night", "each its day's cap, spread over the night", _at_night),
    _other("many_in_office_hours", "each its day's cap, over the working hours", _in_office_hours),
    _other(
        "many_in_waves", f"a {_WAVES}th of them after the other, each as fast as it may", _in_waves
    ),
    _other("many_behind_decoys", f"{_DECOYS} sweep loudly; the others go evenly", _behind_decoys),
    _other("many_a_few_a_day", f"each {_FEW} a day in the working hours", _a_few_a_day, days=7),
)
