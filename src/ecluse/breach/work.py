"""What officers ask the breach part for from the console. Role: officer asks, breach does."""

from __future__ import annotations

import os
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from ecluse.breach.picture import Picture


if TYPE_CHECKING:
    from ecluse.store.connection import Connection


_ASK = """
INSERT INTO breach_work (work, incident, kind, asked_by, asked_at)
SELECT $1, $2, $3, $4, $5
 WHERE NOT EXISTS (SELECT 1 FROM breach_work
                    WHERE incident = $2 AND kind = $3 AND ended_at IS NULL)
"""
_LATEST = """
SELECT DISTINCT ON (kind) kind, asked_at, ended_at, problem, result FROM breach_work
 WHERE incident = $1 ORDER BY kind, asked_at DESC
"""
_LAST_RESULT = """
SELECT result FROM breach_work
 WHERE incident = $1 AND kind = $2 AND result IS NOT NULL ORDER BY asked_at DESC LIMIT 1
"""
_NEXT = """
SELECT work, incident, kind FROM breach_work WHERE ended_at IS NULL ORDER BY asked_at LIMIT 1
"""
_END = "UPDATE breach_work SET ended_at = $2, problem = $3, result = $4 WHERE work = $1"


class Kind(StrEnum):
    """What can be asked for."""

    PICTURE = "picture"
    """The scope as counts (`breach.picture`)."""
    NOTICES = "notices"
    """The next round of notices."""


class Asked(msgspec.Struct, frozen=True):
    """One thing that waits."""

    work: bytes
    incident: int
    kind: Kind


class Work(msgspec.Struct, frozen=True):
    """Where the latest of its kind stands."""

    kind: Kind
    asked_at: datetime
    #: None while it is under way or waits.
    ended_at: datetime | None
    problem: str | None


async def ask(connection: Connection, incident: int, kind: Kind, by: bytes, now: datetime) -> None:
    """Ask for something, unless it is under way already. Role: officer."""
    await connection.execute(_ASK, os.urandom(16), incident, kind, by, now)


async def latest(connection: Connection, incident: int) -> list[Work]:
    """Return where the latest of each kind stands. Role: officer."""
    rows = await connection.fetch(_LATEST, incident)
    return [
        Work(Kind(row["kind"]), row["asked_at"], row["ended_at"], row["problem"]) for row in rows
    ]


async def last_picture(connection: Connection, incident: int) -> Picture | None:
    """Return an incident's last picture; None before the first. Role: officer."""
    text: str | None = await connection.fetchval(_LAST_RESULT, incident, Kind.PICTURE)
    return None if text is None else msgspec.json.decode(text, type=Picture)


async def waiting(connection: Connection) -> Asked | None:
    """Return what waits longest. Role: breach."""
    row = await connection.fetchrow(_NEXT)
    return row and Asked(row["work"], row["incident"], Kind(row["kind"]))


async def end(
    connection: Connection,
    work: bytes,
    now: datetime,
    result: object = None,
    *,
    problem: str | None = None,
) -> None:
    """Write down what came of it. Role: breach."""
    text = None if result is None else msgspec.json.encode(result).decode()
    await connection.execute(_END, work, now, problem, text)
