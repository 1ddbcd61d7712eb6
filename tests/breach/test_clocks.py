"""Deadlines are instants: consecutive hours, whatever the clocks on the wall do meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.breach.clocks import PARIS, Clock, Duty, Moments, a_month_later, clocks
from ecluse.breach.document import moment


SPRING = datetime(2027, 3, 28, 1, tzinfo=UTC)  # Paris goes from 2 to 3 o'clock
AUTUMN = datetime(2026, 10, 25, 1, tzinfo=UTC)  # and from 3 back to 2


def by_duty(moments: Moments, *, dora: bool = True) -> dict[Duty, Clock]:
    return {clock.duty: clock for clock in clocks(moments, dora=dora)}


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
@pytest.mark.parametrize("before", [0, 1, 30, 71])
@pytest.mark.parametrize("zone", [UTC, PARIS, timezone(timedelta(hours=4))])
def test_72_hours_are_72_hours_across_a_change_of_the_clock(
    change: datetime, before: int, zone: timezone
) -> None:
    sent = (change - timedelta(hours=before)).astimezone(zone)
    due = by_duty(Moments(discovered=sent, sent=sent))[Duty.TELL_AUTHORITY].due
    assert due is not None
    assert due.timestamp() - sent.timestamp() == 72 * 3600


def test_a_weekend_makes_them_no_longer() -> None:
    friday = datetime(2026, 11, 27, 18, tzinfo=PARIS)
    due = by_duty(Moments(discovered=friday, sent=friday))[Duty.TELL_AUTHORITY].due
    assert due == datetime(2026, 11, 30, 18, tzinfo=PARIS)


def test_no_controllers_clock_runs_before_it_was_told() -> None:
    found = by_duty(Moments(discovered=AUTUMN))
    assert all(clock.due is None for clock in found.values())
    assert found[Duty.TELL_CONTROLLERS].since == AUTUMN


def test_doras_first_notification_is_due_at_the_earlier_of_both_moments() -> None:
    sent = datetime(2026, 11, 25, tzinfo=UTC)
    classified = sent + timedelta(hours=2)
    early = by_duty(Moments(discovered=sent, sent=sent, classified=classified))
    assert early[Duty.DORA_INITIAL].due == sent + timedelta(hours=6)
    late = by_duty(Moments(discovered=sent, sent=sent, classified=sent + timedelta(hours=23)))
    assert late[Duty.DORA_INITIAL].due == sent + timedelta(hours=24)
    told = by_duty(Moments(discovered=sent, sent=sent, initial=sent, intermediate=classified))
    assert told[Duty.DORA_INTERMEDIATE].due == sent + timedelta(hours=72)
    assert told[Duty.DORA_FINAL].due == datetime(2026, 12, 25, 2, tzinfo=UTC)
    assert not any(
        duty.startswith("dora") for duty in by_duty(Moments(discovered=sent), dora=False)
    )


def test_what_is_taken_for_granted_is_said() -> None:
    found = by_duty(Moments(discovered=AUTUMN, sent=AUTUMN))
    assert found[Duty.TELL_AUTHORITY].assumes == ("aware_when_sent",)
    assert found[Duty.DORA_INITIAL].assumes == ("aware_when_sent", "dora_applies")


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001 - drawn without zone
def test_a_month_later_is_in_the_next_month_on_the_same_day_or_its_last(drawn: datetime) -> None:
    start = drawn.replace(tzinfo=PARIS)
    end = a_month_later(start)
    months = (end.year - start.year) * 12 + end.month - start.month
    assert months == 1
    assert end.day == start.day or (end + timedelta(days=1)).day == 1


def test_no_hour_is_told_twice_in_autumn() -> None:
    summer, winter = AUTUMN - timedelta(minutes=30), AUTUMN + timedelta(minutes=30)
    assert moment(summer, "fr") == "25/10/2026 à 02:30:00 (CEST)"
    assert moment(winter, "fr") == "25/10/2026 à 02:30:00 (CET)"
