"""The book of incidents: opened, changed and closed, each step with its ledger entry. Role: officer.

Opening and widening take one person, as every brake does; so does taking a falsely suspected
account out, which the ledger tells and any supplement says.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from ecluse.breach.incident import Cause, Incident, IncidentError, Statement
from ecluse.ledger.append import append
from ecluse.ledger.entry import IncidentChanged, IncidentClosed, IncidentOpened


if TYPE_CHECKING:
    import asyncpg

    from ecluse.keyring.client import OfficerKeyring
    from ecluse.store.connection import Connection


#: How long before an alarm its incident begins, unless somebody says better.
BEFORE_ALARM = timedelta(hours=24)

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('ecluse/incident', 0))"
_NEXT = "SELECT 1 + coalesce(max(incident), 0) FROM incident"
_OPEN = """
INSERT INTO incident (incident, statement, content, opened_at) VALUES ($1, $2, $3, $4)
"""
_LOAD = "SELECT * FROM incident WHERE incident = $1 FOR UPDATE"
_CHANGE = "UPDATE incident SET statement = $2, content = $3 WHERE incident = $1"
_CLOSE = "UPDATE incident SET closed_at = $2 WHERE incident = $1"
_ALL = "SELECT * FROM incident ORDER BY incident DESC"
_ALARM = "SELECT account, organisation, at FROM alarm WHERE alarm = $1"


class _Content(msgspec.Struct, frozen=True):
    """What a row keeps as JSON."""

    statement: Statement
    cause: Cause
    alarm: bytes
    discovered_at: datetime


class Alarmed(msgspec.Struct, frozen=True):
    """What an alarm says about an incident."""

    statement: Statement
    at: datetime


async def about_alarm(connection: Connection, alarm: bytes) -> Alarmed:
    """Return the statement that an alarm leads to: its account or organisation, the day before.

    Raises:
        IncidentError: There is no such alarm, or it is about everybody.
    """
    row = await connection.fetchrow(_ALARM, alarm)
    if row is None:
        raise IncidentError("There is no such alarm.", hint="See `ecluse watch alarms`.")
    if not row["account"] and not row["organisation"]:
        raise IncidentError(
            "This alarm is about the whole platform.", hint="Name the accounts by hand."
        )
    statement = Statement(
        since=row["at"] - BEFORE_ALARM,
        accounts=(row["account"],) if row["account"] else (),
        organisations=() if row["account"] else (row["organisation"],),
    )
    return Alarmed(statement, row["at"])


async def open_incident(
    connection: Connection,
    keyring: OfficerKeyring,
    statement: Statement,
    cause: Cause,
    now: datetime,
    *,
    alarm: bytes = b"",
    by: bytes = b"",
) -> Incident:
    """Open an incident, in one transaction with its entry.

    Args:
        connection: Outside a transaction or in the caller's, of which this is the last part.
        keyring: Seals the entry.
        statement: What it is about.
        cause: How it came about.
        now: The time.
        alarm: What it follows.
        by: Who opens it; empty for a command.

    Raises:
        IncidentError: The statement names nobody.
        KeyringUnreachableError: No entry can be sealed, so nothing is opened.
    """
    statement.check()
    async with connection.transaction():
        discovered = (await about_alarm(connection, alarm)).at if alarm else now
        await connection.execute(_LOCK)
        number: int = await connection.fetchval(_NEXT)
        event = IncidentOpened(
            at=now, incident=number, alarm=alarm, cause=cause, by=by, **_named(statement)
        )
        position = await append(connection, [await keyring.seal_entry(event)], now)
        content = _Content(statement, cause, alarm, discovered)
        await connection.execute(_OPEN, number, position, _text(content), now)
        return await load(connection, number)


async def change(
    connection: Connection,
    keyring: OfficerKeyring,
    incident: int,
    statement: Statement,
    now: datetime,
    *,
    by: bytes = b"",
) -> Incident:
    """Say anew what an incident is about; see `open_incident`.

    Raises:
        IncidentError: There is no such incident, it is closed, or the statement names nobody.
    """
    statement.check()
    async with connection.transaction():
        before = await _open_one(connection, incident)
        event = IncidentChanged(at=now, incident=incident, by=by, **_named(statement))
        position = await append(connection, [await keyring.seal_entry(event)], now)
        content = _Content(statement, before.cause, before.alarm, before.discovered_at)
        await connection.execute(_CHANGE, incident, position, _text(content))
        return await load(connection, incident)


async def close(
    connection: Connection,
    keyring: OfficerKeyring,
    incident: int,
    now: datetime,
    *,
    by: bytes = b"",
) -> Incident:
    """Close an incident: purges go on, and its scope is told no more.

    Raises:
        IncidentError: There is no such incident, or it is closed.
    """
    async with connection.transaction():
        await _open_one(connection, incident)
        event = IncidentClosed(at=now, incident=incident, by=by)
        await append(connection, [await keyring.seal_entry(event)], now)
        await connection.execute(_CLOSE, incident, now)
        return await load(connection, incident)


async def load(connection: Connection, incident: int) -> Incident:
    """Return one incident and lock its row.

    Raises:
        IncidentError: There is none of that number.
    """
    row = await connection.fetchrow(_LOAD, incident)
    if row is None:
        raise IncidentError("There is no such incident.", hint="See `ecluse incident list`.")
    return _incident(row)


async def listed(connection: Connection) -> list[Incident]:
    """Return every incident, the latest first. Role: officer or breach."""
    return [_incident(row) for row in await connection.fetch(_ALL)]


async def _open_one(connection: Connection, incident: int) -> Incident:
    found = await load(connection, incident)
    if found.closed_at is not None:
        raise IncidentError("This incident is closed.", hint="Open another one.")
    return found


def _incident(row: asyncpg.Record) -> Incident:
    content = msgspec.json.decode(row["content"], type=_Content)
    return Incident(
        incident=row["incident"],
        position=row["statement"],
        statement=content.statement,
        cause=content.cause,
        alarm=content.alarm,
        discovered_at=content.discovered_at,
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
    )


def _text(content: _Content) -> str:
    return msgspec.json.encode(content).decode()


def _named(statement: Statement) -> dict[str, Any]:
    return msgspec.structs.asdict(statement)
