"""One photographed card goes round many stolen devices: it tells of one person."""

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
    """Show the card everywhere, in another order each day."""
    for day in range(loot.days):
        for turn, account in enumerate(rng.permutation(loot.accounts).tolist()):
            yield Move(day * 86_400.0 + turn * 60.0, account, Lane.CARD, 0, found=True)


STRATEGY = Strategy(
    "photographed_card",
    "a photograph of one card, and 20 signed-in devices of 20 organisations",
    "shows it at each of them, once a day",
    _play,
    bound=lambda _: 1,
    goals=lambda policy: (
        Goal("persons", "max", 1),
        Goal("organisations_24h", "max", policy.card.organisations_per_card_day),
    ),
    accounts=20,
    days=7,
)
