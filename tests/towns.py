"""A whole operator, running: real processes, real PostgreSQL, a nation loaded through real feeds."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ecluse.demo import stage
from ecluse.local.installation import Installation
from ecluse.local.processes import Operator
from ecluse.policy import policy as policies
from ecluse.siege.scene import Scene


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.policy.policy import Policy


MEMBERS = 3000


class Town(NamedTuple):
    """A running operator, who lives around it, and the insurers' own folder."""

    operator: Operator
    cast: stage.Cast
    policy: Policy
    insurers_side: Path

    def scene(self) -> Scene:
        """Return a scene to play on; it opens its own connections."""
        return Scene(self.operator, self.policy, self.cast.members, self.cast.finess)


@contextmanager
def open_town(
    members: int = MEMBERS, policy: Path | None = None, gates: int = 1, *, watched: bool = False
) -> Iterator[Town]:
    """Start an operator of its own and load a nation; stop and remove everything afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="ecluse-town-") as home,
        stage.insurers_side() as folder,
    ):
        installation = Installation(Path(home))
        asyncio.run(installation.database.prepare())
        installation.make_keyring()
        try:
            rules = str(policy) if policy else None
            with Operator(installation, policy=rules, gates=gates, watched=watched) as operator:
                stage.write_nation(folder, members, 7, _quiet)
                rows = asyncio.run(stage.load_nation(installation, folder, 1, _quiet))
                finess = asyncio.run(stage.open_organisations(installation, folder))
                cast = stage.cast(folder, datetime.now(UTC).date(), finess, rows)
                yield Town(operator, cast, policies.read(policy)[0], folder)
        finally:
            asyncio.run(installation.database.stop())


def _quiet(*_: object) -> None:
    """Show no progress."""
