"""What the watch takes for an alarm, and what it does about one (the policy's `watch` section)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec


Positive = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class Measure(StrEnum):
    """What contains an account, or the typed lane; each leaves the card lane of others alone."""

    NOTIFY = "notify"
    """Tell the officers, and nothing else."""
    SHRINK = "shrink"
    """The typed and known budgets are those of an account on probation."""
    WATCH = "watch"
    """Weighed by a campaign's lower threshold."""
    FREEZE = "freeze"
    """No typed checks."""
    CLOSE = "close"
    """Cards alone, until two officers open the rest."""
    UNREGISTER = "unregister"
    """Every device of the account is signed out."""
    LOCK = "lock"
    """The account does nothing until two officers open it; its devices are signed out."""
    LOCK_CLIENT = "lock_client"
    """The same for practice software: its key ends with it."""
    BRAKE = "brake"
    """Everybody's typed budget is that of an account on probation."""


#: What is done at an account's first alarm of a kind, its second, and so on; the last one repeats.
Ladder = Annotated[tuple[Measure, ...], msgspec.Meta(min_length=1)]


class WatchPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the watch raises an alarm, and what follows.

    Scores are log-likelihood ratios: at `threshold` the evidence for the second explanation is
    e**threshold times that for the account's own habits.
    """

    threshold: Positive
    theft: Positive
    corroborated: Positive
    numbers: Positive
    suspect: Positive
    suspects_least: Count
    suspects_times: Annotated[float, msgspec.Meta(gt=1)]
    miss_least: Share
    miss_most: Share
    miss_suspect: Share
    typed_day_least: Positive
    typed_day_most: Positive
    typed_day_suspect: Positive
    known_day_least: Positive
    known_day_most: Positive
    known_day_suspect: Positive
    suspect_times: Annotated[float, msgspec.Meta(gt=1)]
    habit_days: Positive
    unanswered_row: Count
    row_misses: Count
    pressed_row: Count
    row_minutes: Positive
    heavy_day: Count
    heavy_days: Annotated[int, msgspec.Meta(ge=1, le=7)]
    subject_organisations: Count
    campaign_alarms: Count
    campaign_minutes: Positive
    campaign_hours: Positive
    campaign_threshold: Positive
    campaign_recent_hours: Positive
    surge_least: Count
    surge_most: Annotated[float, msgspec.Meta(ge=1)]
    wary_hours: Positive
    shrink_hours: Positive
    freeze_hours: Positive
    brake_hours: Positive
    escalate_days: Positive
    on_sweep: Ladder
    on_misses: Ladder
    on_together: Ladder
    on_card_misses: Ladder
    on_pressed: Ladder
    on_typed_rate: Ladder
    on_known_rate: Ladder
    on_share: Ladder
    on_heavy_days: Ladder
    on_regular: Ladder
    on_subject: Ladder
    on_honey: Ladder
    on_accomplice: Ladder
    on_organisation: Ladder
    on_surge: Ladder
    on_suspects: Ladder
    on_campaign: Ladder
