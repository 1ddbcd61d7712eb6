"""The ledger's tables, as the log's keeper, prover and verifier read and write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncpg

from ecluse.ledger.errors import BrokenLedgerError
from ecluse.ledger.merkle import HASH_SIZE
from ecluse.ledger.tiles import TILE_SIZE, Tile


if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    Connection = asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]


_COMMITMENTS = """
SELECT count(*) FILTER (WHERE octet_length(commitment) = 32) AS good,
       string_agg(commitment, ''::bytea ORDER BY position) AS commitments
  FROM ledger_entry WHERE shard = $1 AND position >= $2 AND position < $3
"""
_FIRST_BAD = """
SELECT wanted FROM generate_series($2::bigint, $3::bigint - 1) AS wanted
  LEFT JOIN ledger_entry ON shard = $1 AND position = wanted AND octet_length(commitment) = 32
 WHERE position IS NULL ORDER BY wanted LIMIT 1
"""
_TILES = """
SELECT level, tile, hashes FROM ledger_tile
  JOIN unnest($2::smallint[], $3::bigint[]) AS wanted (level, tile) USING (level, tile)
 WHERE shard = $1
"""
_LATEST = "SELECT note FROM ledger_checkpoint WHERE shard = $1 ORDER BY size DESC LIMIT 1"
_ADD_TILES = """
INSERT INTO ledger_tile (shard, level, tile, hashes)
SELECT $1, * FROM unnest($2::smallint[], $3::bigint[], $4::bytea[])
"""
_ADD_CHECKPOINT = """
INSERT INTO ledger_checkpoint (shard, size, signed_at, note)
VALUES ($1, $2, clock_timestamp(), $3)
"""


async def size(connection: Connection, shard: int) -> int:
    """Return how many entries are committed.

    Raises:
        BrokenLedgerError: The log's head is gone.
    """
    entries: int | None = await connection.fetchval(
        "SELECT size FROM ledger_head WHERE shard = $1", shard
    )
    if entries is None:
        raise BrokenLedgerError(f"The head of ledger shard {shard} is missing.")
    return entries


async def commitments(connection: Connection, shard: int, begin: int, end: int) -> bytes:
    """Return the commitments from position `begin` to before `end`, 32 bytes each, back to back.

    Raises:
        BrokenLedgerError: A position among them is missing, or holds no commitment; says which.
    """
    row = await connection.fetchrow(_COMMITMENTS, shard, begin, end)
    found = (row and row["commitments"]) or b""
    if len(found) != (end - begin) * HASH_SIZE or (row and row["good"] != end - begin):
        position = await connection.fetchval(_FIRST_BAD, shard, begin, end)
        raise BrokenLedgerError(f"The ledger has no good entry at position {position}.")
    return found


async def find_tiles(
    connection: Connection, shard: int, wanted: Collection[Tile]
) -> dict[Tile, bytes]:
    """Return the stored tiles among `wanted`, whatever they hold."""
    if not wanted:
        return {}
    rows = await connection.fetch(
        _TILES, shard, [tile.level for tile in wanted], [tile.number for tile in wanted]
    )
    return {Tile(row["level"], row["tile"]): row["hashes"] for row in rows}


async def tiles(connection: Connection, shard: int, wanted: Collection[Tile]) -> dict[Tile, bytes]:
    """Return full tiles, 8,192 bytes each.

    Raises:
        BrokenLedgerError: One of them is missing or has another size.
    """
    found = await find_tiles(connection, shard, wanted)
    for tile in wanted:
        if len(found.get(tile, b"")) != TILE_SIZE:
            raise BrokenLedgerError(f"Tile {tile.number} of level {tile.level} is not whole.")
    return found


async def latest(connection: Connection, shard: int) -> str | None:
    """Return the latest checkpoint, a signed note; None before the first."""
    note: str | None = await connection.fetchval(_LATEST, shard)
    return note


async def store(
    connection: Connection, shard: int, full: Mapping[Tile, bytes], entries: int, note: str
) -> None:
    """Store the checkpoint over `entries` with the tiles that became full since the last one.

    Raises:
        BrokenLedgerError: Somebody else stored a tile or a checkpoint there.
    """
    try:
        async with connection.transaction():
            await connection.execute(
                _ADD_TILES,
                shard,
                [tile.level for tile in full],
                [tile.number for tile in full],
                list(full.values()),
            )
            await connection.execute(_ADD_CHECKPOINT, shard, entries, note)
    except asyncpg.UniqueViolationError:
        raise BrokenLedgerError(
            f"A tile or a checkpoint beyond the latest one stands in the way of size {entries}."
        ) from None
