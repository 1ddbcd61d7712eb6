"""The time that budgets run on: no clock frees a budget by being set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.gate.clock import AGREEMENT, Anchor, ClocksError, anchor, gate_time


NOW = 1_800_000_000.0
#: What a float of this size cannot tell apart.
ROUNDING = 1e-6
SECONDS = st.floats(-200_000, 200_000)
LATER = st.floats(0, 200_000)


@given(LATER, SECONDS)
def test_time_stays_within_a_second_of_the_monotonic_clock(elapsed: float, jump: float) -> None:
    since = Anchor(NOW, 50.0)
    now = gate_time(since, database=NOW + elapsed + jump, last_entry=0, monotonic=50 + elapsed)
    assert abs(now - (NOW + elapsed)) <= 1 + ROUNDING


@given(LATER, SECONDS)
def test_time_never_runs_behind_the_last_entry(elapsed: float, jump: float) -> None:
    since = Anchor(NOW, 50.0)
    last = NOW + elapsed + 30
    assert gate_time(since, database=NOW + jump, last_entry=last, monotonic=50 + elapsed) == last


@given(st.floats(-0.9, 0.9))
def test_a_database_clock_that_is_right_is_followed(ahead: float) -> None:
    since = Anchor(NOW, 0.0)
    assert gate_time(since, database=NOW + 10 + ahead, last_entry=0, monotonic=10.0) == (
        pytest.approx(NOW + 10 + ahead, abs=1e-6)
    )


@given(st.floats(-AGREEMENT + ROUNDING, AGREEMENT - ROUNDING))
def test_counting_starts_where_both_clocks_have_been(apart: float) -> None:
    since = anchor(database=NOW + apart, host=NOW, monotonic=5.0)
    assert since.now <= min(NOW + 1, NOW + apart) + ROUNDING
    assert since.monotonic == 5.0


@pytest.mark.parametrize("apart", [-AGREEMENT - 1, AGREEMENT + 1, -86_400, 86_400])
def test_it_refuses_to_start_while_the_clocks_disagree(apart: float) -> None:
    with pytest.raises(ClocksError, match=f"{abs(apart):.0f} seconds apart"):
        anchor(database=NOW + apart, host=NOW, monotonic=0.0)


def test_starting_again_and_again_does_not_push_time_forward() -> None:
    """Each start may be a second fast; were the last entry part of it, the seconds would add up."""
    last_entry = NOW
    for _ in range(1000):
        since = anchor(database=NOW + 30, host=NOW, monotonic=0.0)
        last_entry = gate_time(since, database=NOW + 30, last_entry=last_entry, monotonic=0.0)
    assert last_entry <= NOW + 2
