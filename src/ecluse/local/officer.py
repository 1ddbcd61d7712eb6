"""A security officer's acts on this machine, each with its ledger entry in one transaction."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ecluse.keyring.client import OfficerKeyring
from ecluse.ledger.append import append
from ecluse.ledger.entry import EnrolmentAccepted
from ecluse.login import accounts, enrolment
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.local.installation import Installation


_CREDENTIAL = "SELECT credential FROM passkey WHERE account = $1"


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
    installation: Installation, mark: str, *, probation: timedelta
) -> enrolment.Accepted:
    """Accept the passkey with fingerprint `mark`; its account begins on probation.

    Raises:
        EnrolmentError: No such enrolment waits, or its organisation is not known.
        KeyringUnreachableError: No entry can be sealed, so nothing is accepted.
    """
    connection = await installation.database.connect(Role.OFFICER)
    try:
        async with OfficerKeyring(installation.sockets) as keyring, connection.transaction():
            now = datetime.now(UTC)
            accepted = await enrolment.accept(connection, mark, probation_until=now + probation)
            credential = await connection.fetchval(_CREDENTIAL, accepted.account)
            event = EnrolmentAccepted(
                at=now,
                fingerprint=mark,
                account=accepted.account,
                organisation=accepted.organisation,
                credential=hashlib.sha256(credential).digest(),
            )
            await append(connection, [await keyring.seal_entry(event)], now)
    finally:
        await connection.close()
    return accepted
