"""A whole operator of its own in a temporary home, with an invented nation; gone afterwards."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ecluse.demo import stage
from ecluse.local import neighbours
from ecluse.local.installation import Installation
from ecluse.local.processes import Operator
from ecluse.policy import policy as policies
from ecluse.policy.exchange import Following
from ecluse.siege.live.referee import Ground
from ecluse.siege.scene import Scene


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.policy.policy import Policy


class Town(NamedTuple):
    """A running operator, who lives around it, and the insurers' own folder."""

    operator: Operator
    cast: stage.Cast
    policy: Policy
    insurers_side: Path

    def scene(self) -> Scene:
        """Return a scene to play on; it opens its own connections."""
        return Scene(
            self.operator, self.policy, self.cast.members, self.cast.finess, self.insurers_side
        )

    def ground(self) -> Ground:
        """Return what a siege is played on."""
        return Ground(
            self.operator, self.policy, self.cast.members, self.insurers_side, self.cast.rows
        )


@contextmanager
def open_town(
    members: int,
    seed: int,
    policy: Path | None = None,
    gates: int = 1,
    *,
    insurers: int = stage.INSURERS,
    watched: bool = False,
    name: str | None = None,
    progress: stage.Progress = lambda *_: None,
) -> Iterator[Town]:
    """Start an operator and load a nation; stop and remove everything afterwards.

    Args:
        members: Of the nation.
        seed: The same seed gives the same nation.
        policy: Another policy than the default one.
        gates: How many.
        insurers: How many.
        watched: Whether a watch is at work.
        name: Among operators; None for one that has no exchange.
        progress: Told what is loaded, how much of it, of how much.
    """
    with (
        tempfile.TemporaryDirectory(prefix="ecluse-town-") as home,
        stage.insurers_side() as folder,
    ):
        installation = Installation(Path(home))
        asyncio.run(installation.database.prepare())
        installation.make_keyring()
        try:
            rules = str(policy) if policy else None
            with Operator(
                installation, policy=rules, gates=gates, watched=watched, name=name
            ) as operator:
                stage.write_nation(folder, members, seed, progress, insurers)
                rows = asyncio.run(stage.load_nation(installation, folder, 1, progress))
                finess = asyncio.run(stage.open_organisations(installation, folder))
                cast = stage.cast(folder, datetime.now(UTC).date(), finess, rows)
                yield Town(operator, cast, policies.read(policy)[0], folder)
        finally:
            asyncio.run(installation.database.stop())


@contextmanager
def open_pair(members: int, seed: int, policy: Path | None = None) -> Iterator[tuple[Town, Town]]:
    """Start two operators that hear each other's alarms; see `open_town`."""
    with (
        open_town(members, seed, policy, watched=True, name="Premier") as first,
        open_town(members, seed, policy, watched=True, name="Second") as second,
    ):
        asyncio.run(_introduce(first, "Premier", second))
        asyncio.run(_introduce(second, "Second", first))
        yield first, second


async def _introduce(one: Town, name: str, other: Town) -> None:
    origin = one.operator.ports.exchange_origin
    card = await neighbours.card(one.operator.installation, name, origin)
    await neighbours.add_peer(other.operator.installation, card, Following.CLOSE)
