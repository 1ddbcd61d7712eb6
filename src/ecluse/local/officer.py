"""A security officer's acts on this machine, each with its ledger entry in one transaction."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ecluse.keyring.client import OfficerKeyring
from ecluse.ledger.append import append
from ecluse.ledger.entry import EnrolmentAccepted, SignedOut
from ecluse.login import accounts, clients, devices, enrolment
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.local.installation import Installation


async def add_organisation(
    installation: Installation, organisation: accounts.Organisation
) -> bytes:
    """Add an organisation; return its number (16 random bytes)."""
    number = secrets.token_bytes(16)
    connection = await installation.database.connect(Role.OFFICER)
    try:
        await accounts.create_organisation(connection, organisation, number=number)
    finally:
        await connection.close()
    return number


async def accept(
    installation: Installation,
    mark: str,
    *,
    probation: timedelta,
    key_lifetime: timedelta = clients.LIFETIME,
) -> enrolment.Accepted:
    """Accept the passkey or client's key with fingerprint `mark`; its account begins on probation.

    Args:
        installation: Whose enrolments.
        mark: The fingerprint.
        probation: How long a new account has a fraction of its budget.
        key_lifetime: How long a client's key counts.

    Raises:
        EnrolmentError: No such enrolment waits, or its organisation is not known.
        KeyringUnreachableError: No entry can be sealed, so nothing is accepted.
    """
    connection = await installation.database.connect(Role.OFFICER)
    try:
        async with OfficerKeyring(installation.sockets) as keyring, connection.transaction():
            now = datetime.now(UTC)
            accepted = await enrolment.accept(
                connection, mark, probation_until=now + probation, key_lifetime=key_lifetime
            )
            event = EnrolmentAccepted(
                at=now,
                fingerprint=mark,
                account=accepted.account,
                organisation=accepted.organisation,
                credential=hashlib.sha256(accepted.credential).digest(),
                role=accepted.role,
            )
            await append(connection, [await keyring.seal_entry(event)], now)
    finally:
        await connection.close()
    return accepted


async def clients_now(installation: Installation) -> list[clients.Client]:
    """Return the keys of practice software that count now."""
    connection = await installation.database.connect(Role.OFFICER)
    try:
        return await clients.listed(connection, datetime.now(UTC))
    finally:
        await connection.close()


class Revoked(NamedTuple):
    """Practice software that has no key any more, and how many it had."""

    client: clients.Client
    keys: int


async def revoke_client(installation: Installation, mark: str) -> Revoked:
    """End every key of the client that has a key with fingerprint `mark`.

    Raises:
        ClientError: No client has such a key now.
        KeyringUnreachableError: No entry can be sealed, so nothing is revoked.
    """
    connection = await installation.database.connect(Role.OFFICER)
    try:
        async with OfficerKeyring(installation.sockets) as keyring, connection.transaction():
            now = datetime.now(UTC)
            client = await clients.find(connection, mark, now)
            ended = await devices.revoke_all(connection, client.account, now)
            event = SignedOut(at=now, account=client.account, devices=ended)
            await append(connection, [await keyring.seal_entry(event)], now)
    finally:
        await connection.close()
    return Revoked(client, ended)
