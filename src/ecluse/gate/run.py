"""One run of a gate: how far it has come in answering what it recorded (pure).

Each check's entry names the run and how far it had come by then. So the ledger tells of a run that
died which of its last answers may never have left; of all others it is sure.
"""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING

from ecluse.ledger.entry import RunMark


if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Run:
    """From a gate's start to its end."""

    def __init__(self) -> None:
        self._name = os.urandom(4)
        self._settled = 0
        self._next = 0
        #: Checks recorded and not answered yet: entry id to position.
        self._under_way: dict[bytes, int] = {}
        self._owed: set[bytes] = set()

    @property
    def mark(self) -> bytes:
        """Which run this is, and how far it has come, as entries tell it."""
        return RunMark(self._name, self._settled).pack()

    @property
    def owed(self) -> frozenset[bytes]:
        """Ids of entries that are answered by nothing, and of which the ledger does not say so."""
        return frozenset(self._owed)

    def begin(self, first: int, entries: Sequence[bytes]) -> None:
        """Note that checks were recorded, from position `first` on; their answers are under way."""
        self._under_way.update(zip(entries, count(first)))
        self._next = max(self._next, first + len(entries))

    def answered(self, entries: Iterable[bytes]) -> None:
        """Note that these checks were answered, or withheld with an entry."""
        for entry in entries:
            self._under_way.pop(entry, None)
        self._advance()

    def owe(self, entries: Iterable[bytes]) -> None:
        """Note checks that may be recorded as released and will not be answered.

        Until the ledger says so, nothing more counts as settled.
        """
        self._owed.update(entries)

    def repaid(self, entries: Iterable[bytes]) -> None:
        """Note that the ledger tells of these entries that they were withheld."""
        done = set(entries)
        self._owed -= done
        self.answered(done)

    def _advance(self) -> None:
        if not self._owed:
            self._settled = min(self._under_way.values(), default=self._next)
