"""What goes: records of feeds that answer for no date, member references past their retention.

A member reference stands as long as an entry of the ledger may name it: an insurer is told of its
own members by it, those who left included. Entries live for twelve months, and none names a feed
that ended before; so a feed's references go twelve months after its end.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from ecluse.store.connection import Connection

#: As long as the ledger keeps an entry (CNIL recommends six to twelve months for logs).
RETENTION = timedelta(days=366)

_UNSWEPT = """
SELECT feed, state FROM feed
 WHERE insurer = $1 AND state IN ('superseded', 'abandoned', 'refused') AND swept_at IS NULL
"""
_ABANDON = """
UPDATE feed SET state = 'abandoned', ended_at = clock_timestamp(), chunks = 0
 WHERE insurer = $1 AND feed <> $2 AND state IN ('loading', 'held')
"""


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
