"""Admission: an officer accepts or refuses the passkey that asks to join, by its fingerprint.

Rows of `enrolment`, and on acceptance of `account` and `passkey`; the caller brings connection
and time. Role: officer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecluse.login import accounts, clients
from ecluse.login.enrolment import WAITS, EnrolmentError, State
from ecluse.login.roles import AccountRole


if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

    import asyncpg

    from ecluse.store.connection import Connection

_PENDING = """
SELECT fingerprint, finess, label, asked_at, role, amc FROM enrolment
WHERE state = 'pending' AND asked_at > $1 AND ($2::text IS NULL OR finess = $2)
ORDER BY asked_at, fingerprint
"""
_LOAD = """
SELECT finess, label, account, credential, public_key, sign_count, asked_at, role, amc
FROM enrolment WHERE fingerprint = $1 AND state = 'pending' FOR UPDATE
"""
_DECIDE = "UPDATE enrolment SET state = $2 WHERE fingerprint = $1"
_FIND_INSURER = "SELECT insurer FROM insurer WHERE amc = $1"
_CREDENTIAL_TAKEN = "SELECT true FROM passkey WHERE credential = $1 LIMIT 1"
_ADD_ACCOUNT = """
INSERT INTO account (account, organisation, label, probation_until, role, insurer)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_ADD_PASSKEY = """
INSERT INTO passkey (account, credential, public_key, sign_count) VALUES ($1, $2, $3, $4)
"""


@dataclass(frozen=True, slots=True)
class Pending:
    """What an officer compares before accepting."""

    fingerprint: str
    finess: str | None
    label: str
    asked_at: datetime
    role: AccountRole
    amc: str | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The account that an accepted enrolment became; numbers are 16 bytes."""

    account: bytes
    organisation: bytes | None
    finess: str | None
    label: str
    role: AccountRole
    credential: bytes
    """The passkey's id, or the thumbprint of the client's key."""


async def pending(
    connection: Connection, now: datetime, *, finess: str | None = None
) -> list[Pending]:
    """Return the enrolments that wait for an officer, of one organisation or all, oldest first."""
    rows = await connection.fetch(_PENDING, now - WAITS, finess)
    return [Pending(**{**row, "role": AccountRole(row["role"])}) for row in rows]


async def accept(
    connection: Connection,
    mark: str,
    now: datetime,
    *,
    roles: Collection[AccountRole],
    finess: str | None = None,
    amc: str | None = None,
    probation_until: datetime,
    key_lifetime: timedelta = clients.LIFETIME,
) -> Accepted:
    """Make the account that an enrolment asks for, with its passkey or its client's key.

    Args:
        connection: As the officer.
        mark: The fingerprint, as `fingerprint.parse` returns it.
        now: The present.
        roles: What the one who accepts may let it be.
        finess: The only organisation that it may join; None for any.
        amc: The only insurer whose staff it may be; None for any.
        probation_until: When the account's full budget begins.
        key_lifetime: How long a client's key counts.

    Raises:
        EnrolmentError: No such enrolment waits, its organisation or insurer is not known, it asks
            to be something else than it may, or its passkey belongs to an account already.
    """
    async with connection.transaction():
        asked = await _load(connection, mark, now, finess)
        role = AccountRole(asked["role"])
        if role not in roles or amc not in {None, asked["amc"]}:
            raise EnrolmentError(
                f"This passkey asks to join as {role}, which cannot be accepted like this.",
                hint="An officer or an insurer's staff takes two officers: propose it as an act.",
            )
        if await connection.fetchval(_CREDENTIAL_TAKEN, asked["credential"]):
            raise EnrolmentError("This passkey belongs to an account already.")
        organisation = await _organisation(connection, asked["finess"])
        insurer = await _insurer(connection, asked["amc"])
        await connection.execute(_DECIDE, mark, State.ACCEPTED)
        number = asked["account"]
        await connection.execute(
            _ADD_ACCOUNT, number, organisation, asked["label"], probation_until, role, insurer
        )
        if role is AccountRole.CLIENT:
            await clients.admit(connection, number, asked["public_key"], key_lifetime)
        else:
            await connection.execute(
                _ADD_PASSKEY, number, asked["credential"], asked["public_key"], asked["sign_count"]
            )
    return Accepted(
        number, organisation, asked["finess"], asked["label"], role, asked["credential"]
    )


async def refuse(
    connection: Connection, mark: str, now: datetime, *, finess: str | None = None
) -> None:
    """Refuse an enrolment for good; one of this organisation, when `finess` is given.

    Raises:
        EnrolmentError: No such enrolment waits.
    """
    async with connection.transaction():
        await _load(connection, mark, now, finess)
        await connection.execute(_DECIDE, mark, State.REFUSED)


async def _load(
    connection: Connection, mark: str, now: datetime, finess: str | None
) -> asyncpg.Record:
    asked: asyncpg.Record | None = await connection.fetchrow(_LOAD, mark)
    # What another organisation's passkey asks is nothing that this one may know of.
    if asked is None or finess not in {None, asked["finess"]} or asked["asked_at"] <= now - WAITS:
        raise EnrolmentError(
            "No enrolment with this fingerprint waits for a decision.",
            hint="`ecluse login pending` lists those that do; they wait for seven days.",
        )
    return asked


async def _organisation(connection: Connection, finess: str | None) -> bytes | None:
    if finess is None:
        return None
    found = await accounts.find_organisation(connection, finess)
    if found is None:
        raise EnrolmentError(
            "No organisation has the FINESS number that this enrolment gives.",
            hint="Add it with `ecluse login organisation add`, or refuse the enrolment.",
        )
    return found


async def _insurer(connection: Connection, amc: str | None) -> int | None:
    if amc is None:
        return None
    found: int | None = await connection.fetchval(_FIND_INSURER, amc)
    if found is None:
        raise EnrolmentError(
            "No insurer has the AMC number that this enrolment gives.",
            hint="Add it with `ecluse insurer add`, or refuse the enrolment.",
        )
    return found
