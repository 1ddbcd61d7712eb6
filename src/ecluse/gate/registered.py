"""Which devices may sign, read from the database for all the requests that wait in one query."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ecluse.login import devices


if TYPE_CHECKING:
    import asyncpg

    from ecluse.login.devices import Signer

    Key = tuple[bytes, bytes]
    """Account and thumbprint."""


_MOST_REMEMBERED = 50_000


class _Remembered(NamedTuple):
    read_at: float
    signer: Signer


class Registered:
    """Registered devices, each remembered for so many seconds after it was read."""

    def __init__(self, pool: asyncpg.Pool[Any], remembered: float) -> None:
        self._pool = pool
        self._remembered = remembered
        self._known: OrderedDict[Key, _Remembered] = OrderedDict()
        self._wanted: dict[Key, asyncio.Future[Signer | None]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def find(self, key: Key, now: float) -> Signer | None:
        """Return who signs with this device; None when nobody does at `now` (Unix seconds)."""
        known = self._known.get(key)
        if known is None or known.read_at <= now - self._remembered:
            signer = await self._ask(key)
        else:
            signer = known.signer
        return signer if signer is not None and signer.expires_at > now else None

    def forget(self, key: Key) -> None:
        """Ask the database again next time."""
        self._known.pop(key, None)

    async def _ask(self, key: Key) -> Signer | None:
        """Have the next query read this device too: one that begins after this, never before."""
        if key not in self._wanted:
            self._wanted[key] = asyncio.get_running_loop().create_future()
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        # Others may wait for the same device: whoever goes away leaves it to them.
        return await asyncio.shield(self._wanted[key])

    async def _read(self) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, {}
            now = time.time()
            try:
                async with self._pool.acquire() as connection:
                    found = await devices.signers(
                        connection, wanted, datetime.fromtimestamp(now, UTC)
                    )
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told
                for waiting in wanted.values():
                    waiting.set_exception(error)
                continue
            for key, waiting in wanted.items():
                self._keep(key, found.get(key), now)
                waiting.set_result(found.get(key))
        self._reading = None

    def _keep(self, key: Key, signer: Signer | None, now: float) -> None:
        if signer is not None:
            self._known[key] = _Remembered(now, signer)
            if len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)
