"""How many rows an insurer's feed usually has, and when one is beyond that (pure).

Whoever stole an insurer's signing key could have any identifier evaluated by announcing it as a
member's. A count out of the usual therefore waits for two officers, before a row of it is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from ecluse.keyring.vault import FeedMark


#: Beyond the usual by more than this share, a full feed is held; a delta by this share alone.
SHARE = 0.2
#: So many rows more are never out of the usual: small numbers vary.
ROOM = 50
#: The last full feeds that the usual is the mean of.
FEEDS = 3


def held(rows: int, usual: int | None, *, full: bool) -> bool:
    """Tell whether a feed of `rows` rows waits for two officers.

    Args:
        rows: as its manifest announces.
        usual: the insurer's usual count of members; None while nobody knows any.
        full: whether it is a full feed; a delta adds at most its rows.
    """
    if usual is None:
        return False
    more = rows - usual if full else rows
    return more > max(SHARE * usual, ROOM)


def counts(mark: FeedMark) -> tuple[int, ...]:
    """Return how many rows of the last full feeds were evaluated, by the keyring's own account.

    A feed of which less than half came was given up: it says nothing about how many is usual.
    """
    evaluated = sum(rows for _, rows in mark.chunks)
    if not mark.full or 2 * evaluated < mark.rows:
        return mark.usual
    return (*mark.usual, evaluated)[-FEEDS:]
