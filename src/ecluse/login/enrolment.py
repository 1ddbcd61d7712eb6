"""Enrolment: a passkey asks to join, an officer accepts its fingerprint. No code is ever sent.

Rows of `enrolment`, and on acceptance of `account` and `passkey`; the caller brings connection
and time. `claim`, `ask` and `state` are the gate's, the rest the officer's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import asyncpg

from ecluse.errors import EcluseError
from ecluse.ids import amc as amc_number
from ecluse.ids import finess as finess_number
from ecluse.login import accounts, clients
from ecluse.login.fingerprint import fingerprint
from ecluse.login.jwk import thumbprint
from ecluse.login.passkey import Passkey
from ecluse.login.roles import OF_AN_ORGANISATION, AccountRole
from ecluse.login.ticket import Claims


if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from ecluse.store.connection import Connection

WAITS = timedelta(days=7)
"""How long a request to join may be accepted, and counts against the limits."""
MOST_OF_ONE = 20
"""Requests of one organisation that may wait at a time; likewise of one insurer, of officers."""
MOST = 2000
"""Requests that may wait at a time in all."""

# One at a time: two who count at once would both find room.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('ecluse/enrolment', 0))"
_WAITING = """
SELECT count(*) AS in_all,
       count(*) FILTER (WHERE finess IS NOT DISTINCT FROM $2 AND amc IS NOT DISTINCT FROM $3)
         AS of_one
FROM enrolment WHERE state = 'pending' AND asked_at > $1
"""
_ASK = """
INSERT INTO enrolment
  (fingerprint, finess, label, account, credential, public_key, sign_count, state, asked_at, role,
   amc)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10)
"""
_STATE = "SELECT state FROM enrolment WHERE fingerprint = $1"
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


class EnrolmentError(EcluseError):
    """An enrolment that cannot be asked for or decided."""


class TooManyWaitError(EnrolmentError):
    """So many passkeys wait that another one may not (HTTP 429)."""


class State(StrEnum):
    """Where an enrolment stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


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


def claim(
    account: bytes, label: str, role: AccountRole, *, finess: str | None, amc: str | None
) -> Claims:
    """Return the claims of somebody who asks to join, their numbers checked for form.

    Raises:
        EnrolmentError: The role goes with an organisation, an insurer or neither, and this does
            not.
        IdentifierError: A number is not one.
    """
    if role is AccountRole.CLIENT:
        raise EnrolmentError("Practice software joins with a key of its own, not with a passkey.")
    if (finess is not None) != (role in OF_AN_ORGANISATION):
        raise EnrolmentError(
            "A professional or holder joins an organisation, by its FINESS number; nobody else."
        )
    if (amc is not None) != (role is AccountRole.INSURER):
        raise EnrolmentError("An insurer's staff gives its AMC number; nobody else.")
    return Claims(
        account,
        None if finess is None else finess_number.parse(finess),
        label,
        role,
        None if amc is None else amc_number.parse(amc),
    )


async def ask(connection: Connection, claims: Claims, passkey: Passkey, now: datetime) -> str:
    """Keep a verified passkey that asks to join; return its fingerprint.

    Runs in the caller's transaction.

    Raises:
        EnrolmentError: A passkey with this fingerprint has asked before.
        TooManyWaitError: Too many wait already.
    """
    mark = fingerprint(passkey.public_key)
    if await connection.fetchval(_STATE, mark):
        raise _asked_before()
    await connection.execute(_LOCK)
    waiting = await connection.fetchrow(_WAITING, now - WAITS, claims.finess, claims.amc)
    if waiting is not None and (waiting["of_one"] >= MOST_OF_ONE or waiting["in_all"] >= MOST):
        raise TooManyWaitError(
            "Too many passkeys wait to join at this moment.",
            hint="Have an officer accept or refuse those that wait, then ask again.",
        )
    try:
        await connection.execute(
            _ASK,
            mark,
            claims.finess,
            claims.label,
            claims.account,
            passkey.credential,
            passkey.public_key,
            passkey.sign_count,
            now,
            claims.role,
            claims.amc,
        )
    except asyncpg.UniqueViolationError as error:
        raise _asked_before() from error
    return mark


async def ask_client(
    connection: Connection, finess: str, label: str, public_key: bytes, now: datetime
) -> str:
    """Keep a client's key that asks to join; return its fingerprint.

    Runs in the caller's transaction.

    Args:
        connection: Of the caller.
        finess: The organisation that the software works for.
        label: How the organisation calls it.
        public_key: P-256 point, 65 bytes; its possession is proven.
        now: When.

    Raises:
        EnrolmentError: This key has asked before.
        TooManyWaitError: Too many wait already.
    """
    name = thumbprint(public_key)
    claims = Claims(clients.account_of(name), finess, label, AccountRole.CLIENT)
    return await ask(connection, claims, Passkey(claims.account, name, public_key, 0), now)


def _asked_before() -> EnrolmentError:
    return EnrolmentError(
        "This key has asked to join before.", hint="Ask for its state, or make a new one."
    )


async def state(connection: Connection, mark: str) -> State | None:
    """Return where the enrolment with this fingerprint stands; None when there is none."""
    found = await connection.fetchval(_STATE, mark)
    return State(found) if found else None


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
