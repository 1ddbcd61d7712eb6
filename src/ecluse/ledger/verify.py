"""Recompute the whole ledger from storage and name every place where it is not what was signed.

One pass in one snapshot, a few thousand entries at a time, so that memory stays flat whatever the
log's length. Nothing stored is believed: positions are counted, leaves hashed from commitments,
tiles and roots rebuilt, signatures verified. With the months' salt keys, commitments are recomputed
from the sealed entries too; without them an altered text shows only to who can open it.
"""

from __future__ import annotations

import base64
import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from ecluse.ledger import cosigned, storage
from ecluse.ledger.cosignature import WitnessKey, verified
from ecluse.ledger.merkle import HASH_SIZE, leaf_hashes
from ecluse.ledger.note import NoteError, open_checkpoint, parse, read_signatures
from ecluse.ledger.seal import commitment
from ecluse.ledger.tiles import Edge, Tile


if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import asyncpg

    from ecluse.ledger.note import VerifierKey


CHUNK = 8192
#: A verification ends early after so many faults: the rest would say nothing new.
MOST_FAULTS = 100
#: How far the month an entry is sealed under may lie from the time it was given: clocks differ.
_SKEW = timedelta(hours=1)

_ENTRIES = """
SELECT position, entry, at, month, sealed, commitment FROM ledger_entry
 WHERE shard = $1 AND position >= $2 AND position < $3 ORDER BY position
"""
_CHECKPOINTS = """
SELECT size, note,
       ARRAY(SELECT witness FROM ledger_cosignature AS s
              WHERE s.shard = c.shard AND s.size = c.size ORDER BY witness) AS witnesses,
       ARRAY(SELECT line FROM ledger_cosignature AS s
              WHERE s.shard = c.shard AND s.size = c.size ORDER BY witness) AS lines
  FROM ledger_checkpoint AS c WHERE shard = $1 AND size > $2 AND size <= $3 ORDER BY size
"""
_COVERED = "SELECT max(size) FROM ledger_checkpoint WHERE shard = $1 AND size <= $2"
_STRAY_ENTRIES = """
SELECT position FROM ledger_entry
 WHERE shard = $1 AND (position < 0 OR position >= $2) ORDER BY position LIMIT 10
"""
_STRAY_CHECKPOINTS = """
SELECT size FROM ledger_checkpoint
 WHERE shard = $1 AND (size < 0 OR size > $2) ORDER BY size LIMIT 10
"""
# A level-7 tile would be over 2^64 entries, and a shift by 64 is none at all.
_STRAY_TILES = """
SELECT level, tile FROM ledger_tile
 WHERE shard = $1
   AND (level < 0 OR level > 6 OR tile < 0 OR tile >= ($2::bigint >> (8 * (level + 1))))
 ORDER BY level, tile LIMIT 10
"""


class Fault(msgspec.Struct, frozen=True):
    """One thing that is not as it was signed."""

    #: The entry; under a tile the first one; under a checkpoint the last one; None if none is meant.
    position: int | None
    problem: str


class Report(msgspec.Struct, frozen=True):
    """What a verification found."""

    #: Entries gone through.
    entries: int
    #: Root hash over them, in base64 as a checkpoint has it.
    root: str
    #: Nothing was wrong.
    verified: bool
    #: How many entries the latest checkpoint is over; younger ones await the next.
    signed: int
    #: How many stored checkpoints, full tiles, and commitments (from sealed entries) were compared.
    checkpoints: int
    tiles: int
    commitments: int
    #: How many cosignatures of witnesses were verified.
    cosignatures: int
    faults: list[Fault]


