"""What an operator's command does on this machine, each with its ledger entry in one transaction.

It runs the console's own functions. What takes two persons is not among them, but for the first two
security officers: nobody is there yet to agree on them.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ecluse.console import deeds
from ecluse.feeds import insurers
from ecluse.keyring import trust
from ecluse.keyring.client import OfficerKeyring
from ecluse.login import clients
from ecluse.login.roles import OF_AN_ORGANISATION, AccountRole
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import TypeVar

    from ecluse.console.deeds import LockReason
    from ecluse.feeds.insurer_keys import InsurerPublic
    from ecluse.feeds.insurers import Added, Contract, Listed
    from ecluse.ledger.entry import Event
    from ecluse.local.installation import Installation
    from ecluse.login import accounts, admission
    from ecluse.store.connection import Connection

    T = TypeVar("T")


@asynccontextmanager
async def connected(installation: Installation) -> AsyncIterator[Connection]:
    """Connect to the installation's database with the officer's rights."""
    connection = await installation.database.connect(Role.OFFICER)
    try:
        yield connection
    finally:
        await connection.close()


async def add_organisation(
    installation: Installation, organisation: accounts.Organisation
) -> bytes:
    """Add an organisation; return its number (16 random bytes).

    Raises:
        AccountError: Its FINESS is there already.
        KeyringUnreachableError: No entry can be sealed, so nothing is added; likewise below.
    """

    async def deed(connection: Connection, now: datetime) -> tuple[bytes, list[Event]]:
        number, event = await deeds.add_organisation(connection, organisation, now)
        return number, [event]

    return await carry_out(installation, deed)


async def add_insurer(
    installation: Installation, public: InsurerPublic, contract: Contract = insurers.STANDARD
) -> Added:
    """Take an insurer's feeds from now on: database and keyring learn its public keys.

    Raises:
        InsurerError: It is known with other keys.
    """
    async with (
        connected(installation) as connection,
        OfficerKeyring(installation.sockets) as keyring,
    ):
        added = await insurers.add(connection, keyring, public, contract)
    trust.add_insurer(
        installation.keyring_folder,
        public.amc,
        added.insurer,
        public.signing_key,
        contract.members,
    )
    return added


async def list_insurers(installation: Installation) -> list[Listed]:
    """Return every insurer, and whether its feed is late."""
    async with connected(installation) as connection:
        return await insurers.listed(connection)


async def accept(
    installation: Installation,
    mark: str,
    *,
    probation: timedelta,
    key_lifetime: timedelta = clients.LIFETIME,
) -> admission.Accepted:
    """Accept a passkey, or a client's key; its account begins on probation.

    Args:
        installation: Whose enrolments.
        mark: The fingerprint.
        probation: How long a new account has a fraction of its budget.
        key_lifetime: How long a client's key counts.

    Raises:
        EnrolmentError: No such enrolment waits, its organisation is not known, or its role takes
            two officers.
    """

    async def deed(connection: Connection, now: datetime) -> tuple[admission.Accepted, list[Event]]:
        accepted, event = await deeds.accept(
            connection,
            mark,
            now,
            roles=OF_AN_ORGANISATION,
            terms=deeds.Terms(probation, key_lifetime),
        )
        return accepted, [event]

    return await carry_out(installation, deed)


async def accept_first_officer(installation: Installation, mark: str) -> admission.Accepted:
    """Accept one of the first two security officers.

    Raises:
        DeedError: There are two.
        EnrolmentError: No such enrolment waits, or it asks for another role.
    """

    async def deed(connection: Connection, now: datetime) -> tuple[admission.Accepted, list[Event]]:
        await deeds.expect_bootstrap(connection)
        accepted, event = await deeds.accept(
            connection, mark, now, roles=(AccountRole.SECURITY,), terms=deeds.Terms(timedelta(0))
        )
        return accepted, [event]

    return await carry_out(installation, deed)


async def refuse(installation: Installation, mark: str) -> None:
    """Refuse a passkey for good.

    Raises:
        EnrolmentError: No such enrolment waits.
    """

    async def deed(connection: Connection, now: datetime) -> tuple[None, list[Event]]:
        return None, [await deeds.refuse(connection, mark, now)]

    await carry_out(installation, deed)


async def lock(installation: Installation, account: bytes, reason: LockReason) -> None:
    """Lock an account. No command opens it again: that takes two officers.

    Raises:
        DeedError: There is no such account, or it is locked.
    """

    async def deed(connection: Connection, now: datetime) -> tuple[None, list[Event]]:
        return None, [await deeds.lock(connection, account, reason, now)]

    await carry_out(installation, deed)


async def sign_out(installation: Installation, account: bytes) -> int:
    """End every registration of an account; return how many ended."""

    async def deed(connection: Connection, now: datetime) -> tuple[int, list[Event]]:
        ended, event = await deeds.sign_out(connection, account, now)
        return ended, [event]

    return await carry_out(installation, deed)


async def clients_now(installation: Installation) -> list[clients.Client]:
    """Return the keys of practice software that count now."""
    async with connected(installation) as connection:
        return await clients.listed(connection, datetime.now(UTC))


class Revoked(NamedTuple):
    """Practice software that has no key any more, and how many it had."""

    client: clients.Client
    keys: int


async def revoke_client(installation: Installation, mark: str) -> Revoked:
    """End every key of the client that has a key with fingerprint `mark`.

    Raises:
        ClientError: No client has such a key now.
    """

    async def deed(connection: Connection, now: datetime) -> tuple[Revoked, list[Event]]:
        client = await clients.find(connection, mark, now)
        ended, event = await deeds.sign_out(connection, client.account, now)
        return Revoked(client, ended), [event]

    return await carry_out(installation, deed)


async def carry_out(
    installation: Installation,
    deed: Callable[[Connection, datetime], Awaitable[tuple[T, list[Event]]]],
) -> T:
    """Do a deed with the officer's rights, in one transaction with its ledger entries."""
    async with (
        connected(installation) as connection,
        OfficerKeyring(installation.sockets) as keyring,
        connection.transaction(),
    ):
        now = datetime.now(UTC)
        result, events = await deed(connection, now)
        await deeds.write(connection, keyring, events, now)
    return result
