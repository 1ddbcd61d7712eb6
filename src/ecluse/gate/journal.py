"""The gate's entries, sealed under the month's key before they are appended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ecluse.ledger.seal import MonthKeys, SealedEntry, seal


if TYPE_CHECKING:
    from ecluse.keyring.client import GateKeyring
    from ecluse.ledger.entry import Event


class Journal:
    """Seals events; fetches each month's keys once."""

    def __init__(self, keyring: GateKeyring) -> None:
        self._keyring = keyring
        self._months: dict[str, MonthKeys] = {}

    async def month(self, now: float) -> MonthKeys:
        """Return the keys of the month that `now` (seconds since the epoch, UTC) falls into."""
        name = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
        if name not in self._months:
            self._months[name] = await self._keyring.month_keys(name)
        return self._months[name]

    async def seal(self, event: Event, entry: bytes, now: float) -> SealedEntry:
        """Seal `event` as the entry with id `entry` (16 bytes)."""
        return seal(event, await self.month(now), entry)
