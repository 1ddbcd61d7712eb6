"""Every theft of the siege, once, on a running operator with its watch."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ecluse.demo.tour import honest_day
from ecluse.siege.live import ALONE
from ecluse.siege.live.referee import play_all


if TYPE_CHECKING:
    from ecluse.siege.live.referee import Run
    from towns import Town

pytestmark = pytest.mark.attack


@pytest.fixture(scope="module")
def runs(watched: Town) -> dict[str, Run]:
    played = asyncio.run(play_all(ALONE.values(), watched.ground(), 1, lambda _: None))
    return {run.strategy: run for run in played}


@pytest.mark.parametrize("name", ALONE)
def test_a_thief_gets_no_more_than_the_bound(runs: dict[str, Run], name: str) -> None:
    assert runs[name].persons <= runs[name].bound


@pytest.mark.parametrize("name", ALONE)
def test_no_neighbour_notices(runs: dict[str, Run], name: str) -> None:
    assert (runs[name].honest_checks, runs[name].honest_harmed) == (2, 0)


def test_a_sweep_is_stopped_within_ten_checks_and_a_minute(runs: dict[str, Run]) -> None:
    sweep = runs["fast_sweep"]
    assert sweep.contained_checks is not None
    assert sweep.contained_s is not None
    assert sweep.contained_checks <= 10
    assert sweep.contained_s <= 60


@pytest.mark.parametrize("name", ["leaked_list", "willing_clerk", "known_patients"])
def test_a_list_without_a_miss_is_seen(runs: dict[str, Run], name: str) -> None:
    assert runs[name].first_alarm_s is not None
    assert runs[name].first_alarm_why


NOBODY = [
    "relayed_login",
    "borrowed_assertion",
    "stolen_session",
    "captured_pipe",
    "silent_malware",
    "diverted_gesture",
    "dumped_database",
    "captured_gate_unlogged",
    "keyring_operator",
    "dishonest_insurer",
]


@pytest.mark.parametrize("name", NOBODY)
def test_who_holds_no_card_and_no_gesture_gets_nobody(runs: dict[str, Run], name: str) -> None:
    assert (runs[name].bound, runs[name].persons) == (0, 0)


@pytest.mark.parametrize("name", ["captured_pages", "captured_gate", "database_administrator"])
def test_what_remains_to_those_inside_is_tried_and_counted(runs: dict[str, Run], name: str) -> None:
    assert runs[name].persons > 0
    assert runs[name].remains


def test_a_dump_is_tried_with_the_identity_of_everybody_on_file(runs: dict[str, Run]) -> None:
    assert runs["dumped_database"].guesses > 100_000


def test_the_tour_s_honest_day_is_answered_right_under_the_watch(watched: Town) -> None:
    async def day() -> bool:
        async with watched.scene() as scene:
            return (await honest_day(scene, checks=30)).right

    assert asyncio.run(day())
