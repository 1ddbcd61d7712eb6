"""Region and platform caps, taken from the database in blocks, so that no row is hot.

A block counts, whole, for the hour it was taken in and is void after that hour: a gate that dies
wastes what was left of it and never adds any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ecluse.gate.state import PLATFORM
from ecluse.gate.windows import HOUR, Ring


if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecluse.policy.policy import TypedLane
    from ecluse.store.connection import Connection


_LOCK = """
INSERT INTO lease_pool (scope, granted) VALUES ($1, $2)
    ON CONFLICT (scope) DO UPDATE SET scope = excluded.scope RETURNING granted
"""
_GRANT = "UPDATE lease_pool SET granted = $2 WHERE scope = $1"


def grant(ring: Ring, block: int, cap: int, now: float) -> tuple[Ring, int]:
    """Return the pool's ring after a grant, and the size of the block granted (maybe 0)."""
    granted = max(0, min(block, cap - ring.total(now)))
    return (ring.add(granted, now), granted) if granted else (ring, 0)


class Leases:
    """This gate's blocks."""

    def __init__(self, caps: TypedLane) -> None:
        self._caps = caps
        self._left: dict[str, int] = {}
        self._hour = 0

    async def cover(
        self, connection: Connection, needs: Mapping[str, int], now: float
    ) -> dict[str, int]:
        """Return what is left of each scope, after taking blocks where `needs` exceeds it."""
        if int(now // HOUR) != self._hour:
            self._hour, self._left = int(now // HOUR), {}
        for scope, need in needs.items():
            missing = need - self._left.get(scope, 0)
            if missing > 0:
                block = max(missing, self._caps.lease_block)
                taken = await self._take(connection, scope, block, now)
                self._left[scope] = self._left.get(scope, 0) + taken
        return {scope: self._left.get(scope, 0) for scope in needs}

    def spent(self, left: Mapping[str, int]) -> None:
        """Keep what a committed batch left of its blocks."""
        self._left.update(left)

    async def _take(self, connection: Connection, scope: str, block: int, now: float) -> int:
        cap = self._caps.platform_day if scope == PLATFORM else self._caps.region_profession_day
        async with connection.transaction():
            text = await connection.fetchval(_LOCK, scope, msgspec.msgpack.encode(Ring()))
            ring, granted = grant(msgspec.msgpack.decode(text, type=Ring), block, cap, now)
            if granted:
                await connection.execute(_GRANT, scope, msgspec.msgpack.encode(ring))
        return granted


def needs(scopes: Iterable[str]) -> dict[str, int]:
    """Count what a batch may draw: one from its region and one from the platform per check."""
    counted: dict[str, int] = {}
    for scope in scopes:
        counted[scope] = counted.get(scope, 0) + 1
        counted[PLATFORM] = counted.get(PLATFORM, 0) + 1
    return counted
