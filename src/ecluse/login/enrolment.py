"""Enrolment: a passkey or a client's key asks to join. No code is ever sent.

Rows of `enrolment`, which the gate writes; the caller brings connection and time. Whoever may
accept goes by the fingerprint (`login.admission`).
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import asyncpg

from ecluse.errors import EcluseError
from ecluse.ids import amc as amc_number
from ecluse.ids import finess as finess_number
from ecluse.login import clients
from ecluse.login.fingerprint import fingerprint
from ecluse.login.jwk import thumbprint
from ecluse.login.passkey import Passkey
from ecluse.login.roles import OF_AN_ORGANISATION, AccountRole
from ecluse.login.ticket import Claims


if TYPE_CHECKING:
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


class EnrolmentError(EcluseError):
    """An enrolment that cannot be asked for or decided."""


class TooManyWaitError(EnrolmentError):
    """So many passkeys wait that another one may not (HTTP 429)."""


class State(StrEnum):
    """Where an enrolment stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


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
