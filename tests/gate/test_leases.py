"""Blocks of the shared caps: any number of gates together never hold more than the cap."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.gate.leases import Leases, grant, needs
from ecluse.gate.state import PLATFORM
from ecluse.gate.windows import DAY, HOUR, Ring
from ecluse.policy import policy
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.store.database import Database


NOW = 1_800_000_000.0
CAPS = msgspec.structs.replace(
    policy.read()[0].typed, region_profession_day=7, platform_day=10, lease_block=3
)


@given(
    st.integers(0, 12),
    st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from([0.0, 60.0, HOUR, 5 * HOUR, DAY - HOUR, DAY])),
        max_size=30,
    ),
)
def test_no_24_hours_are_granted_more_than_the_cap(
    cap: int, takes: list[tuple[int, float]]
) -> None:
    ring, now, granted = Ring(), NOW, []
    for block, wait in takes:
        now += wait
        ring, size = grant(ring, block, cap, now)
        assert 0 <= size <= block
        granted.append((now, size))
        # A block serves until its hour ends: it counts for any window that touches that hour.
        touched = [given for at, given in granted if at // HOUR >= (now - DAY) // HOUR]
        assert sum(touched) <= cap


def test_a_cap_lowered_by_a_new_policy_grants_nothing_and_takes_nothing_back() -> None:
    ring, _ = grant(Ring(), 5, cap=10, now=NOW)
    assert grant(ring, 5, cap=3, now=NOW) == (ring, 0)


def test_a_batch_may_draw_one_from_its_region_and_one_from_the_platform_for_each_check() -> None:
    assert needs(["region/a", "region/b", "region/a"]) == {
        "region/a": 2,
        "region/b": 1,
        PLATFORM: 3,
    }


@pytest.mark.anyio
async def test_gates_that_race_for_the_last_block_share_the_cap(database: Database) -> None:
    gates = [Leases(CAPS) for _ in range(6)]
    connections = [await database.connect(Role.GATE) for _ in gates]
    wanted = {"region/race": 2, PLATFORM: 2}
    held = await asyncio.gather(
        *(
            gate.cover(connection, wanted, NOW)
            for gate, connection in zip(gates, connections, strict=True)
        )
    )
    assert sum(each["region/race"] for each in held) == CAPS.region_profession_day
    assert sum(each[PLATFORM] for each in held) == CAPS.platform_day
    for connection in connections:
        await connection.close()


@pytest.mark.anyio
async def test_a_block_is_used_up_within_its_hour_and_void_after_it(database: Database) -> None:
    connection = await database.connect(Role.GATE)
    gate = Leases(CAPS)
    assert await gate.cover(connection, {"region/hour": 1}, NOW) == {"region/hour": 3}
    gate.spent({"region/hour": 1})
    assert await gate.cover(connection, {"region/hour": 1}, NOW + 60) == {"region/hour": 1}
    assert await gate.cover(connection, {"region/hour": 1}, NOW + HOUR) == {"region/hour": 3}
    assert await gate.cover(connection, {"region/hour": 9}, NOW + HOUR) == {"region/hour": 4}
    await connection.close()
