"""Enrolment: a passkey asks to join, an officer accepts its fingerprint. No code is ever sent.

Rows of `enrolment`, and on acceptance of `account` and `passkey`; the caller brings connection
and time. `ask` and `state` are the gate's, the rest the officer's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import asyncpg

from ecluse.errors import EcluseError
from ecluse.login import accounts, clients
from ecluse.login.fingerprint import fingerprint
from ecluse.login.jwk import thumbprint
from ecluse.login.roles import AccountRole


if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ecluse.login.passkey import Passkey
    from ecluse.login.ticket import Claims
    from ecluse.store.connection import Connection

_ASK = """
INSERT INTO enrolment
  (fingerprint, finess, label, account, credential, public_key, sign_count, state, asked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8)
"""
_ASK_CLIENT = """
INSERT INTO enrolment
  (fingerprint, finess, label, account, credential, public_key, sign_count, state, asked_at, role)
VALUES ($1, $2, $3, $4, $5, $6, 0, 'pending', $7, $8)
"""
_STATE = "SELECT state FROM enrolment WHERE fingerprint = $1"
_PENDING = """
SELECT fingerprint, finess, label, asked_at, role FROM enrolment
WHERE state = 'pending' ORDER BY asked_at, fingerprint
"""
_DECIDE = """
UPDATE enrolment SET state = $2 WHERE fingerprint = $1 AND state = 'pending'
RETURNING finess, label, account, credential, public_key, sign_count, role
"""
_ADD_ACCOUNT = """
INSERT INTO account (account, organisation, label, probation_until, role)
VALUES ($1, $2, $3, $4, $5)
"""
_ADD_PASSKEY = """
INSERT INTO passkey (account, credential, public_key, sign_count) VALUES ($1, $2, $3, $4)
"""


class EnrolmentError(EcluseError):
    """An enrolment that cannot be asked for or decided."""


class State(StrEnum):
    """Where an enrolment stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Pending:
    """What an officer compares before accepting."""

    fingerprint: str
    finess: str
    label: str
    asked_at: datetime
    role: AccountRole


@dataclass(frozen=True, slots=True)
class Accepted:
    """The account that an accepted enrolment became; numbers are 16 bytes."""

    account: bytes
    organisation: bytes
    finess: str
    label: str
    role: AccountRole
    credential: bytes
    """The passkey's id, or the thumbprint of the client's key."""


async def ask(connection: Connection, claims: Claims, passkey: Passkey, now: datetime) -> str:
    """Keep a verified passkey that asks to join; return its fingerprint.

    Raises:
        EnrolmentError: A passkey with this fingerprint has asked before.
    """
    mark = fingerprint(passkey.public_key)
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
        )
    except asyncpg.UniqueViolationError as error:
        raise EnrolmentError(
            "This passkey has asked to join before.", hint="Make a new passkey."
        ) from error
    return mark


async def ask_client(
    connection: Connection, finess: str, label: str, public_key: bytes, now: datetime
) -> str:
    """Keep a client's key that asks to join; return its fingerprint.

    Args:
        connection: Of the caller.
        finess: The organisation that the software works for.
        label: How the organisation calls it.
        public_key: P-256 point, 65 bytes; its possession is proven.
        now: When.

    Raises:
        EnrolmentError: This key has asked before.
    """
    mark, name = fingerprint(public_key), thumbprint(public_key)
    row = (mark, finess, label, clients.account_of(name), name, public_key, now, AccountRole.CLIENT)
    try:
        await connection.execute(_ASK_CLIENT, *row)
    except asyncpg.UniqueViolationError as error:
        raise EnrolmentError(
            "This key has asked to join before.", hint="Ask for its state, or make a new key."
        ) from error
    return mark


async def state(connection: Connection, mark: str) -> State | None:
    """Return where the enrolment with this fingerprint stands; None when there is none."""
    found = await connection.fetchval(_STATE, mark)
    return State(found) if found else None


async def pending(connection: Connection) -> list[Pending]:
    """Return the enrolments that wait for an officer, the oldest first."""
    return [
        Pending(**{**row, "role": AccountRole(row["role"])})
        for row in await connection.fetch(_PENDING)
    ]


async def accept(
    connection: Connection,
    mark: str,
    *,
    probation_until: datetime,
    key_lifetime: timedelta = clients.LIFETIME,
) -> Accepted:
    """Make the account that an enrolment asks for, with its passkey or its client's key.

    Args:
        connection: Of the caller.
        mark: The fingerprint.
        probation_until: When a new account has its whole budget.
        key_lifetime: How long a client's key counts.

    Raises:
        EnrolmentError: No such enrolment waits, or its organisation is not known.
    """
    async with connection.transaction():
        asked = await _decide(connection, mark, State.ACCEPTED)
        organisation = await accounts.find_organisation(connection, asked["finess"])
        if organisation is None:
            raise EnrolmentError(
                "No organisation has the FINESS number that this enrolment gives.",
                hint="Add it with `ecluse login organisation add`, or refuse the enrolment.",
            )
        number, role = asked["account"], AccountRole(asked["role"])
        await connection.execute(
            _ADD_ACCOUNT, number, organisation, asked["label"], probation_until, role
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


async def refuse(connection: Connection, mark: str) -> None:
    """Refuse an enrolment for good.

    Raises:
        EnrolmentError: No such enrolment waits.
    """
    await _decide(connection, mark, State.REFUSED)


async def _decide(connection: Connection, mark: str, decision: State) -> asyncpg.Record:
    asked: asyncpg.Record | None = await connection.fetchrow(_DECIDE, mark, decision)
    if asked is None:
        raise EnrolmentError(
            "No enrolment with this fingerprint waits for a decision.",
            hint="`ecluse login pending` lists those that do.",
        )
    return asked
