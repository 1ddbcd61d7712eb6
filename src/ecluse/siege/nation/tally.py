"""What honest professionals met: how many were locked or refused, and by what."""

from __future__ import annotations

from collections import Counter

import msgspec

from ecluse.gate.state import Reason
from ecluse.policy.watch import Measure
from ecluse.watch.alarm import Kind


class Tally(msgspec.Struct):
    """Counts that add up: of days, and of regions."""

    checks: Counter[str] = msgspec.field(default_factory=Counter)
    """By lane."""
    proved: int = 0
    """Card checks that a phone proved."""
    presence_refused: Counter[Reason] = msgspec.field(default_factory=Counter)
    """Of these, refused although the card counts, by reason."""
    refused_by: Counter[Reason] = msgspec.field(default_factory=Counter)
    """Refused although the person is on file and the asker has a right to ask, by reason."""
    refused_for: Counter[Kind] = msgspec.field(default_factory=Counter)
    """Of these, the ones for what the watch had taken, by the alarm that it took it for."""
    alarms: Counter[Kind] = msgspec.field(default_factory=Counter)
    measures: Counter[Measure] = msgspec.field(default_factory=Counter)
    locks: Counter[Kind] = msgspec.field(default_factory=Counter)
    """Accounts locked, each time that one was, by the alarm that locked it."""
    alarms_by_trade: Counter[str] = msgspec.field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add what another one counted."""
        for field in self.__struct_fields__:
            setattr(self, field, getattr(self, field) + getattr(other, field))
