"""Refusals leave on a fixed time grid: how long one took tells nothing of why (P4)."""

from __future__ import annotations

import asyncio
import math


def release_time(arrived: float, now: float, grid: float) -> float:
    """Return the next point of the grid that began when the request arrived (all in seconds)."""
    return arrived + grid * max(1, math.ceil((now - arrived) / grid))


async def wait_for_grid(arrived: float, grid: float) -> None:
    """Wait for the next point of the grid, on the event loop's own clock."""
    loop = asyncio.get_running_loop()
    due = loop.create_future()
    alarm = loop.call_at(release_time(arrived, loop.time(), grid), due.set_result, None)
    try:
        await due
    finally:
        alarm.cancel()
