"""What neighbours are told, and what follows from what they tell (the policy's `exchange` section)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ecluse.policy.watch import Count, Measure, Positive


class Shared(StrEnum):
    """Alarms that operators tell each other: an account is used as a thief would use it."""

    SWEEP = "sweep"
    MISSES = "misses"
    PRESSED = "pressed"
    TYPED_RATE = "typed_rate"
    HEAVY_DAYS = "heavy_days"
    TOGETHER = "together"
    HONEY = "honey"
    ACCOMPLICE = "accomplice"
    CAMPAIGN = "campaign"


class Following(StrEnum):
    """What a neighbour's word can bring: measures of the watch, the mildest first."""

    NOTIFY = Measure.NOTIFY.value
    WATCH = Measure.WATCH.value
    FREEZE = Measure.FREEZE.value
    CLOSE = Measure.CLOSE.value
    LOCK = Measure.LOCK.value

    @property
    def strength(self) -> int:
        """Its place in the order, from 0."""
        return list(Following).index(self)


class ExchangePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is told, and what a neighbour's alarm brings about the same professional here."""

    tell: tuple[Shared, ...]
    #: Days for which an alarm counts at a neighbour.
    tell_days: Positive
    freeze_hours: Positive
    watch_hours: Positive
    #: Accounts closed or locked, and frozen, on one neighbour's word in any hour; beyond, the
    #: next milder measure.
    closes_hour: Count
    freezes_hour: Count
    on_sweep: Following
    on_misses: Following
    on_pressed: Following
    on_typed_rate: Following
    on_heavy_days: Following
    on_together: Following
    on_honey: Following
    on_accomplice: Following
    on_campaign: Following