async def verify(
    connection: asyncpg.Connection[Any],
    key: VerifierKey,
    *,
    salts: Mapping[str, bytes] | None = None,
    shard: int = 0,
    told: Callable[[int, int], None] | None = None,
) -> Report:
    """Verify a log from its first entry to its last.

    Args:
        connection: Of the role `ledger`, outside a transaction.
        key: The log's name and public key.
        salts: Salt keys of the months that were not erased, to recompute commitments with.
        shard: Which log.
        told: Called with the entries done and their number after each chunk.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await _Audit(connection, key, salts or {}, shard).run(told)


class _Audit:
    """One verification under way."""

    def __init__(
        self,
        connection: asyncpg.Connection[Any],
        key: VerifierKey,
        salts: Mapping[str, bytes],
        shard: int,
    ) -> None:
        self._connection = connection
        self._key = key
        self._salts = salts
        self._shard = shard
        self._edge = Edge()
        self._covered = 0
        self._compared = -1
        self._last_at = datetime.min.replace(tzinfo=UTC)
        self._checkpoints = 0
        self._tiles = 0
        self._commitments = 0
        self._cosignatures = 0
        self._faults: list[Fault] = []

    async def run(self, told: Callable[[int, int], None] | None) -> Report:
        size = await storage.size(self._connection, self._shard)
        covered = await self._connection.fetchval(_COVERED, self._shard, size)
        self._covered = covered or 0
        if covered is None and size:
            self._fault(None, "No checkpoint is over any of the entries.")
        await self._find_strays(size)
        await self._find_refusals()
        await self._grow(b"")
        whole = True
        while whole and self._edge.size < size and len(self._faults) < MOST_FAULTS:
            whole = await self._chunk(min(size, self._edge.size + CHUNK))
            if told is not None:
                told(self._edge.size, size)
        return Report(
            entries=self._edge.size,
            root=base64.b64encode(self._edge.root()).decode(),
            verified=not self._faults,
            signed=self._covered,
            checkpoints=self._checkpoints,
            tiles=self._tiles,
            commitments=self._commitments,
            cosignatures=self._cosignatures,
            faults=self._faults,
        )

    async def _chunk(self, end: int) -> bool:
        """Go through the entries up to `end`; False at a hole, beyond which nothing can be told."""
        begin = self._edge.size
        rows = await self._connection.fetch(_ENTRIES, self._shard, begin, end)
        good: list[bytes] = []
        for position, row in enumerate(rows, begin):
            if row["position"] != position or len(row["commitment"]) != HASH_SIZE:
                break
            self._compare_entry(row)
            good.append(row["commitment"])
        await self._grow(leaf_hashes(b"".join(good)))
        if self._edge.size < end:
            self._fault(
                self._edge.size,
                "The entry is missing or has no commitment; nothing after it was verified.",
            )
        return self._edge.size == end

    def _compare_entry(self, row: asyncpg.Record) -> None:
        position, at, month, sealed = row["position"], row["at"], row["month"], row["sealed"]
        if at.tzinfo is None:  # how the driver tells an infinite time
            self._fault(position, "The entry has no time.")
        else:
            if at < self._last_at:
                self._fault(position, "The entry is older than the one before it.")
            self._last_at = max(self._last_at, at)
            if not _sealed_in(month, at):
                self._fault(position, "The entry is not sealed under the month of its time.")
        salt_key = self._salts.get(month)
        if salt_key is None:
            return
        self._commitments += 1
        if sealed is None:
            self._fault(position, "The entry's text is gone, though its month was not erased.")
        elif commitment(sealed, salt_key, row["entry"]) != row["commitment"]:
            self._fault(position, "The entry is not what its commitment says.")

    async def _grow(self, leaves: bytes) -> None:
        """Take leaf hashes in, comparing checkpoints and tiles on the way."""
        begin, end = self._edge.size, self._edge.size + len(leaves) // HASH_SIZE
        rows = await self._connection.fetch(_CHECKPOINTS, self._shard, self._compared, end)
        self._compared = end
        full: dict[Tile, bytes] = {}
        for row in [*rows, None]:
            size = end if row is None else row["size"]
            start, stop = self._edge.size - begin, size - begin
            self._edge, more = self._edge.extend(leaves[start * HASH_SIZE : stop * HASH_SIZE])
            full.update(more)
            if row is not None:
                self._compare_checkpoint(size, row["note"])
                self._compare_cosignatures(row)
        await self._compare_tiles({tile: full[tile] for tile in full if tile.end <= self._covered})

    def _compare_checkpoint(self, size: int, signed: str) -> None:
        self._checkpoints += 1
        position = size - 1 if size else None
        try:
            checkpoint = open_checkpoint(signed, self._key)
        except NoteError as error:
            self._fault(position, f"The checkpoint over {size} entries: {error.problem}")
            return
        if checkpoint.size != size:
            self._fault(position, f"The checkpoint over {size} entries is over another number.")
        elif checkpoint.root != self._edge.root():
            self._fault(position, f"The first {size} entries are not the ones that were signed.")

    def _compare_cosignatures(self, row: asyncpg.Record) -> None:
        """Verify what lies here as a witness's, by the key that it is said to be of."""
        for witness, line in zip(row["witnesses"], row["lines"], strict=True):
            self._cosignatures += 1
            try:
                text, _ = parse(row["note"])
                key = WitnessKey.parse(witness)
                holds = verified(text, read_signatures(line), [key], math.inf)
            except NoteError:
                holds = []
            if not holds:
                self._fault(
                    row["size"] - 1 if row["size"] else None,
                    f"The cosignature by {witness} on the checkpoint over {row['size']} entries"
                    " does not hold.",
                )

    async def _find_refusals(self) -> None:
        """Tell of each witness that saw another log, by a note that this log's key signed."""
        for refusal in await cosigned.refusals(self._connection, datetime.now(UTC), self._shard):
            try:
                seen = open_checkpoint(refusal.cosigned, self._key)
            except NoteError as error:
                self._fault(None, f"The evidence of {refusal.witness}: {error.problem}")
                continue
            self._fault(
                None,
                f"{refusal.witness} cosigned {seen.size} entries that this ledger does not begin"
                f" with: {refusal.kind}.",
            )

    async def _compare_tiles(self, computed: Mapping[Tile, bytes]) -> None:
        stored = await storage.find_tiles(self._connection, self._shard, computed)
        self._tiles += len(computed)
        for tile, hashes in computed.items():
            if tile not in stored:
                self._fault(tile.begin, f"Tile {tile.number} of level {tile.level} is missing.")
            elif stored[tile] != hashes:
                self._fault(
                    tile.begin,
                    f"Tile {tile.number} of level {tile.level} is not the entries' tree.",
                )

    async def _find_strays(self, size: int) -> None:
        """Find what stands where nothing can stand."""
        fetch = self._connection.fetch
        for row in await fetch(_STRAY_ENTRIES, self._shard, size):
            self._fault(row["position"], "The entry stands outside the ledger's size.")
        for row in await fetch(_STRAY_CHECKPOINTS, self._shard, size):
            self._fault(None, f"A checkpoint is over {row['size']} entries; the ledger has {size}.")
        for row in await fetch(_STRAY_TILES, self._shard, self._covered):
            self._fault(
                None, f"Tile {row['tile']} of level {row['level']} is beyond every checkpoint."
            )

    def _fault(self, position: int | None, problem: str) -> None:
        self._faults.append(Fault(position, problem))


def _sealed_in(month: str, at: datetime) -> bool:
    """Tell whether an entry of time `at` may be sealed under the keys of `month`."""
    if month == f"{at.year}-{at.month:02}":
        return True
    if not 2000 <= at.year < 9000:  # an hour more or less would leave the calendar at its ends
        return False
    return month in {f"{near.year}-{near.month:02}" for near in (at - _SKEW, at + _SKEW)}
