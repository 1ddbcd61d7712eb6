"""One device, nine a day, and a list: sorted, of the practice's own region, or counted through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.gate.state import Lane
from ecluse.gate.windows import DAY
from ecluse.policy.bound import typed_bound
from ecluse.siege import births
from ecluse.siege.strategies.pace import working_hours
from ecluse.siege.strategy import Move, Strategy


if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.random import Generator as Random

    from ecluse.gate.state import Outcome
    from ecluse.siege.strategy import Loot

    Play = Callable[[Loot, Random], Generator[Move, Outcome, None]]


_DAILY = 9
#: The order numbers of one commune and month.
_ORDERS = 999


def _sorted(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    """Read a list of all France from the top, by commune within month and sex, as numbers sort."""
    return _read(loot, rng, sorted(births.anywhere(rng, _DAILY * loot.days)), 1.0)


def _local(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    """Read a list of people who live around the practice, in no order."""
    return _read(loot, rng, births.around(rng, loot.regions[0], _DAILY * loot.days), 1.0)


def _made_up(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    """Make numbers up at random, as slowly."""
    return _read(loot, rng, births.anywhere(rng, _DAILY * loot.days), loot.density)


def _walk(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    """Count through the numbers of one commune and month near the practice."""
    (first,) = births.around(rng, loot.regions[0], 1)
    numbers = range(_DAILY * loot.days)
    walked = [first[:10] + b"%03d" % (1 + n % _ORDERS) + first[13:] for n in numbers]
    return _read(loot, rng, walked, loot.density)


def _read(
    loot: Loot, rng: Random, persons: list[bytes], hits: float
) -> Generator[Move, Outcome, None]:
    for day in range(loot.days):
        for turn, moment in enumerate(working_hours(rng, _DAILY)):
            number, found = day * _DAILY + turn, bool(rng.random() < hits)
            yield Move(day * DAY + moment, 0, Lane.TYPED, number, found, identity=persons[number])


def _bound(loot: Loot) -> int:
    return typed_bound(loot.policy, loot.organisations, 24 * loot.days)


def _at_nine(name: str, holds: str, moves: str, play: Play) -> Strategy:
    return Strategy(
        name,
        f"malware on a signed-in device; {holds}",
        f"{moves}, {_DAILY} a day in the working hours",
        play,
        _bound,
        lambda _: (),
        days=30,
    )


STRATEGIES = (
    _at_nine("sorted_list", "a leaked list of all France", "from the top of the list", _sorted),
    _at_nine("local_list", "a leaked list of people around the practice", "in no order", _local),
    _at_nine("slow_sweep", "numbers made up", "at random", _made_up),
    _at_nine("commune_walk", "numbers made up", "through one commune and month nearby", _walk),
)
