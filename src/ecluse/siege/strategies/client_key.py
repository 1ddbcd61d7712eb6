"""A stolen key of practice software: it asks with cards and references, and has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.gate.state import Lane
from ecluse.siege.strategy import Goal, Move, Strategy


if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.random import Generator as Random

    from ecluse.gate.state import Outcome
    from ecluse.siege.strategy import Loot


def _play(loot: Loot, _: Random) -> Generator[Move, Outcome, None]:
    """Make up card codes and references: of 2**128 each, none leads to anybody."""
    for number in range(1_500 * loot.days):
        lane = Lane.KNOWN if number % 3 else Lane.CARD
        yield Move(number * 57.0, 0, lane, number, found=False)


STRATEGY = Strategy(
    "client_key",
    "a key of practice software, copied",
    "makes up card codes and references",
    _play,
    bound=lambda _: 0,
    goals=lambda _: (Goal("persons", "max", 0),),
    client=True,
)
