"""A stolen key of practice software: it asks with cards and references, its own or made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.gate.state import Lane
from ecluse.policy.bound import known_bound
from ecluse.siege.strategy import Goal, Move, Strategy


if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.random import Generator as Random

    from ecluse.gate.state import Outcome
    from ecluse.siege.strategy import Loot


_REFERENCES = 2_000


def _play(loot: Loot, _: Random) -> Generator[Move, Outcome, None]:
    """Make up card codes and references: of 2**128 each, none leads to anybody."""
    for number in range(1_500 * loot.days):
        lane = Lane.KNOWN if number % 3 else Lane.CARD
        yield Move(number * 57.0, 0, lane, number, found=False)


def _with_references(loot: Loot, _: Random) -> Generator[Move, Outcome, None]:
    for number in range(_REFERENCES * loot.days):
        yield Move(number * 40.0, 0, Lane.KNOWN, number % _REFERENCES, found=True)


STRATEGY = Strategy(
    "client_key",
    "a key of practice software, copied",
    "makes up card codes and references",
    _play,
    bound=lambda _: 0,
    goals=lambda _: (Goal("persons", "max", 0),),
    client=True,
)
WITH_REFERENCES = Strategy(
    "client_key_and_references",
    f"a key of practice software, copied with {_REFERENCES:,} of its references",
    "one check each 40 s, day and night",
    _with_references,
    bound=lambda loot: known_bound(loot.policy, loot.organisations, 24 * loot.days),
    goals=lambda policy: (Goal("persons_24h", "max", policy.known.account_day),),
    client=True,
)
