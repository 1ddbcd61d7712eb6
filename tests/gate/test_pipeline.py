"""Checks that come back once they are answered keep two batches busy, never one alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecluse.gate.pipeline import FEWEST, MOST, share


@given(st.integers(2 * FEWEST, 2 * MOST), st.integers(0, 2 * MOST))
def test_batches_even_out_however_they_began(counters: int, first: int) -> None:
    under_way = min(first, counters)
    for _ in range(12):
        under_way = min(counters - under_way, share(counters - under_way, under_way))
    assert abs(2 * under_way - counters) <= 2


@given(st.integers(1, 10_000), st.integers(0, 10_000))
def test_a_batch_is_bounded_and_few_are_not_parted(waiting: int, under_way: int) -> None:
    assert FEWEST <= share(waiting, under_way) <= MOST
    assert waiting > FEWEST or share(waiting, under_way) >= waiting
