"""The gate's rows: read and locked at the start of a transaction, written at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from ecluse.feeds.reach import Stretch
from ecluse.gate.state import Account, Organisation, Shown
from ecluse.gate.windows import Recent, Ring


if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from ecluse.store.connection import Connection


_NONCES = """
INSERT INTO nonce (account, nonce, expires_at)
SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::timestamptz[])
    ON CONFLICT DO NOTHING RETURNING account, nonce
"""
_SWEEP = """
DELETE FROM nonce WHERE expires_at < clock_timestamp() - interval '1 minute';
DELETE FROM settlement WHERE expires_at < clock_timestamp();
DELETE FROM presentation WHERE expires_at < clock_timestamp();
DELETE FROM entitlement WHERE expires_at < clock_timestamp();
"""
_ACCOUNTS = """
SELECT account, organisation, extract(epoch FROM probation_until)::float8 AS probation_until,
       (locked IS NOT NULL OR role NOT IN ('professional', 'client')) AS locked,
       role = 'client' AS client, budget,
       coalesce(locked = 'closed', false) AND role IN ('professional', 'client') AS cards_open,
       extract(epoch FROM frozen_typed_until)::float8 AS frozen,
       extract(epoch FROM shrunk_until)::float8 AS shrunk
  FROM account WHERE account = ANY($1::bytea[]) ORDER BY account FOR UPDATE
"""
_OWN = """
SELECT account.budget, organisation.budget, frozen_typed_until, shrunk_until, braked_until
  FROM account JOIN organisation USING (organisation) CROSS JOIN platform WHERE account = $1
"""
_ORGANISATIONS = """
SELECT organisation, professionals, region, profession, budget
  FROM organisation WHERE organisation = ANY($1::bytea[]) ORDER BY organisation FOR UPDATE
"""
_CARDS = """
INSERT INTO card_use (card, uses) SELECT unnest($1::bytea[]), $2::bytea
    ON CONFLICT (card) DO UPDATE SET card = excluded.card RETURNING card, uses
"""
_PRESENT = """
SELECT extract(epoch FROM clock_timestamp())::float8 AS database,
       CASE WHEN size = 0 THEN 0 ELSE extract(epoch FROM last_at)::float8 END AS last_entry,
       CASE WHEN isfinite(spent_until) THEN extract(epoch FROM spent_until)::float8
            ELSE 0 END AS spent_until,
       extract(epoch FROM braked_until)::float8 AS braked_until,
       named.account, named.thumbprint, named.expires_at
  FROM ledger_head CROSS JOIN platform LEFT JOIN (
       SELECT account, thumbprint, extract(epoch FROM expires_at)::float8 AS expires_at
         FROM unnest($1::bytea[], $2::bytea[]) AS asked (account, thumbprint)
         JOIN device USING (account, thumbprint) WHERE revoked_at IS NULL
       ) AS named ON true
 WHERE shard = 0
"""
_SAVE = """
WITH accounts AS (
    UPDATE account SET budget = new.budget
      FROM unnest($1::bytea[], $2::bytea[]) AS new (account, budget)
     WHERE account.account = new.account
), organisations AS (
    UPDATE organisation SET budget = new.budget
      FROM unnest($3::bytea[], $4::bytea[]) AS new (organisation, budget)
     WHERE organisation.organisation = new.organisation
), cards AS (
    UPDATE card_use SET uses = new.uses
      FROM unnest($5::bytea[], $6::bytea[]) AS new (card, uses) WHERE card_use.card = new.card
)
INSERT INTO settlement (reference, wrapped, care_date, expires_at)
SELECT * FROM unnest($7::bytea[], $8::bytea[], $9::date[], $10::timestamptz[])
"""
_RECORDS = """
SELECT record.idx, record.insurer, record.feed, record.epoch, record.sealed,
       feed.answers_from, feed.answers_until
  FROM cover_record AS record JOIN feed USING (insurer, feed)
 WHERE record.idx = ANY($1::bytea[]) AND feed.state = 'in_force'
"""


class AccountBudget(msgspec.Struct, frozen=True, array_like=True):
    """What an account's `budget` column holds."""

    typed: Recent = Recent()
    card: Ring = Ring()
    known: Recent = Recent()


class OrganisationBudget(msgspec.Struct, frozen=True, array_like=True):
    """What an organisation's `budget` column holds."""

    typed: Ring = Ring()
    card: Ring = Ring()
    known: Ring = Ring()


class CardDay(msgspec.Struct, frozen=True, array_like=True):
    """What a card's `uses` column holds: tokens to the moment that each was last shown the card."""

    organisations: dict[bytes, float] = {}
    accounts: dict[bytes, float] = {}


class Times(NamedTuple):
    """Seconds since the epoch, read after the rows were locked."""

    database: float
    last_entry: float
    spent_until: float
    braked_until: float


class Record(NamedTuple):
    """A sealed cover record in force."""

    idx: bytes
    insurer: int
    feed: int
    epoch: int
    sealed: bytes
    answers: Stretch


