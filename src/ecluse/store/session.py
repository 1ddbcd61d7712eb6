"""What a database session of ours is set to, and what our statements leave in it: nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from ecluse.store.connection import Connection


#: For sessions whose statements find their rows by key. A plan made while a table was nearly empty
#: reads all of it, and would go on doing so until the table is next analysed.
BY_KEY = {"enable_seqscan": "off"}


async def keep_session(_: Connection) -> None:
    """What a pool does when a connection comes back: nothing beyond ending a transaction.

    Our statements leave nothing in a session, and the reset that a pool sends otherwise is a round
    trip for each loan.
    """
