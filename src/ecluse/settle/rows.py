"""Entitlements, standings, quotes and claims in the database. Role: gate; `owed_by` is the officer's."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ecluse.login import base64url
from ecluse.settle.claim import Decided, Outcome, Reason
from ecluse.settle.statement import Line


if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ecluse.store.connection import Connection


# Answers wait for this: not for the disk as well. Whoever loses one to a crash checks again.
_ADD_ENTITLEMENTS = """
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS setting)
INSERT INTO entitlement (reference, sealed, expires_at)
SELECT reference, sealed, $3
  FROM quick, unnest($1::bytea[], $2::bytea[]) AS new (reference, sealed)
"""
_ENTITLEMENTS = """
SELECT reference, sealed FROM entitlement
 WHERE reference = ANY($1::bytea[]) AND expires_at > clock_timestamp()
"""
_STANDINGS = """
SELECT person, sealed FROM standing WHERE person = ANY($1::bytea[]) ORDER BY person FOR UPDATE
"""
#: Somebody's first claim has no row to lock yet.
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended(encode(p, 'hex'), 22)) FROM unnest($1::bytea[]) AS p"
_SAVE_STANDINGS = """
INSERT INTO standing (person, sealed) SELECT * FROM unnest($1::bytea[], $2::bytea[])
    ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed
"""
_QUOTES = """
SELECT quote, digest, ends, priced FROM quote
 WHERE organisation = $1 AND quote = ANY($2::bytea[])
