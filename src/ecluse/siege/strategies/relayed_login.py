"""A look-alike page relays the sign-in: what it gets is no registered device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.gate.state import Lane
from ecluse.siege.strategy import Goal, Move, Strategy


if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.random import Generator as Random

    from ecluse.gate.state import Outcome
    from ecluse.siege.strategy import Loot


def _play(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    for number in range(100 * loot.days):
        lane = (Lane.TYPED, Lane.CARD, Lane.KNOWN)[int(rng.integers(3))]
        yield Move(number * 864.0, 0, lane, number, found=True, registered=False)


STRATEGY = Strategy(
    "relayed_login",
    "one login relayed live, and a list of real identities",
    "asks in every lane, for as long as it likes",
    _play,
    bound=lambda _: 0,
    goals=lambda _: (Goal("persons", "max", 0),),
    days=30,
)
