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


class Blocks:
    """What is left of one gate's blocks in the present hour (pure)."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._left: dict[str, int] = {}
        self._hour = 0

    def wanted(self, needs: Mapping[str, int], now: float) -> dict[str, int]:
        """Return which blocks to take, of which size, before `needs` can be met."""
        if int(now // HOUR) != self._hour:
            self._hour, self._left = int(now // HOUR), {}
        missing = {scope: need - self._left.get(scope, 0) for scope, need in needs.items()}
        return {scope: max(count, self._size) for scope, count in missing.items() if count > 0}

    def add(self, scope: str, granted: int) -> None:
        """Count a block that was taken in the hour of the last `wanted`."""
        self._left[scope] = self._left.get(scope, 0) + granted

    def left(self, scopes: Iterable[str]) -> dict[str, int]:
        """Return what is left of each scope."""
        return {scope: self._left.get(scope, 0) for scope in scopes}

    def spent(self, left: Mapping[str, int]) -> None:
        """Keep what a committed batch left."""
        self._left.update(left)


class Leases:
    """This gate's blocks, taken from the database."""

    def __init__(self, caps: TypedLane) -> None:
        self._caps = caps
        self._blocks = Blocks(caps.lease_block)

    async def cover(
        self, connection: Connection, needs: Mapping[str, int], now: float
    ) -> dict[str, int]:
        """Return what is left of each scope, after taking blocks where `needs` exceeds it."""
        for scope, block in self._blocks.wanted(needs, now).items():
            self._blocks.add(scope, await self._take(connection, scope, block, now))
        return self._blocks.left(needs)

    def spent(self, left: Mapping[str, int]) -> None:
        """Keep what a committed batch left of its blocks."""
        self._blocks.spent(left)

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
