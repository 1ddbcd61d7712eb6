"""Incidents on this machine: what an operator's command does with them, by which role."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ecluse.breach import book, delivery, notices, reading
from ecluse.breach.render import Press
from ecluse.evidence import build as evidence
from ecluse.keyring.client import BreachKeyring, OfficerKeyring
from ecluse.ledger import note
from ecluse.local import officer
from ecluse.login import accounts
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import asyncpg

    from ecluse.breach.delivery import Tracked
    from ecluse.breach.incident import Cause, Incident, Statement
    from ecluse.breach.notices import Round
    from ecluse.breach.reading import Reading
    from ecluse.evidence.build import Built as Evidence
    from ecluse.local.installation import Installation


class _Desk(NamedTuple):
    """The breach part's connections."""

    connection: asyncpg.Connection[Any]
    keyring: BreachKeyring


@asynccontextmanager
async def _desk(installation: Installation) -> AsyncIterator[_Desk]:
    connection = await installation.database.connect(Role.BREACH)
    try:
        async with BreachKeyring(installation.sockets) as keyring:
            yield _Desk(connection, keyring)
    finally:
        await connection.close()


async def open_incident(
    installation: Installation, statement: Statement, cause: Cause, alarm: bytes = b""
) -> Incident:
    """Open an incident.

    Raises:
        IncidentError: The statement names nobody, or there is no such alarm.
        KeyringUnreachableError: No entry can be sealed, so nothing is opened; likewise below.
    """
    async with officer.connected(installation) as connection, _seals(installation) as keyring:
        now = datetime.now(UTC)
        return await book.open_incident(connection, keyring, statement, cause, now, alarm=alarm)


async def about_alarm(installation: Installation, alarm: bytes) -> Statement:
    """Return what an incident that follows an alarm is about.

    Raises:
        IncidentError: There is no such alarm, or it is about everybody.
    """
    async with officer.connected(installation) as connection:
        return (await book.about_alarm(connection, alarm)).statement


async def organisation(installation: Installation, finess: str) -> bytes | None:
    """Return an organisation's number by its FINESS."""
    async with officer.connected(installation) as connection:
        return await accounts.find_organisation(connection, finess)


async def clear(installation: Installation, incident: int, account: bytes) -> Incident:
    """Take an account whose alarm was false out of an incident.

    Raises:
        IncidentError: There is no such open incident, or the account is cleared already.
    """
    async with officer.connected(installation) as connection, _seals(installation) as keyring:
        before = (await book.load(connection, incident)).statement
        now = datetime.now(UTC)
        return await book.change(connection, keyring, incident, before.clear(account), now)


async def close(installation: Installation, incident: int) -> Incident:
    """Close an incident.

    Raises:
        IncidentError: There is no such open incident.
    """
    async with officer.connected(installation) as connection, _seals(installation) as keyring:
        return await book.close(connection, keyring, incident, datetime.now(UTC))


async def listed(installation: Installation) -> list[Incident]:
    """Return every incident, the latest first."""
    async with officer.connected(installation) as connection:
        return await book.listed(connection)


async def read(
    installation: Installation, incident: int, told: Callable[[int, int], None]
) -> Reading:
    """Read an incident's scope and story from the ledger.

    Raises:
        EcluseError: There is no such open incident, or the ledger is not what was signed.
    """
    async with _desk(installation) as desk:
        position = await reading.statement_of(desk.connection, incident)
        return await reading.read(desk.connection, desk.keyring, position, told=told)


async def build_notices(
    installation: Installation, incident: int, told: Callable[[str, int, int], None]
) -> Round:
    """Build the next round of an incident's notices.

    Raises:
        EcluseError: As for `read`.
    """
    async with officer.connected(installation) as connection:
        found = await book.load(connection, incident)
    async with _desk(installation) as desk:
        return await notices.build(*desk, found, Press(), datetime.now(UTC), told=told)


async def build_evidence(
    installation: Installation,
    incident: int,
    told: Callable[[str, int, int], None],
    *,
    since: str | None = None,
) -> tuple[Evidence, bytes]:
    """Build an incident's archive for the regulator; return what it holds, and the ZIP.

    `since` is a checkpoint of this log that the regulator kept: the archive proves that nothing was
    taken back since.

    Raises:
        EcluseError: As for `read`.
    """
    async with officer.connected(installation) as connection:
        found = await book.load(connection, incident)
        digests = await delivery.digests(connection, incident)
    size = note.read_checkpoint(note.parse(since)[0]).size if since else 0
    kept = evidence.Kept(installation.policies, digests, size)
    async with _desk(installation) as desk:
        return await evidence.build(*desk, found, kept, datetime.now(UTC), told=told)


async def log_key(installation: Installation) -> str:
    """Return the verifier key of this installation's log, in one line."""
    async with BreachKeyring(installation.sockets) as keyring:
        return note.log_key(await keyring.public_key()).text()


async def tracked(installation: Installation, incident: int) -> list[Tracked]:
    """Return every notice of an incident on its way, with its insurer's clocks.

    Raises:
        IncidentError: There is no such incident.
    """
    async with officer.connected(installation) as connection, connection.transaction():
        found = await book.load(connection, incident)
        return await delivery.tracked(connection, incident, found.discovered_at)


def _seals(installation: Installation) -> OfficerKeyring:
    return OfficerKeyring(installation.sockets)
