"""What the ledger shows of itself to anybody: its latest checkpoint, and proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ecluse.ledger import reader, storage
from ecluse.ledger.errors import BrokenLedgerError, LedgerError, NotCoveredYetError
from ecluse.ledger.merkle import (
    consistency_path,
    inclusion_path,
    leaf_hash,
    proof,
    verify_inclusion,
)
from ecluse.ledger.note import parse, read_checkpoint


if TYPE_CHECKING:
    from ecluse.ledger.merkle import Path
    from ecluse.ledger.reader import KnownRoots
    from ecluse.ledger.storage import Connection


class InclusionProof(msgspec.Struct, frozen=True):
    """That a commitment stands at a position; as JSON, bytes are standard base64."""

    position: int
    #: How many entries the tree is over.
    size: int
    commitment: bytes
    #: RFC 9162, 2.1.3.1: from the leaf's sibling up.
    hashes: tuple[bytes, ...]
    #: The signed note over this size, whose root the hashes lead to.
    checkpoint: str


class ConsistencyProof(msgspec.Struct, frozen=True):
    """That the tree of the latest checkpoint begins with an earlier one."""

    old: int
    size: int
    #: RFC 9162, 2.1.4.1.
    hashes: tuple[bytes, ...]
    checkpoint: str


async def checkpoint(connection: Connection, *, shard: int = 0) -> str:
    """Return the latest checkpoint, a C2SP signed note.

    Raises:
        LedgerError: None was signed yet.
    """
    note = await storage.latest(connection, shard)
    if note is None:
        raise LedgerError(
            "The ledger has no checkpoint yet.", hint="Start its keeper: ecluse serve ledger"
        )
    return note


async def inclusion(
    connection: Connection, position: int, *, shard: int = 0, known: KnownRoots | None = None
) -> InclusionProof:
    """Prove that an entry stands in the tree of the latest checkpoint.

    Args:
        connection: Of a role that reads positions, commitments, tiles and checkpoints.
        position: The entry's.
        shard: Which log.
        known: One dictionary for a process and a log, so that it reads each tile's root once.

    Raises:
        NotCoveredYetError: The entry is younger than the latest checkpoint, or there is none.
        BrokenLedgerError: What is stored does not lead to the root that was signed.
    """
    note = await checkpoint(connection, shard=shard)
    signed = read_checkpoint(parse(note)[0])
    if not 0 <= position < signed.size:
        raise NotCoveredYetError(position, signed.size)
    commitment = await storage.commitments(connection, shard, position, position + 1)
    path = inclusion_path(position, signed.size)
    hashes = await _prove(connection, shard, signed.size, path, known)
    if not verify_inclusion(leaf_hash(commitment), position, signed.size, hashes, signed.root):
        raise BrokenLedgerError(f"The entry at position {position} is not what was signed.")
    return InclusionProof(position, signed.size, commitment, tuple(hashes), note)


async def consistency(
    connection: Connection, old: int, *, shard: int = 0, known: KnownRoots | None = None
) -> ConsistencyProof:
    """Prove that the tree of the latest checkpoint begins with the tree over `old` entries.

    Raises:
        NotCoveredYetError: The latest checkpoint is over fewer entries.
        LedgerError: `old` is 0: every tree begins with the empty one.
        BrokenLedgerError: A tile or an entry that the proof needs is missing.
    """
    note = await checkpoint(connection, shard=shard)
    size = read_checkpoint(parse(note)[0]).size
    if old > size:
        raise NotCoveredYetError(old - 1, size)
    if old < 1:
        raise LedgerError("Every ledger begins with the empty one.", hint="Ask from size 1 on.")
    path = consistency_path(old, size)
    hashes = await _prove(connection, shard, size, path, known)
    return ConsistencyProof(old, size, tuple(hashes), note)


async def _prove(
    connection: Connection, shard: int, size: int, path: Path, known: KnownRoots | None
) -> list[bytes]:
    nodes = {node for step in path for node in step}
    found = await reader.hashes(connection, shard, size, nodes, {} if known is None else known)
    return proof(path, found)
