"""What is in force, insurer by insurer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple


if TYPE_CHECKING:
    from datetime import date, datetime

    from ecluse.store.connection import Connection

_STATUS = """
SELECT insurer.amc, insurer.name, feed.feed, feed.state, encode(feed.manifest, 'hex') AS manifest,
       feed.row_count AS rows, feed.accepted, feed.rejected, feed.rejects_file, feed.ended_at,
       CASE WHEN feed.base IS NULL THEN 'full' ELSE 'delta' END AS kind, feed.base,
       feed.answers_from, feed.answers_until
  FROM feed JOIN insurer USING (insurer)
 WHERE ($1::text IS NULL OR insurer.amc = $1)
   AND feed.state NOT IN ('superseded', 'abandoned')
 ORDER BY insurer.amc, feed.feed DESC
"""


class FeedStatus(NamedTuple):
    """One feed that counts: in force, or come since the latest in force.

    Attributes:
        manifest: SHA-256 of the signed manifest, hexadecimal.
        rejects_file: which rows were not taken and why; None when all were.
        ended_at: when it was loaded, refused, held, or last begun.
        kind: full or delta.
        base: the feed that a delta builds on.
        answers_from: first date of care that it answers for; None while it is not in force.
        answers_until: the day after the last one; None for no end.
    """

    amc: str
    name: str
    feed: int
    state: str
    manifest: str
    rows: int
    accepted: int
    rejected: int
    rejects_file: str | None
    ended_at: datetime
    kind: str
    base: int | None
    answers_from: date | None
    answers_until: date | None

    @property
    def in_force(self) -> bool:
        """Whether checks are answered from this feed."""
        return self.state == "in_force"


async def status(connection: Connection, amc: str | None = None) -> list[FeedStatus]:
    """Return the feeds that count, of one insurer or of all, by AMC number, the latest first."""
    rows = [FeedStatus(*row.values()) for row in await connection.fetch(_STATUS, amc)]
    served: set[str] = set()
    shown: list[FeedStatus] = []
    for row in rows:
        # A refusal older than the latest feed in force is history.
        if row.in_force or row.amc not in served:
            shown.append(row)
        if row.in_force:
            served.add(row.amc)
    return shown
