"""Ten names that everybody knows, asked about from many stolen devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.gate.state import Lane
from ecluse.gate.windows import DAY, HOUR
from ecluse.siege.strategy import Goal, Move, Strategy


if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.random import Generator as Random

    from ecluse.gate.state import Outcome
    from ecluse.siege.strategy import Loot


_NAMES = 10
_BETWEEN = 600.0


def _play(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    """Have each device ask about the names in an order of its own, one every few minutes."""
    for day in range(loot.days):
        orders = [rng.permutation(_NAMES).tolist() for _ in range(loot.accounts)]
        moves = [
            (day * DAY + turn * _BETWEEN + float(rng.uniform(0, HOUR)), account, name)
            for account, order in enumerate(orders)
            for turn, name in enumerate(order)
        ]
        for after, account, name in sorted(moves):
            yield Move(after, account, Lane.TYPED, name, found=True)


STRATEGY = Strategy(
    "celebrities",
    f"malware on 50 signed-in devices of 50 organisations, and {_NAMES} identities",
    "each asks about all of them within a few hours",
    _play,
    bound=lambda _: _NAMES,
    goals=lambda _: (Goal("persons", "max", _NAMES), Goal("first_alarm_s", "max", DAY)),
    accounts=50,
)
