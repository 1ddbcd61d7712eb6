"""Malware on a signed-in device, whose clerk confirms every prompt: as fast as it can."""

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
    from ecluse.policy.policy import Policy
    from ecluse.siege.strategy import Loot


#: Each hour begins with so many checks, some seconds apart.
_BURST, _SECONDS = 60, 2.0


def _random(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    yield from _sweep(loot, rng, loot.density)


def _leaked(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    yield from _sweep(loot, rng, 1.0)


def _sweep(loot: Loot, rng: Random, hits: float) -> Generator[Move, Outcome, None]:
    for number in range(24 * loot.days * _BURST):
        hour, step = divmod(number, _BURST)
        found = bool(rng.random() < hits)
        yield Move(hour * HOUR + step * _SECONDS, 0, Lane.TYPED, number, found)


def _bound(loot: Loot) -> int:
    return typed_bound(loot.policy, loot.organisations, 24 * loot.days)


def _goals(policy: Policy) -> tuple[Goal, ...]:
    return (Goal("persons_24h", "max", policy.typed.account_day),)


FAST_SWEEP = Strategy(
    "fast_sweep",
    "malware on a signed-in device; numbers made up, each given to somebody",
    f"{_BURST} checks at the start of each hour, {_SECONDS:g} s apart",
    _random,
    _bound,
    lambda policy: (
        *_goals(policy),
        Goal("contained_checks", "max", 10),
        Goal("contained_s", "max", 60),
    ),
)
LEAKED_LIST = Strategy(
    "leaked_list",
    "the same, and a leaked list of valid identities: it never misses",
    f"{_BURST} checks at the start of each hour, {_SECONDS:g} s apart",
    _leaked,
    _bound,
    lambda policy: (*_goals(policy), Goal("first_alarm_s", "max", DAY)),
    days=7,
)
