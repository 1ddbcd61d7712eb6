"""`GET /v1/insurers`: whose members can be checked here, and whose feed is late.

For whoever has a registered device. It tells of insurers and of nobody else, takes no parameter,
and costs the same whoever asks: one read serves everybody for a few seconds.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from ecluse.feeds import insurers
from ecluse.gate import replies


if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ecluse.gate.caller import Callers
    from ecluse.gate.gate import Gate


#: Seconds for which one read serves.
_FRESH = 5.0


class InsurersDoor:
    """Tells which insurers there are."""

    def __init__(self, gate: Gate, callers: Callers) -> None:
        self._gate = gate
        self._callers = callers
        self._told = b""
        self._read_at = -_FRESH

    async def insurers(self, request: Request) -> Response:
        """Tell a registered device of the insurers."""
        raw = await replies.body_of(request)
        await self._gate.spend(await self._callers.identify(request, raw))
        if time.monotonic() - self._read_at >= _FRESH:
            await self._read()
        return replies.json(self._told)

    async def _read(self) -> None:
        async with self._gate.pool.acquire() as connection:
            listed = await insurers.listed(connection)
        self._told = msgspec.json.encode({"insurers": [each._asdict() for each in listed]})
        self._read_at = time.monotonic()
