"""Practice software: a key of its own, accepted by an officer, replaced by itself before it ends.

Rows of `enrolment`, `account` and `device`; the caller brings connection, transaction and time.
A client has no passkey. Its key is a device's, registered for long: what vouches for it is the
officer's acceptance of its fingerprint, then, at each rotation, the key before.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ecluse.errors import EcluseError
from ecluse.login import signature
from ecluse.login.devices import Device
from ecluse.login.fingerprint import fingerprint
from ecluse.login.jwk import thumbprint
from ecluse.login.keyid import ACCOUNT_SIZE
from ecluse.login.roles import AccountRole


if TYPE_CHECKING:
    from datetime import datetime

    import asyncpg

    from ecluse.store.connection import Connection

LIFETIME = timedelta(days=365)
"""How long a key counts, unless the policy says otherwise."""

_ADMIT = """
INSERT INTO device (account, thumbprint, public_key, credential, registered_at, expires_at)
VALUES ($1, $2, $3, $2, now(), now() + $4)
"""
_REGISTER = """
INSERT INTO device (account, thumbprint, public_key, credential, registered_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_LOCK = "SELECT account FROM account WHERE account = $1 FOR UPDATE"
_KEYS = """
SELECT account, thumbprint, public_key, credential, registered_at, expires_at, revoked_at
FROM device WHERE account = $1 ORDER BY registered_at
"""
_END = "UPDATE device SET expires_at = $3 WHERE account = $1 AND thumbprint = $2"
_LISTED = """
SELECT account.account, account.label, account.locked, organisation.finess, organisation.name,
       device.public_key, device.registered_at, device.expires_at
FROM account JOIN organisation USING (organisation) JOIN device USING (account)
WHERE account.role = $1 AND device.revoked_at IS NULL AND device.expires_at > $2
ORDER BY organisation.finess, account.label, account.account, device.registered_at
"""


class ClientError(EcluseError):
    """No such client."""


class RotationError(EcluseError):
    """A next key that is not taken (HTTP 409)."""


class NotAClientError(EcluseError):
    """Only practice software replaces its key by itself (HTTP 403)."""


@dataclass(frozen=True, slots=True)
class Client:
    """Practice software by a key that counts now, as an officer sees it."""

    account: bytes
    label: str
    locked: str | None
    finess: str
    name: str
    public_key: bytes
    registered_at: datetime
    expires_at: datetime

    @property
    def fingerprint(self) -> str:
        """What an officer knows the key by."""
        return fingerprint(self.public_key)


@dataclass(frozen=True, slots=True)
class Rotated:
    """The key that counts from now on, and until when the one before does."""

    key: Device
    before_ends_at: datetime
    again: bool
    """The same rotation was asked for before: nothing changed."""


def account_of(mark: bytes) -> bytes:
    """Return the account number that the first key of a client stands for, 16 bytes.

    It follows from the key, so that a client knows it without an answer that could be lost.

    Args:
        mark: The key's thumbprint, 32 bytes.
    """
    return hashlib.sha256(b"ecluse/client/v1\n" + mark).digest()[:ACCOUNT_SIZE]


def statement(account: bytes, present: bytes, following: bytes) -> bytes:
    """Return what the next key signs to follow the present one of this account.

    Args:
        account: 16 bytes.
        present: The present key's thumbprint, 32 bytes.
        following: The next key's thumbprint, 32 bytes.
    """
    return b"ecluse/client-rotation/v1\n" + account + present + following


async def admit(
    connection: Connection, account: bytes, public_key: bytes, lifetime: timedelta
) -> None:
    """Register the first key of an account that was just made. Role: officer."""
    name = thumbprint(public_key)
    await connection.execute(_ADMIT, account, name, public_key, lifetime)


async def rotate(
    connection: Connection,
    account: bytes,
    present: bytes,
    following: bytes,
    now: datetime,
    *,
    lifetime: timedelta,
    overlap: timedelta,
) -> Rotated:
    """Have `following` count in place of `present`, which ends after `overlap`. Role: gate.

    Whoever asks has signed with the present key, and the next one has signed its `statement`. The
    same rotation again changes nothing and is answered alike, for an answer may be lost.

    Args:
        connection: Of the caller, in a transaction.
        account: The client.
        present: The present key's thumbprint.
        following: The next key: P-256 point, 65 bytes.
        now: When.
        lifetime: How long the next key counts.
        overlap: How long the present one counts yet.

    Raises:
        RotationError: The present key has a successor already, or the next key had its time.
    """
    await connection.execute(_LOCK, account)
    keys = {row["thumbprint"]: row for row in await connection.fetch(_KEYS, account)}
    name = thumbprint(following)
    asker = keys.get(present)
    if asker is None or asker["revoked_at"] or asker["expires_at"] <= now:
        raise RotationError("The present key has ended.", hint="Register a new key.")
    if name in keys:
        return _again(keys[name], asker)
    if any(row["credential"] == present for row in keys.values() if row["thumbprint"] != present):
        raise RotationError(
            "Another key follows this one already.",
            hint="If it is not yours, have an officer revoke this client at once.",
        )
    await connection.execute(_REGISTER, account, name, following, present, now, now + lifetime)
    ends = min(asker["expires_at"], now + overlap)
    await connection.execute(_END, account, present, ends)
    return Rotated(
        Device(account, name, following, present, now, now + lifetime), ends, again=False
    )


def _again(known: asyncpg.Record, asker: asyncpg.Record) -> Rotated:
    if known["credential"] != asker["thumbprint"] or known is asker or known["revoked_at"]:
        raise RotationError("This key had its time.", hint="Make a new key for each rotation.")
    fields = {name: value for name, value in known.items() if name != "revoked_at"}
    return Rotated(Device(**fields), asker["expires_at"], again=True)


def verify_statement(account: bytes, present: bytes, following: bytes, proof: bytes) -> None:
    """Accept the proof that whoever introduces `following` (a point) holds that key.

    Raises:
        SignatureError: It does not hold.
    """
    told = statement(account, present, thumbprint(following))
    signature.verify_bare(following, told, proof)


async def listed(connection: Connection, now: datetime) -> list[Client]:
    """Return every client's keys that count now. Role: officer."""
    rows = await connection.fetch(_LISTED, AccountRole.CLIENT, now)
    return [Client(**row) for row in rows]


async def find(connection: Connection, mark: str, now: datetime) -> Client:
    """Return the client's key whose fingerprint is `mark`. Role: officer.

    Raises:
        ClientError: No key that counts now has it.
    """
    for one in await listed(connection, now):
        if one.fingerprint == mark:
            return one
    raise ClientError(
        "No client has a key with this fingerprint now.",
        hint="`ecluse login client list` shows those that do.",
    )