"""
_ADD_QUOTE = """
INSERT INTO quote (organisation, quote, digest, ends, priced, given_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING quote
"""
_TAKEN = """
SELECT claim.claim, digest, same, outcome, reason, price, amo, due_now,
       array(SELECT amount FROM claim_part AS part
              WHERE part.organisation = claim.organisation AND part.claim = claim.claim
              ORDER BY part.place) AS amcs
  FROM claim WHERE organisation = $1 AND (claim = ANY($2::bytea[]) OR same = ANY($3::bytea[]))
"""
_ADD_CLAIMS = """
INSERT INTO claim (organisation, claim, digest, same, account, family, care_date, outcome, reason,
                   price, amo, due_now, commitment, taken_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
_ADD_PARTS = """
INSERT INTO claim_part (organisation, claim, insurer, place, amount, sealed, taken_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_REFERENCES = "SELECT idx, insurer, feed, sealed FROM references_of($1, $2, $3)"
_RECIPIENTS = """
SELECT insurer, age_recipient FROM insurer WHERE insurer = ANY($1::smallint[])
"""
_LINES = """
SELECT claim.claim, amc, insurer.name AS insurer, finess, care_date, family, outcome, reason, amount
  FROM claim JOIN claim_part USING (organisation, claim) JOIN insurer USING (insurer)
  JOIN organisation USING (organisation)
 WHERE claim_part.taken_at >= $1 AND claim_part.taken_at < $2
"""
_OF_ORGANISATION = f"{_LINES} AND organisation = $3"
_OF_INSURER = f"{_LINES} AND insurer = $3"
_SEALED = """
SELECT claim, amount, sealed FROM claim_part
 WHERE insurer = $1 AND taken_at >= $2 AND taken_at < $3 ORDER BY taken_at, claim
"""


class Quoted(msgspec.Struct, frozen=True):
    """A quote as it was given."""

    digest: bytes
    ends: date
    amcs: tuple[Decimal, ...]


class Part(NamedTuple):
    """What one insurer owes of a claim, and what it alone can read of it."""

    insurer: int
    amount: Decimal
    sealed: bytes


class Taken(NamedTuple):
    """A claim that stands."""

    claim: bytes
    digest: bytes
    same: bytes
    decided: Decided


class Claim(NamedTuple):
    """A claim to be written down."""

    taken: Taken
    account: bytes
    family: str
    care_date: date
    commitment: bytes
    parts: Sequence[Part]


class SealedPart(msgspec.Struct, frozen=True):
    """A claim as its insurer fetches it: the amount owed, and an age file."""

    claim: str
    amount: Decimal
    sealed: bytes


async def add_entitlements(
    connection: Connection, sealed: Mapping[bytes, bytes], ends: datetime
) -> None:
    """Keep what references stand for, by their rows' names."""
    await connection.execute(_ADD_ENTITLEMENTS, list(sealed), list(sealed.values()), ends)


async def entitlements(connection: Connection, rows: Collection[bytes]) -> dict[bytes, bytes]:
    """Return what references stand for, sealed, by their rows' names."""
    found = await connection.fetch(_ENTITLEMENTS, list(rows))
    return {row["reference"]: row["sealed"] for row in found}


async def standings(connection: Connection, persons: Collection[bytes]) -> dict[bytes, bytes]:
    """Lock and return what persons bore, sealed; whoever claims for them next waits."""
    ordered = sorted(persons)
    await connection.execute(_HOLD, ordered)
    return {row["person"]: row["sealed"] for row in await connection.fetch(_STANDINGS, ordered)}


async def save_standings(connection: Connection, sealed: Mapping[bytes, bytes]) -> None:
    """Write down what persons bore."""
    await connection.execute(_SAVE_STANDINGS, list(sealed), list(sealed.values()))


async def quotes(
    connection: Connection, organisation: bytes, names: Collection[bytes]
) -> dict[bytes, Quoted]:
    """Return an organisation's quotes."""
    return {
        row["quote"]: Quoted(
            row["digest"], row["ends"], msgspec.json.decode(row["priced"], type=tuple[Decimal, ...])
        )
        for row in await connection.fetch(_QUOTES, organisation, list(names))
    }


async def add_quote(
    connection: Connection, organisation: bytes, name: bytes, quoted: Quoted, now: datetime
) -> bool:
    """Keep a quote; tell whether it is new."""
    priced = msgspec.json.encode(quoted.amcs).decode()
    row = organisation, name, quoted.digest, quoted.ends, priced, now
    return await connection.fetchval(_ADD_QUOTE, *row) is not None


async def taken(
    connection: Connection, organisation: bytes, names: Collection[bytes], same: Collection[bytes]
) -> list[Taken]:
    """Return an organisation's claims under these ids, or for this very care."""
    return [
        Taken(
            row["claim"],
            row["digest"],
            row["same"],
            Decided(
                Outcome(row["outcome"]),
                Reason(row["reason"]) if row["reason"] else None,
                row["price"],
                row["amo"],
                tuple(row["amcs"]),
                row["due_now"],
            ),
        )
        for row in await connection.fetch(_TAKEN, organisation, list(names), list(same))
    ]


async def add_claims(
    connection: Connection, organisation: bytes, claims: Sequence[Claim], now: datetime
) -> None:
    """Write claims down, and what each insurer owes."""
    await connection.executemany(
        _ADD_CLAIMS,
        [
            (
                organisation,
                each.taken.claim,
                each.taken.digest,
                each.taken.same,
                each.account,
                each.family,
                each.care_date,
                each.taken.decided.outcome,
                each.taken.decided.reason or "",
                each.taken.decided.price,
                each.taken.decided.amo,
                each.taken.decided.due_now,
                each.commitment,
                now,
            )
            for each in claims
        ],
    )
    await connection.executemany(
        _ADD_PARTS,
        [
            (organisation, each.taken.claim, part.insurer, place, part.amount, part.sealed, now)
            for each in claims
            for place, part in enumerate(each.parts)
        ],
    )


async def references(
    connection: Connection, members: Collection[tuple[bytes, int, int]]
) -> dict[tuple[bytes, int, int], bytes]:
    """Return members' references as their insurers sealed them, by index, insurer and feed."""
    columns = [list(column) for column in zip(*members, strict=True)] or [[], [], []]
    rows = await connection.fetch(_REFERENCES, *columns)
    return {(row["idx"], row["insurer"], row["feed"]): row["sealed"] for row in rows}


async def recipients(connection: Connection, insurers: Collection[int]) -> dict[int, str]:
    """Return insurers' age recipients."""
    rows = await connection.fetch(_RECIPIENTS, list(insurers))
    return {row["insurer"]: row["age_recipient"] for row in rows}


async def of_organisation(
    connection: Connection, organisation: bytes, since: datetime, until: datetime
) -> list[Line]:
    """Return an organisation's claims that were taken within a time."""
    return _lines(await connection.fetch(_OF_ORGANISATION, since, until, organisation))


async def of_insurer(
    connection: Connection, insurer: int, since: datetime, until: datetime
) -> list[Line]:
    """Return the claims on an insurer that were taken within a time. Role: officer."""
    return _lines(await connection.fetch(_OF_INSURER, since, until, insurer))


async def sealed_for(
    connection: Connection, insurer: int, since: datetime, until: datetime
) -> list[SealedPart]:
    """Return what an insurer alone can read of its claims. Role: officer."""
    rows = await connection.fetch(_SEALED, insurer, since, until)
    return [
        SealedPart(base64url.encode(row["claim"]), row["amount"], row["sealed"]) for row in rows
    ]


def _lines(rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    return [Line(**{**row, "claim": base64url.encode(row["claim"])}) for row in rows]
