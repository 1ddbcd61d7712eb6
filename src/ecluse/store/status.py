"""Whether the database runs, and whether it fits this version of Écluse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecluse.store.migrate import pending, shipped
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.store.database import Database


@dataclass(frozen=True, slots=True)
class Status:
    """What `ecluse store status` tells.

    Attributes:
        embedded: whether the server is ours to start and stop.
        running: whether it runs; an external one that does not answer is an error instead.
        version: PostgreSQL's version, e.g. `18.6`; empty when it does not run.
        pending: the names of the migrations that the database lacks.
    """

    embedded: bool
    running: bool
    version: str
    pending: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether a process may start on it."""
        return self.running and not self.pending


async def status(database: Database) -> Status:
    """Look, and change nothing.

    Raises:
        StoreError: the database does not answer, or is newer than this code.
    """
    server = database.server
    if server is not None and not server.is_running():
        every = tuple(migration.name for migration in shipped())
        return Status(embedded=True, running=False, version="", pending=every)
    owner = await database.connect(Role.OWNER)
    try:
        version = await owner.fetchval("SHOW server_version")  # e.g. 15.14 (Debian 15.14-0)
        lacking = tuple(migration.name for migration in await pending(owner, shipped()))
    finally:
        await owner.close()
    return Status(
        embedded=server is not None,
        running=True,
        version=str(version).split()[0],
        pending=lacking,
    )
