"""The meter against a list of everything that was ever let through."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecluse.keyring.meter import DAY, HOUR, Meter, reserve, reserved


TOKENS = [bytes([number]) for number in range(6)]
WAITS = [0.0, 1.0, HOUR, DAY - HOUR, DAY - 1, DAY, -HOUR]
STEPS = st.lists(st.tuples(st.sampled_from(TOKENS), st.sampled_from(WAITS)), max_size=40)


@given(st.integers(0, 4), STEPS)
def test_no_window_holds_more_distinct_tokens_than_the_limit(
    limit: int, steps: list[tuple[bytes, float]]
) -> None:
    meter, now, latest = Meter(limit), 1e9, float("-inf")
    through: list[tuple[bytes, float]] = []
    for token, wait in steps:
        now += wait
        latest = max(latest, now)
        window = {each for each, at in through if at > latest - DAY}
        assert meter.count(now) == len(window)
        admitted = meter.admit(token, now)
        assert admitted == (token in window or len(window) < limit)
        if admitted:
            through.append((token, latest))
            assert len({each for each, at in through if at > latest - DAY}) <= limit


@given(STEPS)
def test_without_a_limit_it_counts_and_lets_through(steps: list[tuple[bytes, float]]) -> None:
    meter, now = Meter(None), 1e9
    for token, wait in steps:
        now += max(0.0, wait)
        assert meter.admit(token, now)
    assert meter.count(now + DAY) == 0


@given(st.integers(0, 4), STEPS)
def test_it_tells_how_many_came_new(limit: int, steps: list[tuple[bytes, float]]) -> None:
    meter, now, fresh = Meter(limit), 1e9, 0
    for token, wait in steps:
        now += max(0.0, wait)
        before = meter.count(now)
        meter.admit(token, now)
        fresh += meter.count(now) - before
        assert meter.fresh == fresh


@given(st.integers(0, 4), STEPS)
def test_a_meter_filled_from_what_happened_goes_on_like_the_one_before(
    limit: int, steps: list[tuple[bytes, float]]
) -> None:
    before, now = Meter(limit), 1e9
    through = []
    for token, wait in steps:
        now += max(0.0, wait)
        if before.admit(token, now):
            through.append((token, now))
    after = Meter(limit)
    for token, at in through:
        after.restore(token, at)
    assert after.count(now) == before.count(now)
    for token in TOKENS:
        assert after.admit(token, now) == before.admit(token, now)


def test_restoring_goes_beyond_the_limit_and_nothing_new_does() -> None:
    meter = Meter(1)
    for token in TOKENS[:3]:
        meter.restore(token, 1e9)
    assert meter.count(1e9) == 3
    assert meter.admit(TOKENS[0], 1e9)
    assert not meter.admit(TOKENS[4], 1e9)


@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from([0.0, HOUR, 5 * HOUR, DAY, 25 * HOUR])))
)
def test_what_was_reserved_counts_for_every_day_that_its_hour_touches(
    takes: list[tuple[int, float]],
) -> None:
    hours: dict[int, int] = {}
    now, taken = 1e9, []
    for count, wait in takes:
        now += wait
        hours = reserve(hours, count, now)
        taken.append((count, now))
        within = sum(count for count, at in taken if at > now - DAY)
        assert within <= reserved(hours, now)
        assert reserved(hours, now) <= sum(n for n, at in taken if at > now - DAY - HOUR)
        assert len(hours) <= 25
