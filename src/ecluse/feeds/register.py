"""The register of feeds: which is in force, which was refused, and what went before.

A feed's state turns in the one transaction that loads it, under a lock of its insurer's own: two
loads of one insurer cannot cross, and a load that dies leaves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec


if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from ecluse.feeds.manifest import Manifest
    from ecluse.store.connection import Connection

#: First key of the advisory locks that feeds take; the second is the insurer.
_LOCK_CLASS = 0x0FEED

_ADD = """
INSERT INTO feed (insurer, feed, manifest, state, row_count, accepted, rejected, rejects_file,
                  period_from, period_to, began_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp())
"""
_KNOWN = """
SELECT feed, manifest, state, row_count, accepted, rejected, rejects_file
  FROM feed WHERE insurer = $1 ORDER BY feed DESC LIMIT 1
"""
_ADD_PACKAGE = """
INSERT INTO cover_package (insurer, feed, code, content) VALUES ($1, $2, $3, $4)
"""


class Insurer(NamedTuple):
    """An insurer as the database knows it."""

    insurer: int
    signing_key: bytes


class Known(NamedTuple):
    """An insurer's latest feed: in force, refused, or (never the latest) superseded."""

    feed: int
    manifest: bytes
    state: str
    row_count: int
    accepted: int
    rejected: int
    rejects_file: str | None


class Outcome(NamedTuple):
    """What came of loading a feed."""

    accepted: int
    rejected: int
    rejects_file: Path | None


class Load(NamedTuple):
    """A feed being loaded: whose, its manifest and that manifest's SHA-256, since when."""

    insurer: int
    manifest: Manifest
    digest: bytes
    began_at: datetime


async def insurer(connection: Connection, amc: str) -> Insurer | None:
    """Return the insurer with this AMC number; None when there is none."""
    row = await connection.fetchrow("SELECT insurer, signing_key FROM insurer WHERE amc = $1", amc)
    return Insurer(row["insurer"], row["signing_key"]) if row else None


async def lock(connection: Connection, number: int) -> None:
    """Wait until no other load of this insurer runs; held until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, $2)", _LOCK_CLASS, number)


async def latest(connection: Connection, number: int) -> Known | None:
    """Return an insurer's latest feed; None before the first."""
    row = await connection.fetchrow(_KNOWN, number)
    return Known(*row.values()) if row else None


async def now(connection: Connection) -> datetime:
    """Return the database's time."""
    time: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return time


async def supersede(connection: Connection, number: int) -> None:
    """End the feed in force: its records, pointers and packages go, member references stay."""
    for feed in await connection.fetch(
        "UPDATE feed SET state = 'superseded' WHERE insurer = $1 AND state = 'in_force'"
        " RETURNING feed",
        number,
    ):
        for table in ("cover_record", "card_pointer", "cover_package"):
            await connection.execute(
                f"DELETE FROM {table} WHERE insurer = $1 AND feed = $2",  # noqa: S608 - constants
                number,
                feed["feed"],
            )


async def put_in_force(connection: Connection, load: Load, outcome: Outcome) -> None:
    """Write a loaded feed's packages and make it the one in force."""
    await connection.executemany(
        _ADD_PACKAGE,
        [
            (load.insurer, load.manifest.feed, package.code, msgspec.json.encode(package).decode())
            for package in load.manifest.packages
        ],
    )
    await _add(connection, load, outcome, "in_force")


async def put_refused(connection: Connection, load: Load, outcome: Outcome) -> None:
    """Note that a feed was refused, so that it is not tried again."""
    await _add(connection, load, outcome, "refused")


async def _add(connection: Connection, load: Load, outcome: Outcome, state: str) -> None:
    manifest = load.manifest
    await connection.execute(
        _ADD,
        load.insurer,
        manifest.feed,
        load.digest,
        state,
        manifest.rows,
        outcome.accepted,
        outcome.rejected,
        str(outcome.rejects_file) if outcome.rejects_file else None,
        manifest.period_from,
        manifest.period_to,
        load.began_at,
    )
