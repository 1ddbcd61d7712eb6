"""What the watch may know of the ledger: who asked and what came of it, and nothing of the subject.

The keyring alone reads entries, so it counts the one thing about subjects that the watch has to
know: by how many organisations one person was asked about, without a card, within a day.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec

from ecluse.ledger.entry import Check


if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecluse.keyring.entries import Entries
    from ecluse.keyring.honey import HoneyBook
    from ecluse.keyring.reader import Entry, Reader


_DAY = 86_400.0
#: Entries in one answer.
_PAGE = 2000
#: Seconds by which a gate's clock may be ahead of the keyring's: a time further on is the word of
#: somebody who wants to be forgotten.
_AHEAD = 300.0


class Fact(msgspec.Struct, frozen=True, array_like=True):
    """One check. No index, no reference, no family, no date of care."""

    position: int
    account: bytes
    organisation: bytes
    #: Seconds since the epoch.
    at: float
    lane: str
    released: bool
    reason: str
    repeat: bool
    #: That asked about this subject without a card within the day, as far as is remembered.
    organisations: int
    #: What the account's typed checks of the day look like together (`keyring/structure.py`).
    structure: tuple[int, int, int]
    #: The subject is an invented member (`keyring/honey.py`).
    honey: bool = False


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of the ledger: its checks, and where the next one begins."""

    checks: tuple[Fact, ...]
    next: int


class Crowds:
    """Who asked about whom without a card within the last day; in memory alone."""

    def __init__(self) -> None:
        self._asked: OrderedDict[bytes, dict[bytes, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._asked)

    def count(self, subject: bytes, organisation: bytes, at: float) -> int:
        """Note one asking; return how many organisations asked about the subject in the day."""
        before = self._asked.pop(subject, {})
        asked = {each: then for each, then in before.items() if then > at - _DAY}
        asked[organisation] = at
        self._asked[subject] = asked
        while max(next(iter(self._asked.values())).values()) <= at - _DAY:
            self._asked.popitem(last=False)
        return len(asked)


class Telling:
    """Tells the watch what happened."""

    def __init__(self, reader: Reader, entries: Entries, honey: HoneyBook) -> None:
        self._reader = reader
        self._honey = honey
        self._entries = entries
        self._crowds = Crowds()

    async def since(self, position: int, now: float) -> Facts:
        """Return the checks that stand from `position` on, as many as one answer holds."""
        rows = await self._reader.page(position, _PAGE)
        return Facts(self._facts(rows, now), rows[-1][0] + 1 if rows else position)

    async def at(self, positions: Sequence[int], now: float) -> tuple[Fact, ...]:
        """Return the checks at these positions; what stands there is not counted once more."""
        rows = await self._reader.entries(positions)
        return tuple(
            self._fact(position, event, _moment(event, now), crowd=0)
            for position, event in self._checks(sorted(rows.items()))
        )

    def _facts(self, rows: Sequence[tuple[int, Entry]], now: float) -> tuple[Fact, ...]:
        return tuple(self._count(position, event, now) for position, event in self._checks(rows))

    def _checks(self, rows: Sequence[tuple[int, Entry]]) -> Iterator[tuple[int, Check]]:
        for position, row in rows:
            event = self._entries.read(row)
            if isinstance(event, Check):
                yield position, event

    def _count(self, position: int, event: Check, now: float) -> Fact:
        at, crowd = _moment(event, now), 0
        if event.lane == "typed":
            crowd = self._crowds.count(event.subject, event.organisation, at)
        return self._fact(position, event, at, crowd)

    def _fact(self, position: int, event: Check, at: float, crowd: int) -> Fact:
        return Fact(
            position,
            event.account,
            event.organisation,
            at,
            event.lane,
            event.outcome == "released",
            event.reason,
            event.repeat,
            crowd,
            event.structure,
            self._honey.holds(event.subject),
        )


def _moment(event: Check, now: float) -> float:
    return min(event.at.timestamp(), now + _AHEAD)
