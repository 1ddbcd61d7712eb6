"""Thefts on running parts: for each seed a town of its own, so that no theft meets another's traces."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ecluse.demo.town import open_town
from ecluse.siege.live.referee import play_all


if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from ecluse.siege.live.referee import Run
    from ecluse.siege.live.theft import Theft


def play_live(
    thefts: Sequence[Theft],
    seeds: Iterable[int],
    members: int,
    policy: Path | None,
    progress: Callable[[str], None],
) -> list[Run]:
    """Play every theft once for each seed, on an operator with its watch that begins and ends here.

    Args:
        thefts: Which.
        seeds: Nation and thieves are drawn from them.
        members: Of the nation.
        policy: Another policy than the default one.
        progress: Told what is over.
    """
    runs: list[Run] = []
    for seed in seeds:
        progress("")
        with open_town(members, seed, policy, watched=True) as town:
            runs += asyncio.run(play_all(thefts, town.ground(), seed, progress))
    return runs
