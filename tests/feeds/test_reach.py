"""For every date of care the latest full feed that speaks about it answers, with what came after."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ecluse.feeds.reach import CLAIMS_WINDOW, Standing, Stretch, reach


TODAY = date(2026, 11, 23)
days = st.integers(-900, 400).map(lambda ahead: TODAY + timedelta(days=ahead))
spans = st.tuples(days, st.none() | st.integers(0, 700)).map(
    lambda span: (span[0], None if span[1] is None else span[0] + timedelta(days=span[1]))
)
histories = st.lists(st.tuples(st.booleans(), spans), max_size=8).map(
    lambda feeds: [Standing(place + 1, full, *span) for place, (full, span) in enumerate(feeds)]
)


def answering(feeds: list[Standing], day: date) -> set[int]:
    """Say it as an insurer would: which feeds answer for a day of care."""
    fulls = [feed for feed in feeds if feed.full and feed.period_from <= day]
    if not fulls:
        return set()
    base = max(fulls)
    found = {base, *(feed for feed in feeds if not feed.full and feed.feed > base.feed)}
    return {feed.feed for feed in found if feed.period_to is None or day <= feed.period_to}


@given(histories, days)
def test_each_date_gets_the_latest_full_feed_and_the_deltas_after_it(
    feeds: list[Standing], day: date
) -> None:
    found = {feed for feed, stretch in reach(feeds, TODAY).items() if stretch.holds(day)}
    if day >= TODAY - CLAIMS_WINDOW:
        assert found == answering(feeds, day)
    assert found <= answering(feeds, day)


@given(histories)
def test_a_feed_that_no_date_can_reach_any_more_is_left_out(feeds: list[Standing]) -> None:
    reached = reach(feeds, TODAY)
    for feed, stretch in reached.items():
        assert feed in answering(feeds, max(stretch.first, TODAY - CLAIMS_WINDOW))


def test_a_full_feed_for_the_same_period_leaves_nothing_to_those_before() -> None:
    start = date(2026, 1, 1)
    feeds = [
        Standing(1, True, start, None),
        Standing(2, False, start, None),
        Standing(3, True, start, None),
    ]
    assert reach(feeds, TODAY) == {3: Stretch(start, None)}


def test_a_feed_for_the_second_half_leaves_the_first_half_to_the_one_before() -> None:
    january, july = date(2026, 1, 1), date(2026, 7, 1)
    feeds = [
        Standing(1, True, january, None),
        Standing(2, False, january, None),
        Standing(4, True, july, None),
        Standing(5, False, july, None),
    ]
    assert reach(feeds, TODAY) == {
        1: Stretch(january, july),
        2: Stretch(january, july),
        4: Stretch(july, None),
        5: Stretch(january, None),  # a change made late still changes what stood then
    }
    much_later = july + CLAIMS_WINDOW
    assert reach(feeds, much_later).keys() == {4, 5}
