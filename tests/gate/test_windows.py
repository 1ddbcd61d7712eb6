"""Sliding windows against a plain list of what happened when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ecluse.gate.windows import DAY, HOUR, Recent, Ring


if TYPE_CHECKING:
    from collections.abc import Iterable


TOKENS = [b"a", b"b", b"c", b"d", b"e"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(TOKENS),
        st.sampled_from([0.0, 1.0, 600.0, HOUR - 1, HOUR, 5 * HOUR, DAY - HOUR, DAY - 1, DAY]),
    ),
    max_size=40,
)


def times(steps: Iterable[tuple[bytes, float]]) -> list[tuple[bytes, float]]:
    """Each token with the moment it is asked at; waits come before."""
    now, placed = 1_800_000_123.0, []
    for token, wait in steps:
        now += wait
        placed.append((token, now))
    return placed


@given(STEPS, st.sampled_from([HOUR, 2 * HOUR, DAY]))
def test_recent_knows_exactly_the_tokens_of_the_window(
    steps: list[tuple[bytes, float]], window: float
) -> None:
    recent = Recent()
    asked: list[tuple[bytes, float]] = []
    for token, now in times(steps):
        before = {each for each, at in asked if at > now - window}
        assert set(recent.within(window, now)) == before
        assert recent.count(window, now) == len(before)
        assert recent.holds(token, window, now) == (token in before)
        recent = recent.ask(token, now)
        asked.append((token, now))
        assert recent.holds(token, window, now)


@given(STEPS, st.integers(0, 3), st.sampled_from([HOUR, DAY]))
def test_asking_only_what_recent_allows_keeps_every_window_within_the_cap(
    steps: list[tuple[bytes, float]], cap: int, window: float
) -> None:
    recent = Recent()
    asked: list[tuple[bytes, float]] = []
    for token, now in times(steps):
        if recent.allows(token, cap, window, now):
            recent = recent.ask(token, now)
            asked.append((token, now))
            assert len({each for each, at in asked if at > now - window}) <= cap


@given(STEPS)
def test_recent_keeps_no_token_beyond_its_day(steps: list[tuple[bytes, float]]) -> None:
    recent = Recent()
    for token, now in times(steps):
        recent = recent.ask(token, now)
        assert all(at > now - DAY for at in recent.asked.values())


@given(STEPS)
def test_a_ring_counts_every_day_that_ends_now_and_nothing_older_than_25_hours(
    steps: list[tuple[bytes, float]],
) -> None:
    ring, added = Ring(), []
    for _, now in times(steps):
        ring = ring.add(1, now)
        added.append(now)
        within = sum(at > now - DAY for at in added)
        assert within <= ring.total(now) <= sum(at > now - DAY - HOUR for at in added)
        assert len(ring.hours) <= 25


@given(STEPS)
def test_a_ring_that_follows_repeats_counts_each_token_at_its_latest_asking(
    steps: list[tuple[bytes, float]],
) -> None:
    ring = Ring()
    latest: dict[bytes, float] = {}
    asked: list[float] = []
    for token, now in times(steps):
        then = latest.get(token)
        known = then is not None and then > now - DAY
        ring = ring.move(then, now) if then is not None and known else ring.add(1, now)
        latest[token] = now
        asked.append(now)
        distinct = sum(at > now - DAY for at in latest.values())
        assert distinct <= ring.total(now) <= sum(at > now - DAY - HOUR for at in asked)


def test_moving_what_was_never_counted_counts_it_now() -> None:
    moved = Ring().move(then=10 * HOUR, now=12 * HOUR)
    assert moved.total(12 * HOUR) == 1


def test_moving_within_the_hour_changes_nothing() -> None:
    ring = Ring().add(2, 10 * HOUR)
    assert ring.move(10 * HOUR, 11 * HOUR - 1) == ring


@given(STEPS)
def test_both_come_back_from_the_database_as_they_were(steps: list[tuple[bytes, float]]) -> None:
    recent, ring = Recent(), Ring()
    for token, now in times(steps):
        recent, ring = recent.ask(token, now), ring.add(1, now)
    encode, decode = msgspec.msgpack.encode, msgspec.msgpack.decode
    assert decode(encode(recent), type=Recent) == recent
    assert decode(encode(ring), type=Ring) == ring
