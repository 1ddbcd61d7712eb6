"""Setting the stage of a rehearsal: an operator of its own with a nation's insurers, for one play."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ecluse.demo import stage
from ecluse.demo.rehearsal import Rehearsed, rehearse
from ecluse.local.installation import Installation
from ecluse.local.processes import Operator
from ecluse.policy import policy as policies
from ecluse.siege.scene import Scene


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Stage(NamedTuple):
    """A watched operator, who takes part, and the insurers' side."""

    operator: Operator
    cast: stage.Cast
    folder: Path


@contextmanager
def stage_set(
    members: int, insurers: int, seed: int, told: Callable[[str, int, int], None]
) -> Iterator[Stage]:
    """Start an operator in a temporary home, load a nation, and remove everything at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="ecluse-rehearsal-") as home,
        stage.insurers_side() as folder,
    ):
        installation = Installation(Path(home))
        asyncio.run(installation.database.prepare())
        installation.make_keyring()
        try:
            with Operator(installation, watched=True) as operator:
                stage.write_nation(folder, members, seed, told, insurers)
                rows = asyncio.run(stage.load_nation(installation, folder, 1, told))
                finess = asyncio.run(stage.open_organisations(installation, folder))
                cast = stage.cast(folder, datetime.now(UTC).date(), finess, rows)
                yield Stage(operator, cast, folder)
        finally:
            asyncio.run(installation.database.stop())


async def play(at: Stage, seed: int, told: Callable[[str, int, int], None]) -> Rehearsed:
    """Play the breach of 2024 there."""
    rules, _ = policies.read()
    async with Scene(at.operator, rules, at.cast.members, at.cast.finess, at.folder) as scene:
        return await rehearse(scene, at.cast, at.folder, seed, told)
