"""The meters of all lanes, and what of them outlives a crash.

What was opened stands in the ledger. What was only asked for need not: a captured gate could locate,
commit nothing, and have the keyring restarted. So admissions are reserved on disk, in blocks, before
any of them is told; after a restart those that the ledger cannot account for count as nobody's.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.keyring.meter import HOUR, Meter, reserve, reserved


if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecluse.keyring.vault import Vault


#: A block is this part of a lane's limit: one write to disk for so many persons.
_BLOCKS = 1000


class _Paid(NamedTuple):
    """How far a lane's admissions are reserved."""

    #: What is left of a block is void when its hour ends: it counts for that hour alone.
    hour: int
    #: Reserved up to this admission since the start.
    upto: int
    #: Admissions that were told.
    told: int


class Meters:
    """Two meters for each lane: of the persons asked for and of the persons opened.

    `limits` are distinct persons in any 24 hours; None counts only.
    """

    def __init__(self, vault: Vault, limits: Mapping[str, int | None]) -> None:
        self._vault = vault
        self._asked = {lane: Meter(limit) for lane, limit in limits.items()}
        self._opened = {lane: Meter(limit) for lane, limit in limits.items()}
        self._paid = dict.fromkeys(limits, _Paid(-1, 0, 0))

    def ask(self, lane: str, person: bytes, now: float) -> bool:
        """Count a person asked for; False when the lane's limit is reached.

        Nothing of it may be told before `settle`.
        """
        return self._asked[lane].admit(person, now)

    def has_room(self, lane: str, now: float) -> bool:
        """Tell whether one more person could be asked for."""
        meter = self._asked[lane]
        return meter.limit is None or meter.count(now) < meter.limit

    def open(self, lane: str, person: bytes, now: float) -> bool:
        """Count a person opened; False when the lane's limit is reached."""
        return self._opened[lane].admit(person, now)

    def settle(self, now: float) -> None:
        """Reserve on disk what was asked for since the last time."""
        marks = self._vault.marks
        grown = dict(marks.reserved)
        hour = int(now // HOUR)
        paid = dict(self._paid)
        for lane, meter in self._asked.items():
            if meter.limit is None:
                continue
            before = paid[lane]
            upto = before.upto if before.hour == hour else before.told
            if meter.fresh > upto:
                block = max(meter.limit // _BLOCKS, meter.fresh - upto)
                grown[lane] = reserve(grown.get(lane, {}), block, now)
                upto += block
            paid[lane] = _Paid(hour, upto, meter.fresh)
        if grown != marks.reserved:
            self._vault.remember(msgspec.structs.replace(marks, reserved=grown))
        self._paid = paid

    def restore(self, lane: str, person: bytes, at: float, *, opened: bool) -> None:
        """Put back a check that the ledger holds, in the order of times."""
        if lane in self._asked:
            self._asked[lane].restore(person, at)
            if opened:
                self._opened[lane].restore(person, at)

    def restore_untold(self, now: float) -> None:
        """Put back, as nobody's, what was reserved and does not stand in the ledger."""
        for lane, meter in self._asked.items():
            held = reserved(self._vault.marks.reserved.get(lane, {}), now)
            for _ in range(held - meter.count(now)):
                meter.restore(os.urandom(16), now)
