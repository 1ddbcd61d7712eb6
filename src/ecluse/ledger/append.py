"""Giving entries their positions: one statement, the last of the transaction that caused them.

The statement locks the log's one-row head, so that positions follow the order of commits, and a
transaction that rolls back gives its positions back: the log has no gap. The lock is held until
commit, which is why it comes last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecluse.ledger.seal import SealedEntry
    from ecluse.store.connection import Connection


_APPEND = """
WITH head AS (
  UPDATE ledger_head
     SET size = size + cardinality($3::bytea[]), last_at = GREATEST(last_at, $2)
   WHERE shard = $1
  RETURNING size - cardinality($3::bytea[]) AS first, last_at
), written AS (
  INSERT INTO ledger_entry (shard, position, entry, at, month, sealed, commitment)
  SELECT $1, head.first + item.ordinal - 1, item.entry, head.last_at, item.month, item.sealed,
         item.commitment
    FROM head, unnest($3::bytea[], $4::text[], $5::bytea[], $6::bytea[])
               WITH ORDINALITY AS item (entry, month, sealed, commitment, ordinal)
)
SELECT first FROM head
"""


async def append(
    connection: Connection,
    entries: Sequence[SealedEntry],
    at: datetime,
    shard: int = 0,
) -> int:
    """Append `entries` in order, as the last statement of the caller's transaction.

    Args:
        connection: In the transaction that the entries tell of.
        entries: What happened.
        at: The database's time; the log's own time never runs backwards whatever is given.
        shard: Which log.

    Returns:
        The position of the first entry; the others follow without a gap.
    """
    first: int = await connection.fetchval(
        _APPEND,
        shard,
        at,
        [entry.entry for entry in entries],
        [entry.month for entry in entries],
        [entry.sealed for entry in entries],
        [entry.commitment for entry in entries],
    )
    return first
