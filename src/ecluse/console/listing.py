"""What the console shows: accounts, feeds, the ledger's state. Nothing here is about a member."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ecluse.feeds import status
from ecluse.ledger import cosigned, note, reader, storage
from ecluse.ledger.errors import LedgerError
from ecluse.login import base64url


if TYPE_CHECKING:
    from collections.abc import Collection

    from ecluse.store.connection import Connection

_ACCOUNTS = """
SELECT account.account, label, role, locked, added_at,
       count(device.account) AS devices
  FROM account LEFT JOIN device
    ON device.account = account.account AND expires_at > $1 AND revoked_at IS NULL
 WHERE organisation IS NOT DISTINCT FROM $2
 GROUP BY account.account, label, role, locked, added_at
 ORDER BY added_at, account.account
"""
_NAMED_ACCOUNTS = """
SELECT account AS number, label, role, locked,
       GREATEST(frozen_typed_until, shrunk_until) AS reduced_until, name, finess
  FROM account LEFT JOIN organisation USING (organisation) WHERE account = ANY($1::bytea[])
"""
_NAMED_PLACES = """
SELECT organisation AS number, name, finess FROM organisation WHERE organisation = ANY($1::bytea[])
"""
_WITNESSED = "SELECT witnessed FROM platform"
_INSURER = "SELECT amc, name FROM insurer WHERE insurer = $1"


class ListedAccount(msgspec.Struct, frozen=True):
    """One account: whose, whether it is locked, how many devices are signed in."""

    account: str
    label: str
    role: str
    locked: str | None
    added_at: datetime
    devices: int


class Name(msgspec.Struct, frozen=True):
    """An account or an organisation that something is about, and how the account stands."""

    #: Of an organisation; None for an account that belongs to none.
    name: str | None
    finess: str | None
    #: Of an account; None for an organisation.
    label: str | None = None
    role: str | None = None
    locked: str | None = None
    #: The watch leaves less than all of its budget until then; long over when it does not.
    reduced_until: datetime | None = None


class ListedFeed(msgspec.Struct, frozen=True):
    """One of an insurer's own feeds."""

    feed: int
    state: str
    manifest: str
    rows: int
    accepted: int
    rejected: int
    ended_at: datetime | None


class ListedWitness(msgspec.Struct, frozen=True):
    """Somebody who is asked to cosign."""

    name: str
    #: Entries of the checkpoint that it cosigned last.
    size: int
    cosigned_at: datetime | None
    #: Of the last attempt; empty when it cosigned.
    problem: str


class Witnesses(msgspec.Struct, frozen=True):
    """How witnesses stand to the ledger, as keeper and gates wrote it down."""

    #: Enough of them cosigned lately, as the policy asks.
    enough: bool
    #: How often one showed a checkpoint that this log signed and does not begin with.
    refused: int
    #: Those that were asked within a day, by name.
    asked: list[ListedWitness]


class LedgerState(msgspec.Struct, frozen=True):
    """How far the ledger is signed, and whether what is stored is what was signed."""

    size: int
    signed: int
    checkpoint: str
    verified: bool
    witnesses: Witnesses


async def accounts(
    connection: Connection, organisation: bytes | None, now: datetime
) -> list[ListedAccount]:
    """Return an organisation's accounts; with None, those that belong to none."""
    rows = await connection.fetch(_ACCOUNTS, now, organisation)
    return [ListedAccount(**{**row, "account": base64url.encode(row["account"])}) for row in rows]


async def names(connection: Connection, numbers: Collection[bytes]) -> dict[str, Name]:
    """Return who these accounts and organisations are, by number as base64url."""
    asked = list(numbers)
    rows = await connection.fetch(_NAMED_ACCOUNTS, asked)
    rows += await connection.fetch(_NAMED_PLACES, asked)
    found = [dict(row) for row in rows]
    return {base64url.encode(row.pop("number")): Name(**row) for row in found}


async def insurer(connection: Connection, number: int) -> dict[str, str]:
    """Return an insurer's AMC number and name."""
    row = await connection.fetchrow(_INSURER, number)
    return dict(row) if row else {}


async def feeds(connection: Connection, amc: str) -> list[ListedFeed]:
    """Return where an insurer's feeds stand, the latest first."""
    return [
        ListedFeed(
            each.feed,
            each.state,
            each.manifest,
            each.rows,
            each.accepted,
            each.rejected,
            each.ended_at,
        )
        for each in await status.status(connection, amc)
    ]


async def ledger(connection: Connection, public_key: bytes, now: datetime) -> LedgerState:
    """Compare the latest checkpoint with its signature and with the tree that is stored.

    The right edge is recomputed from tiles and commitments; `ecluse ledger verify` recomputes all.

    Args:
        connection: As the officer.
        public_key: The log's, from the keyring and not from the log.
        now: The present.
    """
    size = await storage.size(connection, 0)
    latest, seen = await cosigned.latest(connection), await witnesses(connection, now)
    text = latest.whole if latest else None
    if text is None:
        return LedgerState(size, 0, "", verified=False, witnesses=seen)
    try:
        signed = note.open_checkpoint(text, note.log_key(public_key))
        edge = await reader.edge(connection, 0, signed.size)
    except LedgerError:
        return LedgerState(size, 0, text, verified=False, witnesses=seen)
    right = signed.root == edge.root() and signed.size <= size
    return LedgerState(size, signed.size, text, verified=right, witnesses=seen)


async def witnesses(connection: Connection, now: datetime) -> Witnesses:
    """Return how witnesses stand."""
    standings = (await cosigned.standings(connection)).values()
    return Witnesses(
        await connection.fetchval(_WITNESSED),
        len(await cosigned.refusals(connection, now)),
        sorted(
            (
                ListedWitness(
                    each.witness.partition("+")[0], each.size, each.cosigned_at, each.problem
                )
                for each in standings
                if now - each.asked_at < cosigned.ASKED
            ),
            key=lambda each: each.name,
        ),
    )
