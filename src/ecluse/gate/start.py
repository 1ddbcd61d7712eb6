"""What a gate does before its first check: greet the keyring, notice a restore."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ecluse.gate.clock import AGREEMENT
from ecluse.ledger.append import append
from ecluse.ledger.entry import Event, Restored


if TYPE_CHECKING:
    from ecluse.gate.journal import Journal
    from ecluse.keyring.client import GateKeyring
    from ecluse.store.connection import Connection


#: After a restore nobody knows what was spent since the backup: everything counts as spent. Beyond
#: the day as long as the clocks that gates count by may be apart.
SPENT_FOR = timedelta(days=1, seconds=2 * AGREEMENT)

_VOID_DEVICES = "UPDATE device SET revoked_at = $1 WHERE revoked_at IS NULL"
_SPENT = "UPDATE platform SET spent_until = GREATEST(spent_until, $1)"


async def size(connection: Connection) -> int:
    """Return how many entries the ledger has."""
    return int(await connection.fetchval("SELECT size FROM ledger_head WHERE shard = 0"))


async def note_restore(connection: Connection, keyring: GateKeyring, journal: Journal) -> None:
    """Void every registration and count every budget as spent for a day, with a ledger entry."""
    entries = await size(connection)
    async with connection.transaction():
        now = datetime.now(UTC)
        await connection.execute(_VOID_DEVICES, now)
        await connection.execute(_SPENT, now + SPENT_FOR)
        await note(connection, journal, Restored(at=now, entries=entries))
    await keyring.hello(restore_noted=True)


async def note(
    connection: Connection,
    journal: Journal,
    event: Event,
) -> None:
    """Append one event, as the last statement of the caller's transaction."""
    sealed = await journal.seal(event, os.urandom(16), event.at.timestamp())
    await append(connection, [sealed], event.at)