class Settlement(NamedTuple):
    """The row that a settlement reference will lead to."""

    row: bytes
    wrapped: bytes
    care_date: object
    expires_at: datetime


async def spend_nonces(
    connection: Connection, nonces: Sequence[tuple[bytes, bytes, datetime]]
) -> set[tuple[bytes, bytes]]:
    """Write (account, nonce, expiry) rows; return the pairs that were not there before."""
    ordered = sorted(nonces)
    rows = await connection.fetch(_NONCES, *(list(column) for column in zip(*ordered, strict=True)))
    return {(row["account"], row["nonce"]) for row in rows}


async def sweep(connection: Connection) -> None:
    """Forget the nonces of signatures that ended; references and presentations that did."""
    await connection.execute(_SWEEP)


async def accounts(connection: Connection, names: Collection[bytes]) -> dict[bytes, Account]:
    """Read and lock accounts."""
    found = {}
    for row in await connection.fetch(_ACCOUNTS, list(names)):
        budget = _budget(row["budget"], AccountBudget)
        found[row["account"]] = Account(
            row["organisation"],
            row["probation_until"],
            row["locked"],
            budget.typed,
            budget.card,
            row["client"],
            budget.known,
            row["frozen"],
            row["shrunk"],
            row["cards_open"],
        )
    return found


class Own(NamedTuple):
    """What an account and its organisation have spent, and until when the watch holds it back."""

    account: AccountBudget
    organisation: OrganisationBudget
    frozen_typed_until: datetime
    shrunk_until: datetime
    #: The whole platform's typed lane.
    braked_until: datetime


async def own(connection: Connection, account: bytes) -> Own | None:
    """Read, without a lock, where an account stands; None for no account."""
    row = await connection.fetchrow(_OWN, account)
    if row is None:
        return None
    spent, together, *held = row
    return Own(_budget(spent, AccountBudget), _budget(together, OrganisationBudget), *held)


async def organisations(
    connection: Connection, names: Collection[bytes]
) -> dict[bytes, Organisation]:
    """Read and lock organisations."""
    found = {}
    for row in await connection.fetch(_ORGANISATIONS, list(names)):
        budget = _budget(row["budget"], OrganisationBudget)
        found[row["organisation"]] = Organisation(
            row["professionals"],
            row["region"],
            row["profession"],
            budget.typed,
            budget.card,
            budget.known,
        )
    return found


async def cards(connection: Connection, names: Collection[bytes]) -> dict[bytes, Shown]:
    """Read and lock what is kept of cards' days; a card not seen before gets its row now."""
    if not names:
        return {}
    rows = await connection.fetch(_CARDS, sorted(names), _encode(CardDay()))
    return {row["card"]: _shown(msgspec.msgpack.decode(row["uses"], type=CardDay)) for row in rows}


async def present(
    connection: Connection, named: Collection[tuple[bytes, bytes]]
) -> tuple[Times, dict[tuple[bytes, bytes], float]]:
    """Read what a decision's moment is made of, once its rows are locked.

    Returns:
        The clocks; and when each (account, thumbprint) that was not revoked ends, seconds since the
        epoch.
    """
    columns = [list(column) for column in zip(*named, strict=True)] or [[], []]
    found = await connection.fetch(_PRESENT, *columns)
    if not found:
        raise LookupError("the ledger has no head")
    times = Times(*found[0][:4])
    return times, {(row[4], row[5]): row[6] for row in found if row[4] is not None}


async def records(connection: Connection, indexes: Collection[bytes]) -> dict[bytes, list[Record]]:
    """Return the records in force by index."""
    found: dict[bytes, list[Record]] = {}
    for row in await connection.fetch(_RECORDS, list(indexes)):
        idx, insurer, feed, epoch, sealed, first, until = row
        record = Record(idx, insurer, feed, epoch, sealed, Stretch(first, until))
        found.setdefault(idx, []).append(record)
    return found


async def save(
    connection: Connection,
    accounts: Mapping[bytes, Account],
    organisations: Mapping[bytes, Organisation],
    cards: Mapping[bytes, Shown],
    settlements: Sequence[Settlement],
) -> None:
    """Write back the rows that a batch changed."""
    if not (accounts or organisations or cards or settlements):
        return
    await connection.execute(
        _SAVE,
        list(accounts),
        [_encode(AccountBudget(r.typed, r.card, r.known)) for r in accounts.values()],
        list(organisations),
        [_encode(OrganisationBudget(r.typed, r.card, r.known)) for r in organisations.values()],
        list(cards),
        [_encode(CardDay(r.organisations.asked, r.accounts.asked)) for r in cards.values()],
        *([list(column) for column in zip(*settlements, strict=True)] or [[]] * 4),
    )


_encode = msgspec.msgpack.encode


def _shown(day: CardDay) -> Shown:
    return Shown(Recent(day.organisations), Recent(day.accounts))


T = TypeVar("T")


def _budget(text: bytes, of: type[T]) -> T:
    return msgspec.msgpack.decode(text, type=of) if text else of()
