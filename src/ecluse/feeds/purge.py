"""What goes: records of feeds that answer for no date, member references past their retention.

A member reference stands as long as an entry of the ledger may name it: an insurer is told of its
own members by it, those who left included. Entries live for twelve months, and none names a feed
that ended before; so a feed's references go twelve months after its end, and none goes while an
incident is open.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from ecluse.feeds import register
from ecluse.ledger.append import append
from ecluse.ledger.entry import FeedPurged


if TYPE_CHECKING:
    from ecluse.keyring.client import FeedKeyring
    from ecluse.store.connection import Connection

#: As long as the ledger keeps an entry (CNIL recommends six to twelve months for logs).
RETENTION = timedelta(days=366)

_UNSWEPT = """
SELECT feed, state FROM feed
 WHERE insurer = $1 AND state IN ('superseded', 'abandoned', 'refused') AND swept_at IS NULL
"""
_EXPIRED = """
SELECT feed FROM feed
 WHERE insurer = $1 AND state = 'superseded' AND purged_at IS NULL
   AND superseded_at < clock_timestamp() - $2::interval
   AND NOT EXISTS (SELECT FROM incident WHERE closed_at IS NULL)
 ORDER BY feed
"""
_ABANDON = """
UPDATE feed SET state = 'abandoned', ended_at = clock_timestamp(), chunks = 0
 WHERE insurer = $1 AND feed <> $2 AND state IN ('loading', 'held')
"""


class Purged(NamedTuple):
    """What a purge deleted.

    Attributes:
        swept: feeds whose records went.
        feeds: feeds whose member references went.
        references: how many these were.
    """

    swept: int
    feeds: int
    references: int


async def abandon(connection: Connection, number: int, feed: int) -> None:
    """Give up what an insurer sent and is not in force, but for `feed`, and sweep."""
    await connection.execute(_ABANDON, number, feed)
    await sweep(connection, number)


async def sweep(connection: Connection, number: int) -> int:
    """Delete the records of feeds that nobody is answered from; return how many feeds.

    In small transactions; what is cut short is done the next time. Member references stay, save
    those of a feed that was never in force.
    """
    feeds = await connection.fetch(_UNSWEPT, number)
    for row in feeds:
        tables = ["cover_record", "card_pointer", "cover_package"]
        if row["state"] != "superseded":
            tables.append("member_reference")
        for table in tables:
            await connection.execute(
                f"DELETE FROM {table} WHERE insurer = $1 AND feed = $2",  # noqa: S608 - constants
                number,
                row["feed"],
            )
        await connection.execute(
            "UPDATE feed SET swept_at = clock_timestamp() WHERE insurer = $1 AND feed = $2",
            number,
            row["feed"],
        )
    return len(feeds)


async def purge(connection: Connection, keyring: FeedKeyring) -> Purged:
    """Delete what nobody can be answered from or told of any more, insurer by insurer.

    Cut short, it goes on with the next call.
    """
    done = Purged(0, 0, 0)
    for row in await connection.fetch("SELECT insurer FROM insurer ORDER BY insurer"):
        number = row["insurer"]
        async with register.turn(connection, number):
            today = (await register.now(connection)).date()
            async with connection.transaction():
                await register.share_dates(connection, number, today)
            swept = await sweep(connection, number)
            expired = await connection.fetch(_EXPIRED, number, RETENTION)
            counts = [await _forget(connection, keyring, number, each["feed"]) for each in expired]
        done = Purged(done.swept + swept, done.feeds + len(counts), done.references + sum(counts))
    return done


async def _forget(connection: Connection, keyring: FeedKeyring, number: int, feed: int) -> int:
    """Delete a feed's member references, with a ledger entry; return how many."""
    async with connection.transaction():
        told = await connection.execute(
            "DELETE FROM member_reference WHERE insurer = $1 AND feed = $2", number, feed
        )
        references = int(told.split()[-1])
        at = await register.now(connection)
        await connection.execute(
            "UPDATE feed SET purged_at = $3 WHERE insurer = $1 AND feed = $2", number, feed, at
        )
        event = FeedPurged(at=at, insurer=number, feed=feed, references=references)
        await append(connection, [await keyring.seal_entry(event)], at)
    return references
