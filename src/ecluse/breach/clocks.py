"""The clocks that an incident starts: who must tell whom by when, by which text (pure).

Hours are consecutive, nights, weekends and changes of the clock included: a deadline is an instant,
and only its display has a time zone. Regulation (EEC, Euratom) No 1182/71 leaves out the hour of
the event and may lengthen a period of two days or more; neither is used here, so each instant is
the earliest that a text can mean.
"""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec


PARIS = ZoneInfo("Europe/Paris")

CONTROLLER_HOURS = 72
CLASSIFIED_HOURS = 4
AWARE_HOURS = 24
INTERMEDIATE_HOURS = 72


class Duty(StrEnum):
    """What is to be done."""

    TELL_CONTROLLERS = "tell_controllers"
    """The operator tells each insurer without undue delay: GDPR, art. 33(2)."""
    TELL_AUTHORITY = "tell_authority"
    """An insurer tells CNIL within 72 hours of becoming aware: GDPR, art. 33(1)."""
    TELL_PERSONS = "tell_persons"
    """An insurer tells the persons without undue delay, at high risk: GDPR, art. 34(1)."""
    DORA_INITIAL = "dora_initial"
    """4 hours after classification as major, 24 after awareness: Reg. (EU) 2025/301, art. 5."""
    DORA_INTERMEDIATE = "dora_intermediate"
    """72 hours after the initial notification."""
    DORA_FINAL = "dora_final"
    """One month after the intermediate report."""


class Clock(msgspec.Struct, frozen=True):
    """One duty's clock."""

    duty: Duty
    #: From which the text counts; None: that has not happened yet.
    since: datetime | None
    #: None: "without undue delay", or it does not run yet.
    due: datetime | None
    #: Names of what is taken for granted in it.
    assumes: tuple[str, ...] = ()

    def left(self, now: datetime) -> timedelta | None:
        """Return how long is left at `now`, negative when it is late; None without a date."""
        return None if self.due is None else self.due - now


class Moments(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of when; each with its time zone."""

    #: The operator came to know.
    discovered: datetime
    #: The insurer's notice was put out for it.
    sent: datetime | None = None
    #: Its staff fetched it.
    fetched: datetime | None = None
    #: As the insurer says: it classified the incident as major under DORA, and reported.
    classified: datetime | None = None
    initial: datetime | None = None
    intermediate: datetime | None = None


def clocks(moments: Moments, *, dora: bool = True) -> tuple[Clock, ...]:
    """Return an insurer's clocks, and the operator's own towards it.

    Args:
        moments: What is known.
        dora: Whether the insurer is a financial entity under DORA (Regulation (EU) 2022/2554);
            assumed of every insurer that does not say otherwise.
    """
    # A controller is aware once its processor told it (EDPB, guidelines 9/2022, 44). A notice put
    # out and not fetched may count: the earlier moment is taken.
    aware = moments.sent or moments.fetched
    awareness = ("aware_when_sent",) if moments.sent is not None else ()
    found = [
        Clock(Duty.TELL_CONTROLLERS, moments.discovered, None),
        Clock(Duty.TELL_AUTHORITY, aware, _later(aware, CONTROLLER_HOURS), awareness),
        Clock(Duty.TELL_PERSONS, aware, None, awareness),
    ]
    if dora:
        found += _dora(moments, aware, (*awareness, "dora_applies"))
    return tuple(found)


def _dora(moments: Moments, aware: datetime | None, assumes: tuple[str, ...]) -> tuple[Clock, ...]:
    latest = [
        due
        for due in (
            _later(moments.classified, CLASSIFIED_HOURS),
            _later(aware, AWARE_HOURS),
        )
        if due is not None
    ]
    initial = min(latest, default=None)
    return (
        Clock(Duty.DORA_INITIAL, moments.classified or aware, initial, assumes),
        Clock(
            Duty.DORA_INTERMEDIATE,
            moments.initial,
            _later(moments.initial, INTERMEDIATE_HOURS),
            assumes,
        ),
        Clock(
            Duty.DORA_FINAL,
            moments.intermediate,
            None if moments.intermediate is None else a_month_later(moments.intermediate),
            assumes,
        ),
    )


def a_month_later(moment: datetime) -> datetime:
    """Return the same wall-clock time in Paris on the same day of the next month, or its last day."""
    there = moment.astimezone(PARIS)
    year, month = there.year + there.month // 12, there.month % 12 + 1
    day = min(there.day, calendar.monthrange(year, month)[1])
    return there.replace(year=year, month=month, day=day).astimezone(moment.tzinfo)


def _later(moment: datetime | None, hours: int) -> datetime | None:
    """Return the instant so many consecutive hours later, whatever the moment's own zone does."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment.timestamp() + hours * 3600, moment.tzinfo)
