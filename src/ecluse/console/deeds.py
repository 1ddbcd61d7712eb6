"""What an officer does, the console's way and the command's alike.

Each function runs in the caller's transaction and returns the event to be appended as its last
statement (`write`): nothing is done that the ledger does not tell of. `by` is the account that does
it, empty for a command on the operator's machine. Role: officer.
"""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from ecluse.acts.act import ActError
from ecluse.ledger import entry
from ecluse.ledger.append import append
from ecluse.login import accounts, admission, clients, devices


if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime, timedelta

    from ecluse.keyring.client import OfficerKeyring
    from ecluse.ledger.entry import Event
    from ecluse.login.admission import Accepted
    from ecluse.login.roles import AccountRole
    from ecluse.store.connection import Connection

_LOCKED = "SELECT locked FROM account WHERE account = $1 FOR UPDATE"
_CONTAINED = """
SELECT GREATEST(frozen_typed_until, shrunk_until) > $2 FROM account WHERE account = $1
"""
_OPEN = """
UPDATE account SET locked = NULL, frozen_typed_until = 'epoch', shrunk_until = 'epoch'
 WHERE account = $1
"""
_END_BRAKE = """
UPDATE platform SET braked_until = 'epoch' WHERE braked_until = $1 AND $1 > $2
RETURNING true
"""
_SET_LOCKED = "UPDATE account SET locked = $2 WHERE account = $1"
_SECURITY_OFFICERS = "SELECT count(*) FROM account WHERE role = 'security'"
_ONE_BOOTSTRAP = "SELECT pg_advisory_xact_lock(hashtextextended('ecluse/bootstrap', 0))"

ENOUGH = 2
"""Security officers from whom on nobody joins them on one person's word."""


class DeedError(ActError):
    """What cannot be done to this account, or to the brake (HTTP 409)."""


class Terms(NamedTuple):
    """How a new account begins: on probation for how long, a client's key for how long."""

    probation: timedelta
    key_lifetime: timedelta = clients.LIFETIME


class LockReason(StrEnum):
    """Why an account is locked. The account's owner reads it; no free text, so nothing about anybody."""

    LOST = "lost"
    """A passkey or computer was lost or stolen."""
    SUSPICION = "suspicion"
    LEFT = "left"
    """The person no longer works there."""
    REQUEST = "request"
    """Its owner asked for it."""


async def write(
    connection: Connection, keyring: OfficerKeyring, events: Sequence[Event], now: datetime
) -> None:
    """Append what was done, as the last statement of the transaction."""
    if events:
        await append(connection, [await keyring.seal_entry(event) for event in events], now)


async def add_organisation(
    connection: Connection, organisation: accounts.Organisation, now: datetime
) -> tuple[bytes, Event]:
    """Add an organisation; return its number (16 random bytes).

    Raises:
        AccountError: Its FINESS is there already.
    """
    number = secrets.token_bytes(16)
    await accounts.create_organisation(connection, organisation, number=number)
    return number, entry.OrganisationAdded(
        at=now,
        organisation=number,
        finess=organisation.finess,
        professionals=organisation.professionals,
    )


async def accept(
    connection: Connection,
    mark: str,
    now: datetime,
    *,
    roles: Collection[AccountRole],
    terms: Terms,
    finess: str | None = None,
    amc: str | None = None,
    by: bytes = b"",
) -> tuple[Accepted, Event]:
    """Accept a passkey that asks to be one of `roles`; see `login.admission.accept`."""
    accepted = await admission.accept(
        connection,
        mark,
        now,
        roles=roles,
        finess=finess,
        amc=amc,
        probation_until=now + terms.probation,
        key_lifetime=terms.key_lifetime,
    )
    return accepted, entry.EnrolmentAccepted(
        at=now,
        fingerprint=mark,
        account=accepted.account,
        organisation=accepted.organisation or b"",
        credential=hashlib.sha256(accepted.credential).digest(),
        role=accepted.role,
        by=by,
    )


async def refuse(
    connection: Connection, mark: str, now: datetime, *, finess: str | None = None, by: bytes = b""
) -> Event:
    """Refuse a passkey for good; see `login.admission.refuse`."""
    await admission.refuse(connection, mark, now, finess=finess)
    return entry.EnrolmentRefused(at=now, fingerprint=mark, by=by)


async def lock(
    connection: Connection, account: bytes, reason: LockReason, now: datetime, *, by: bytes = b""
) -> Event:
    """Lock an account: one person's word is enough, because a brake must be quick.

    Raises:
        DeedError: There is no such account, or it is locked.
    """
    if await _locked(connection, account) is not None:
        raise DeedError("This account is locked already.")
    await connection.execute(_SET_LOCKED, account, reason)
    return entry.Lock(at=now, account=account, reason=reason, by=by)


async def unlock(connection: Connection, account: bytes, now: datetime) -> Event:
    """Open an account, and end what the watch took from it. Only an act of two persons may.

    Raises:
        DeedError: There is no such account, or nothing was taken from it.
    """
    reason = await _locked(connection, account)
    if reason is None and not await connection.fetchval(_CONTAINED, account, now):
        raise DeedError("This account is not locked.")
    await connection.execute(_OPEN, account)
    return entry.Unlock(at=now, account=account, reason=reason or "contained")


async def end_brake(connection: Connection, until: datetime, now: datetime) -> Event:
    """End the brake that holds until then. Only an act of two persons may.

    Raises:
        DeedError: It is over, or another one holds.
    """
    if not await connection.fetchval(_END_BRAKE, until, now):
        raise DeedError("This brake is over, or was prolonged since.")
    return entry.Unlock(at=now, account=b"", reason="braked")


async def sign_out(
    connection: Connection, account: bytes, now: datetime, *, by: bytes = b""
) -> tuple[int, Event]:
    """End every registration of an account; return how many ended."""
    ended = await devices.revoke_all(connection, account, now)
    return ended, entry.SignedOut(at=now, account=account, devices=ended, by=by)


async def expect_bootstrap(connection: Connection) -> None:
    """Let a command on the machine accept a security officer only while two are not there yet.

    Locked ones count: who locks the others does not get to choose their successors.

    Raises:
        DeedError: There are two.
    """
    await connection.execute(_ONE_BOOTSTRAP)
    if await connection.fetchval(_SECURITY_OFFICERS) >= ENOUGH:
        raise DeedError(
            "There are two security officers: a further one takes both of them.",
            hint="One proposes `officer_accept` at the console, another one seconds it.",
        )


async def _locked(connection: Connection, account: bytes) -> str | None:
    row = await connection.fetchrow(_LOCKED, account)
    if row is None:
        raise DeedError("There is no such account.")
    reason: str | None = row["locked"]
    return reason
