"""What our statements leave in a database session: nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from ecluse.store.connection import Connection


async def keep_session(_: Connection) -> None:
    """What a pool does when a connection comes back: nothing beyond ending a transaction.

    Our statements leave nothing in a session, and the reset that a pool sends otherwise is a round
    trip for each loan.
    """
