"""The register of feeds: which are in force and for which dates, and what became of the others.

A feed's state turns in one transaction with its ledger entry. Loads of one insurer take turns, by a
lock of its own; a load that dies leaves rows that nobody is answered from, for the next to go on
with or to sweep away.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.feeds.reach import Standing, reach
from ecluse.keyring.usual import FEEDS


if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import date, datetime
    from pathlib import Path

    from ecluse.feeds.manifest import Manifest
    from ecluse.store.connection import Connection

#: First key of the advisory locks that feeds take; the second is the insurer.
_LOCK_CLASS = 0x0FEED

_PUT = """
INSERT INTO feed (insurer, feed, manifest, state, row_count, accepted, rejected, rejects_file,
                  period_from, period_to, base, began_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp())
    ON CONFLICT (insurer, feed) DO UPDATE
   SET state = excluded.state, accepted = excluded.accepted, rejected = excluded.rejected,
       rejects_file = excluded.rejects_file, ended_at = excluded.ended_at, swept_at = NULL
"""
_KEEP_CHUNKS = "UPDATE feed SET chunks = $3 WHERE insurer = $1 AND feed = $2"
_KNOWN = """
SELECT feed, manifest, state, row_count, accepted, rejected, rejects_file, chunks
  FROM feed WHERE insurer = $1 ORDER BY feed DESC LIMIT 1
"""
_ADD_PACKAGE = """
INSERT INTO cover_package (insurer, feed, code, content) VALUES ($1, $2, $3, $4)
"""
_USUAL = """
SELECT coalesce(
  (SELECT avg(accepted) FROM (
     SELECT accepted FROM feed
      WHERE insurer = $1 AND base IS NULL AND state IN ('in_force', 'superseded')
      ORDER BY feed DESC LIMIT $2) AS last),
  (SELECT members FROM insurer WHERE insurer = $1))::bigint
"""
_STANDING = """
SELECT feed, base IS NULL AS full, period_from, period_to
  FROM feed WHERE insurer = $1 AND state = 'in_force'
"""
_ANSWERS = """
UPDATE feed SET answers_from = $3, answers_until = $4 WHERE insurer = $1 AND feed = $2
"""
_SUPERSEDE = """
UPDATE feed SET state = 'superseded', superseded_at = clock_timestamp()
 WHERE insurer = $1 AND feed = ANY($2::integer[])
"""


class Insurer(NamedTuple):
    """An insurer as the database knows it."""

    insurer: int
    signing_key: bytes


class Known(NamedTuple):
    """An insurer's latest feed, whatever became of it."""

    feed: int
    manifest: bytes
    state: str
    row_count: int
    accepted: int
    rejected: int
    rejects_file: str | None
    chunks: int

    def unfinished(self, digest: bytes) -> bool:
        """Tell whether it is the feed of this manifest, and not loaded to its end."""
        return self.manifest == digest and self.state in ("held", "loading", "abandoned")


class Outcome(NamedTuple):
    """What came of loading a feed."""

    accepted: int = 0
    rejected: int = 0
    rejects_file: Path | None = None


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


@asynccontextmanager
async def turn(connection: Connection, number: int) -> AsyncIterator[None]:
    """Wait until nobody else works on this insurer's feeds, and keep it so.

    The lock is the session's: it outlives the transactions in between, and a process that dies
    lets go of it.
    """
    await connection.execute("SELECT pg_advisory_lock($1, $2)", _LOCK_CLASS, number)
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1, $2)", _LOCK_CLASS, number)


async def latest(connection: Connection, number: int) -> Known | None:
    """Return an insurer's latest feed; None before the first."""
    row = await connection.fetchrow(_KNOWN, number)
    return Known(*row.values()) if row else None


async def usual(connection: Connection, number: int) -> int | None:
    """Return an insurer's usual count: of its last full feeds, else of its contract, else None."""
    count: int | None = await connection.fetchval(_USUAL, number, FEEDS)
    return count


async def now(connection: Connection) -> datetime:
    """Return the database's time."""
    time: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return time


async def standing(connection: Connection, number: int) -> list[Standing]:
    """Return an insurer's feeds in force."""
    return [Standing(*row.values()) for row in await connection.fetch(_STANDING, number)]


async def keep_chunks(connection: Connection, load: Load, chunks: int) -> None:
    """Note, in the transaction that writes the last of them, that `chunks` chunks are written."""
    if chunks == 1:
        await put(connection, load, Outcome(), "loading")
    await connection.execute(_KEEP_CHUNKS, load.insurer, load.manifest.feed, chunks)


async def put_in_force(connection: Connection, load: Load, outcome: Outcome) -> None:
    """Write a loaded feed's packages, make it one in force, and end those it leaves no date to."""
    await connection.executemany(
        _ADD_PACKAGE,
        [
            (load.insurer, load.manifest.feed, package.code, msgspec.json.encode(package).decode())
            for package in load.manifest.packages
        ],
    )
    await put(connection, load, outcome, "in_force")
    await share_dates(connection, load.insurer, (await now(connection)).date())


async def share_dates(connection: Connection, number: int, today: date) -> list[int]:
    """Share the dates of care out among an insurer's feeds in force; return those left without."""
    feeds = await standing(connection, number)
    reached = reach(feeds, today)
    await connection.executemany(
        _ANSWERS, [(number, feed, *stretch) for feed, stretch in reached.items()]
    )
    ended = sorted({feed.feed for feed in feeds} - reached.keys())
    if ended:
        await connection.execute(_SUPERSEDE, number, ended)
    return ended


async def put(connection: Connection, load: Load, outcome: Outcome, state: str) -> None:
    """Write what became of a feed."""
    manifest = load.manifest
    await connection.execute(
        _PUT,
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
        manifest.base,
        load.began_at,
    )
