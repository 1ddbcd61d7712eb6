"""Reading an incident's scope from the ledger, whole: nothing is left out that was signed.

The keyring opens the entries and tells what the incident's statement covers. The commitments of the
same entries are read here, and hashed into the tree up to a signed checkpoint: each page's digest
shows that both read the same, positions follow each other without a gap, and the root is the one
that was signed. Role: breach.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ecluse.breach.scope import Gathering, Scope
from ecluse.errors import EcluseError
from ecluse.ledger import note, reader, storage
from ecluse.ledger.errors import BrokenLedgerError, NotCoveredYetError
from ecluse.ledger.merkle import leaf_hashes
from ecluse.ledger.proofs import checkpoint


if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import asyncpg

    from ecluse.keyring.client import BreachKeyring
    from ecluse.ledger.entry import IncidentChanged, IncidentOpened
    from ecluse.ledger.tiles import Edge


_AT = "SELECT at FROM ledger_entry WHERE shard = 0 AND position = $1"
_OVER = "SELECT note FROM ledger_checkpoint WHERE shard = 0 AND size = $1"
_INCIDENT = "SELECT statement FROM incident WHERE incident = $1"


class IncompleteScopeError(EcluseError):
    """The scope cannot be proved whole."""


class Proof(msgspec.Struct, frozen=True):
    """That every entry of a stretch of the ledger was read."""

    #: Position of the statement that the scope answers.
    statement: int
    #: Entries read: from `begin` up to, not including, `end`.
    begin: int
    end: int
    #: Root over the first `end` entries, recomputed from what was read.
    root: bytes
    #: The signed note over them.
    checkpoint: str
    #: Positions of entries that do not open: their month was erased, or they are none.
    unread: tuple[int, ...]


class Reading(NamedTuple):
    """An incident's statement, its scope, and that it is whole."""

    statement: IncidentOpened | IncidentChanged
    scope: Scope
    proof: Proof


async def statement_of(connection: asyncpg.Connection[Any], incident: int) -> int:
    """Return the position of an incident's statement in force.

    Raises:
        EcluseError: There is no such incident.
    """
    position: int | None = await connection.fetchval(_INCIDENT, incident)
    if position is None:
        raise EcluseError("There is no such incident.", hint="See `ecluse incident list`.")
    return position


async def read(
    connection: asyncpg.Connection[Any],
    keyring: BreachKeyring,
    statement: int,
    *,
    whole: bool = False,
    end: int | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Reading:
    """Read the scope of the incident whose statement stands at a position.

    Args:
        connection: Of the role `breach`.
        keyring: Opens the entries.
        statement: The position.
        whole: Read from the ledger's first entry on: what was in force before it all is told too.
        end: Read as many entries as an earlier reading did; None: all that are signed for.
        told: Called with the entries done and their number after each page.

    Raises:
        NotCoveredYetError: The statement is younger than the latest checkpoint.
        BrokenLedgerError: The entries are not the ones that were signed.
    """
    signed_note = await (checkpoint(connection) if end is None else _over(connection, end))
    key = note.log_key(await keyring.public_key())
    signed = note.open_checkpoint(signed_note, key)
    if statement >= signed.size:
        raise NotCoveredYetError(statement, signed.size)
    event = await keyring.open_scope(statement)
    begin = 0 if whole else await _first_since(connection, event.since, signed.size)
    edge = await reader.edge(connection, 0, begin)
    gathering, unread = Gathering(), list[int]()
    while edge.size < signed.size:
        page = await keyring.scope(edge.size, signed.size)
        edge = await _follow(connection, edge, page.next, page.read)
        gathering.add(page)
        unread += page.unread
        if told is not None:
            told(edge.size - begin, signed.size - begin)
    if edge.root() != signed.root:
        raise BrokenLedgerError(
            f"The first {signed.size} entries are not the ones that were signed."
        )
    proof = Proof(statement, begin, signed.size, signed.root, signed_note, tuple(unread))
    return Reading(event, gathering.scope(), proof)


async def _over(connection: asyncpg.Connection[Any], size: int) -> str:
    """Return the checkpoint over so many entries.

    Raises:
        BrokenLedgerError: There is none (any more).
    """
    signed: str | None = await connection.fetchval(_OVER, size)
    if signed is None:
        raise BrokenLedgerError(f"The checkpoint over {size} entries is gone.")
    return signed


async def _follow(
    connection: asyncpg.Connection[Any], edge: Edge, end: int, read_there: bytes
) -> Edge:
    """Grow the tree by what the keyring says that it read."""
    commitments = await storage.commitments(connection, 0, edge.size, end)
    if end <= edge.size or sha256(commitments).digest() != read_there:
        raise IncompleteScopeError(
            f"The keyring read other entries from position {edge.size} on than stand there.",
            hint="Run `ecluse ledger verify`: it names the place.",
        )
    grown, _ = edge.extend(leaf_hashes(commitments))
    return grown


async def _first_since(connection: asyncpg.Connection[Any], since: datetime, size: int) -> int:
    """Return the first position whose entry was given its time at `since` or later.

    The ledger's own times never run backwards, and none is earlier than its event's: the place is
    found by halving, without an index.
    """
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if await connection.fetchval(_AT, middle) < since:
            low = middle + 1
        else:
            high = middle
    return low
