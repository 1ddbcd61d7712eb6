"""What the keyring reads for itself, through a database role that can only read.

Card pointers (nobody else opens them) and ledger entries: the keyring does not take anybody's word
for what was committed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import asyncpg

from ecluse.errors import EcluseError


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime


class Pointer(NamedTuple):
    """The row that a card index leads to."""

    insurer: int
    feed: int
    sealed: bytes


class Entry(NamedTuple):
    """A committed ledger entry, still sealed."""

    entry: bytes
    month: str
    at: datetime
    sealed: bytes | None


_POINTERS = """
SELECT pointer.idx, pointer.insurer, pointer.feed, pointer.sealed
  FROM card_pointer AS pointer JOIN feed USING (insurer, feed)
 WHERE pointer.idx = ANY($1::bytea[]) AND feed.state = 'in_force'
"""
_ENTRIES = """
SELECT position, entry, month, at, sealed
  FROM ledger_entry WHERE shard = 0 AND position = ANY($1::bigint[])
"""
_SINCE = """
SELECT entry, month, at, sealed FROM ledger_entry
 WHERE shard = 0 AND position >= $1 ORDER BY position LIMIT 20000
"""
_FIRST_SINCE = "SELECT at FROM ledger_entry WHERE shard = 0 AND position = $1"


class Reader:
    """The keyring's own connections to the database."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, dsn: str) -> Reader:
        """Connect with the role `keyring`."""
        return cls(await asyncpg.create_pool(dsn, min_size=1, max_size=4))

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def pointers(self, cards: Sequence[bytes]) -> dict[bytes, Pointer]:
        """Return the pointers in force of these card indexes."""
        rows = await self._fetch(_POINTERS, cards)
        return {row["idx"]: Pointer(row["insurer"], row["feed"], row["sealed"]) for row in rows}

    async def entries(self, positions: Sequence[int]) -> dict[int, Entry]:
        """Return the committed entries at these positions."""
        rows = await self._fetch(_ENTRIES, positions)
        return {
            row["position"]: Entry(row["entry"], row["month"], row["at"], row["sealed"])
            for row in rows
        }

    async def size(self) -> int:
        """Return the number of committed entries."""
        rows = await self._fetch("SELECT size FROM ledger_head WHERE shard = 0")
        return int(rows[0]["size"])

    async def since(self, moment: datetime) -> AsyncIterator[Entry]:
        """Yield the committed entries from `moment` on, oldest first."""
        position = await self._first_since(moment)
        while rows := await self._fetch(_SINCE, position):
            for row in rows:
                yield Entry(row["entry"], row["month"], row["at"], row["sealed"])
            position += len(rows)

    async def _first_since(self, moment: datetime) -> int:
        """Find where `moment` begins: times never run backwards along the ledger."""
        low, high = 0, await self.size()
        while low < high:
            middle = (low + high) // 2
            row = (await self._fetch(_FIRST_SINCE, middle))[0]
            low, high = (middle + 1, high) if row["at"] < moment else (low, middle)
        return low

    async def _fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        try:
            return await self._pool.fetch(query, *arguments)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise EcluseError(
                f"The keyring cannot read the database ({type(error).__name__}).",
                hint="The check may be repeated: nothing was opened.",
            ) from error
