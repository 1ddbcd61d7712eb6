"""What the keyring reads for itself, through a database role that can only read.

Card pointers, what phones and settlement references wrap (nobody else opens them), and ledger
entries: the keyring does not take anybody's word for what was committed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import asyncpg

from ecluse.errors import EcluseError
from ecluse.store.errors import FAILURES
from ecluse.store.session import BY_KEY, keep_session


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


class Pointer(NamedTuple):
    """The row that a card index leads to."""

    insurer: int
    feed: int
    sealed: bytes


class Place(NamedTuple):
    """Where an organisation is: INSEE region code, and its number."""

    region: str
    finess: str


class Entry(NamedTuple):
    """A committed ledger entry, still sealed."""

    entry: bytes
    month: str
    sealed: bytes | None
    commitment: bytes


class Tip(NamedTuple):
    """The last entry of a ledger: how many there are, and its id; empty for an empty ledger."""

    size: int
    entry: bytes


class Ends(NamedTuple):
    """A ledger's last entry, and the id of the one that was last when it was shorter."""

    last: Tip
    #: None when no such entry stands there.
    former: bytes | None


_POINTERS = """
SELECT pointer.idx, pointer.insurer, pointer.feed, pointer.sealed
  FROM card_pointer AS pointer JOIN feed USING (insurer, feed)
 WHERE pointer.idx = ANY($1::bytea[]) AND feed.state = 'in_force'
 ORDER BY pointer.feed DESC
"""
_CLAIMS = """
SELECT reference, wrapped FROM settlement
 WHERE reference = ANY($1::bytea[]) AND expires_at > clock_timestamp()
"""
_PHONES = "SELECT idx, sealed FROM phone_pointer WHERE idx = ANY($1::bytea[])"
_PLACES = """
SELECT organisation, region, finess FROM organisation WHERE organisation = ANY($1::bytea[])
"""
#: Entries read at a time.
_MOST_ROWS = 20_000
_ENTRIES = """
SELECT position, entry, month, sealed, commitment
  FROM ledger_entry WHERE shard = 0 AND position = ANY($1::bigint[])
"""
_SINCE = """
SELECT position, entry, month, sealed, commitment FROM ledger_entry
 WHERE shard = 0 AND position >= $1 ORDER BY position LIMIT $2
"""
# No index leads to an entry's id: whoever asks knows about where it stands.
_ENTRY = """
SELECT entry, month, sealed, commitment FROM ledger_entry
 WHERE shard = 0 AND position >= $1 AND position < $1 + 100000 AND entry = $2
"""
# The head's own size is not asked: whoever appends may write anything there.
_ENDS = """
(SELECT position, entry FROM ledger_entry WHERE shard = 0 ORDER BY position DESC LIMIT 1)
UNION ALL SELECT position, entry FROM ledger_entry WHERE shard = 0 AND position = $1
"""


class Reader:
    """The keyring's own connections to the database."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, dsn: str) -> Reader:
        """Connect with the role `keyring`."""
        return cls(
            await asyncpg.create_pool(
                dsn, min_size=1, max_size=4, reset=keep_session, server_settings=BY_KEY
            )
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def pointers(self, cards: Sequence[bytes]) -> dict[bytes, list[Pointer]]:
        """Return the pointers in force of these card indexes, those of the latest feeds first."""
        found: dict[bytes, list[Pointer]] = {}
        for row in await self._fetch(_POINTERS, cards):
            pointer = Pointer(row["insurer"], row["feed"], row["sealed"])
            found.setdefault(row["idx"], []).append(pointer)
        return found

    async def claims(self, references: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return what stands wrapped in these rows of settlement references."""
        rows = await self._fetch(_CLAIMS, references)
        return {row["reference"]: row["wrapped"] for row in rows}

    async def phones(self, indexes: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return what stands wrapped in these phones' rows."""
        rows = await self._fetch(_PHONES, indexes)
        return {row["idx"]: row["sealed"] for row in rows}

    async def places(self, organisations: Sequence[bytes]) -> dict[bytes, Place]:
        """Return where each of these organisations is."""
        rows = await self._fetch(_PLACES, organisations)
        return {row["organisation"]: Place(row["region"], row["finess"]) for row in rows}

    async def entries(self, positions: Sequence[int]) -> dict[int, Entry]:
        """Return the committed entries at these positions."""
        rows = await self._fetch(_ENTRIES, positions)
        return {row["position"]: _entry(row) for row in rows}

    async def entry(self, entry: bytes, since: int) -> Entry | None:
        """Return the committed entry of this id, if it stands soon after position `since`."""
        rows = await self._fetch(_ENTRY, since, entry)
        return _entry(rows[0]) if rows else None

    async def ends(self, size: int = 0) -> Ends:
        """Return the last committed entry, and the last one of the first `size`."""
        rows = await self._fetch(_ENDS, size - 1)
        by_position = {row["position"]: row["entry"] for row in rows}
        last = max(by_position, default=-1)
        return Ends(
            Tip(last + 1, by_position.get(last, b"")),
            by_position.get(size - 1) if size else b"",
        )

    async def since(self, position: int) -> AsyncIterator[tuple[int, Entry]]:
        """Yield the committed entries from `position` on, oldest first."""
        while rows := await self.page(position, _MOST_ROWS):
            for row in rows:
                yield row
            position = rows[-1][0] + 1

    async def page(self, position: int, most: int) -> list[tuple[int, Entry]]:
        """Return the committed entries from `position` on, the oldest `most` of them."""
        rows = await self._fetch(_SINCE, position, most)
        return [(row["position"], _entry(row)) for row in rows]

    async def _fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        try:
            return await self._pool.fetch(query, *arguments)
        except FAILURES as error:
            raise EcluseError(
                f"The keyring cannot read the database ({type(error).__name__}).",
                hint="The check may be repeated: nothing was opened.",
            ) from error


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(row["entry"], row["month"], row["sealed"], row["commitment"])
