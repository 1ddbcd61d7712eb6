"""Device registrations: which key may sign for which account, until when.

Rows of the table `device`, for the gate's role. The caller brings connection, transaction and
time. Nothing here opens a session: a registration only says whose signatures count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from ecluse.errors import EcluseError
from ecluse.login.roles import AccountRole


if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ecluse.store.connection import Connection


REGISTRATION = timedelta(hours=12)
"""How long a device's key counts before its owner must sign in again, at most."""

# The same key again is a renewal, by a new gesture; a revoked key never comes back.
_REGISTER = """
INSERT INTO device (account, thumbprint, public_key, credential, registered_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account, thumbprint) DO UPDATE
SET credential = excluded.credential, registered_at = excluded.registered_at,
    expires_at = excluded.expires_at
WHERE device.revoked_at IS NULL
RETURNING true
"""
_SIGNERS = """
SELECT device.account, device.thumbprint, device.public_key, account.role, account.organisation,
       extract(epoch FROM device.expires_at)::float8
FROM unnest($1::bytea[], $2::bytea[]) AS named (account, thumbprint)
JOIN device USING (account, thumbprint) JOIN account USING (account)
WHERE device.expires_at > $3 AND device.revoked_at IS NULL
"""
_LISTED = """
SELECT account, thumbprint, public_key, credential, registered_at, expires_at FROM device
WHERE account = $1 AND expires_at > $2 AND revoked_at IS NULL
ORDER BY registered_at, thumbprint
"""
_REVOKE = """
UPDATE device SET revoked_at = $3
WHERE account = $1 AND thumbprint = $2 AND expires_at > $3 AND revoked_at IS NULL
RETURNING true
"""
_REVOKE_ALL = """
UPDATE device SET revoked_at = $2
WHERE account = $1 AND expires_at > $2 AND revoked_at IS NULL
RETURNING true
"""


class DeviceError(EcluseError):
    """A device that cannot be registered."""


@dataclass(frozen=True, slots=True)
class Device:
    """One registered key: P-256 point of 65 bytes, and the passkey that vouched for it."""

    account: bytes
    thumbprint: bytes
    public_key: bytes
    credential: bytes
    registered_at: datetime
    expires_at: datetime


class Signer(NamedTuple):
    """Whose signature a registered key makes."""

    #: P-256 point, 65 bytes.
    public_key: bytes
    role: AccountRole
    #: Empty for a role that belongs to none.
    organisation: bytes
    #: Seconds since the epoch.
    expires_at: float


async def register(
    connection: Connection, device: Device, *, lifetime: timedelta = REGISTRATION
) -> None:
    """Let a device sign for its account until `expires_at`.

    Raises:
        DeviceError: The key was revoked, or the time asked for is longer than `lifetime`.
    """
    if not timedelta() < device.expires_at - device.registered_at <= lifetime:
        raise DeviceError("A device's registration lasts twelve hours at most.")
    registered = await connection.fetchval(
        _REGISTER,
        device.account,
        device.thumbprint,
        device.public_key,
        device.credential,
        device.registered_at,
        device.expires_at,
    )
    if not registered:
        raise DeviceError(
            "This device's key was signed out for good.", hint="Sign in again with a new key."
        )


async def signers(
    connection: Connection, named: Iterable[tuple[bytes, bytes]], now: datetime
) -> dict[tuple[bytes, bytes], Signer]:
    """Return those (account, thumbprint) whose signatures count now.

    Each is registered, not expired, not revoked, and of an account that there is.
    """
    columns = [list(column) for column in zip(*named, strict=True)]
    return {
        (account, thumbprint): Signer(public_key, AccountRole(role), organisation or b"", expires)
        for account, thumbprint, public_key, role, organisation, expires in await connection.fetch(
            _SIGNERS, *columns, now
        )
    }


async def listed(connection: Connection, account: bytes, now: datetime) -> list[Device]:
    """Return the account's devices whose signatures count now, the oldest first."""
    return [Device(**row) for row in await connection.fetch(_LISTED, account, now)]


async def revoke(connection: Connection, account: bytes, thumbprint: bytes, now: datetime) -> int:
    """Sign one device out; return how many that were signed in are out now (0 or 1)."""
    return len(await connection.fetch(_REVOKE, account, thumbprint, now))


async def revoke_all(connection: Connection, account: bytes, now: datetime) -> int:
    """Sign every device of the account out; return how many that were signed in are out now."""
    return len(await connection.fetch(_REVOKE_ALL, account, now))
