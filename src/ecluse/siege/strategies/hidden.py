"""A thief with patience, who knows how the watch works: slowly more, or never more than honest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.gate.state import Lane
from ecluse.gate.windows import DAY
from ecluse.policy.bound import typed_bound
from ecluse.siege import births
from ecluse.siege.honest import SUNDAY
from ecluse.siege.strategies.pace import working_hours
from ecluse.siege.strategy import Move, Strategy


if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.random import Generator as Random

    from ecluse.gate.state import Outcome
    from ecluse.siege.strategy import Loot


#: Days after which the frog's water is a little warmer.
_STEP = 10
#: A day of work, in the mean: twice what such an account asks anyway.
_MIMIC = 2.0


def _boiling_frog(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    """Ask one a day, and one more every ten days, up to the cap."""
    for day in range(loot.days):
        daily = min(loot.policy.typed.account_day, 1 + day // _STEP)
        yield from _day(rng, day, births.anywhere(rng, daily))


def _mimic(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    """Ask as the clerk does: on days of work, as irregularly, about people from around here."""
    for day in range(loot.days):
        if day % 7 != SUNDAY:
            yield from _day(rng, day, births.around(rng, loot.regions[0], rng.poisson(_MIMIC)))


def _day(rng: Random, day: int, persons: list[bytes]) -> Generator[Move, Outcome, None]:
    for turn, moment in enumerate(working_hours(rng, len(persons))):
        number, identity = day * 100 + turn, persons[turn]
        yield Move(day * DAY + moment, 0, Lane.TYPED, number, found=True, identity=identity)


def _bound(loot: Loot) -> int:
    return typed_bound(loot.policy, loot.organisations, 24 * loot.days)


BOILING_FROG = Strategy(
    "boiling_frog",
    "malware on a signed-in device, and a leaked list",
    f"one a day, and one more every {_STEP} days: the habit is to follow",
    _boiling_frog,
    _bound,
    lambda _: (),
    days=90,
)
MIMIC = Strategy(
    "mimic",
    "malware on a signed-in device, and a leaked list of people around the practice",
    f"{_MIMIC:g} on a day of work in the mean, as the clerk's own come",
    _mimic,
    _bound,
    lambda _: (),
    days=90,
)
