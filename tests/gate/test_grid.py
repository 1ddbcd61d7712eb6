"""Refusals leave on a grid that began when the request came in."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.gate.grid import release_time, wait_for_grid


@given(st.floats(0, 1e6), st.floats(0, 10), st.sampled_from([0.001, 0.05, 0.3, 1.0]))
def test_a_refusal_leaves_at_the_next_point_and_never_at_the_first(
    arrived: float, took: float, grid: float
) -> None:
    now = arrived + took
    leaves = release_time(arrived, now, grid)
    points = (leaves - arrived) / grid
    assert points == pytest.approx(round(points), abs=1e-4)
    assert points >= 1 - 1e-4
    assert now - 1e-6 <= leaves <= max(now, arrived) + grid + 1e-6


@given(st.floats(0, 1e6), st.floats(0, 0.0499), st.floats(0, 0.0499))
def test_two_refusals_of_one_step_take_the_same_time(
    arrived: float, took: float, other: float
) -> None:
    assert release_time(arrived, arrived + took, 0.05) == release_time(
        arrived, arrived + other, 0.05
    )


@pytest.mark.anyio
async def test_waiting_ends_on_the_grid_and_not_before() -> None:
    loop = asyncio.get_running_loop()
    arrived = loop.time() - 0.005
    await wait_for_grid(arrived, 0.02)
    assert loop.time() >= arrived + 0.02


@pytest.mark.anyio
async def test_an_asker_who_leaves_while_waiting_leaves_nothing_behind() -> None:
    loop = asyncio.get_running_loop()
    complaints: list[object] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    waiting = asyncio.create_task(wait_for_grid(loop.time(), 0.01))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0.03)
    assert waiting.cancelled()
    assert complaints == []
