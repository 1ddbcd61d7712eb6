"""What is in force, insurer by insurer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple


if TYPE_CHECKING:
    from datetime import datetime

    import asyncpg

_STATUS = """
SELECT insurer.amc, insurer.name, feed.feed, feed.state, encode(feed.manifest, 'hex') AS manifest,
       feed.row_count AS rows, feed.accepted, feed.rejected, feed.rejects_file, feed.ended_at
  FROM feed JOIN insurer USING (insurer)
 WHERE ($1::text IS NULL OR insurer.amc = $1)
   AND feed.state <> 'superseded'
 ORDER BY insurer.amc, feed.feed DESC
"""


class FeedStatus(NamedTuple):
    """One feed that counts: in force, or refused since the one in force.

    Attributes:
        manifest: SHA-256 of the signed manifest, hexadecimal.
        rejects_file: which rows were not taken and why; None when all were.
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

    @property
    def in_force(self) -> bool:
        """Whether checks are answered from this feed."""
        return self.state == "in_force"


async def status(connection: asyncpg.Connection[Any], amc: str | None = None) -> list[FeedStatus]:
    """Return the feeds that count, of one insurer or of all, by AMC number, the latest first."""
    rows = [FeedStatus(*row.values()) for row in await connection.fetch(_STATUS, amc)]
    shown: list[FeedStatus] = []
    for row in rows:
        # A refusal older than the feed in force is history.
        if not (shown and shown[-1].amc == row.amc and shown[-1].in_force):
            shown.append(row)
    return shown
