"""What an account's typed checks look like together: lists and walks stand out, counters do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.ids.region import REGIONS, of_birth
from ecluse.keyring.structure import DAY, MOST, Structure, Trail, Trails, follow, look


if TYPE_CHECKING:
    from numpy.random import Generator


NOW = 1_800_000_000.0
BRITTANY = "53"
#: How many of a day's typed checks each account makes here: the most that it may.
DAYS_WORTH = 10


def person(commune: str, year: int = 80, month: int = 1, order: int = 1, sex: int = 1) -> bytes:
    return f"{sex}{year:02d}{month:02d}{commune}{order:03d}19{year:02d}{month:02d}011".encode()


def asked(persons: list[bytes], region: str = BRITTANY) -> Structure:
    trail = Trail()
    for each in persons:
        trail = follow(trail, each, each, NOW)
    return look(trail, region)


def births(rng: Generator, near: float, region: str = BRITTANY) -> list[bytes]:
    """Draw a day's persons: `near` of them born in `region`, the others anywhere in France."""
    shares = np.array([share for _, share in REGIONS.values()])
    drawn = []
    for _ in range(DAYS_WORTH):
        anywhere = rng.choice(list(REGIONS), p=shares / shares.sum())
        department = rng.choice(REGIONS[region if rng.random() < near else anywhere][0].split())
        commune = f"{department}{rng.integers(100, 500)}"[:5]
        year, month, order = rng.integers(100), rng.integers(1, 13), rng.integers(1, 900)
        drawn.append(person(commune, int(year), int(month), int(order)))
    return drawn


def test_a_sorted_list_stands_out() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        assert asked(sorted(births(rng, near=0.5))).order == 3


def test_a_list_sorted_by_birth_stands_out_whatever_the_sex() -> None:
    women_and_men = [person("35238", year, sex=1 + year % 2) for year in range(40, 50)]
    assert asked(women_and_men).order == 3
    assert asked(women_and_men[::-1]).order == 3


def test_a_walk_through_the_numbers_of_a_commune_stands_out() -> None:
    walk = [person("35238", order=order) for order in (512, 30, 871, 96, 402)]
    assert asked(walk).walk == 3
    assert asked(walk[:2]).walk == 0, "twins are no walk"


def test_a_list_of_all_france_stands_out_and_a_counter_does_not() -> None:
    rng = np.random.default_rng(3)
    lists = [asked(births(rng, near=0)).distance for _ in range(500)]
    counters = [asked(births(rng, near=0.55)) for _ in range(2000)]
    assert sum(distance == 3 for distance in lists) > 450
    assert sum(each.distance == 3 for each in counters) < 20
    assert sum(each.order == 3 for each in counters) < 20
    assert all(each.walk == 0 for each in counters)


def test_births_abroad_say_nothing_about_distance() -> None:
    assert asked([person("99350", order=order) for order in range(DAYS_WORTH)]).distance == 0


def test_a_practice_that_is_nowhere_has_no_distance() -> None:
    assert asked(births(np.random.default_rng(4), near=0), region="").distance == 0


def test_a_repeat_changes_nothing() -> None:
    family = [person("35238"), person("35238", order=2)]
    assert asked(family * 5) == asked(family) == Structure(0, 0, 0)


def test_yesterdays_are_forgotten() -> None:
    trail = Trail()
    for order in range(5):
        trail = follow(trail, person("35238", order=order), bytes([order]), NOW)
    assert look(trail, BRITTANY).walk == 3
    later = follow(trail, person("29019"), b"another", NOW + DAY)
    assert [step.cell for step in later.steps] == ["1800129019"]


@given(st.lists(st.integers(0, 99), max_size=60))
def test_a_trail_stays_small_and_holds_nobodys_number(years: list[int]) -> None:
    trail = Trail()
    for order, year in enumerate(years):
        trail = follow(trail, person("35238", year, order=order), bytes([order]), NOW)
    assert len(trail.steps) <= MOST
    assert all(len(step.cell) == 10 for step in trail.steps)


def test_each_account_is_looked_at_by_itself() -> None:
    trails = Trails()
    walk = [person("35238", order=order) for order in range(5)]
    for account, each in zip(b"abcde", walk, strict=True):
        assert trails.follow(bytes([account]), each, BRITTANY, NOW) == Structure()
    for each in walk:
        last = trails.follow(b"f", each, BRITTANY, NOW)
    assert last.walk == 3


def test_what_was_asked_least_recently_goes_first() -> None:
    trails = Trails(most=2)
    walk = [person("35238", order=order) for order in range(6)]
    for each in walk[:4]:
        trails.follow(b"a", each, BRITTANY, NOW)
    trails.follow(b"b", walk[0], BRITTANY, NOW)
    trails.follow(b"a", walk[4], BRITTANY, NOW)
    trails.follow(b"c", walk[0], BRITTANY, NOW)
    assert trails.follow(b"a", walk[5], BRITTANY, NOW).walk == 3
    assert trails.follow(b"b", walk[1], BRITTANY, NOW).walk == 0


@pytest.mark.parametrize(
    ("nir13", "region"),
    [
        ("1800135238001", "53"),
        ("180012A004001", "94"),
        ("1700120004001", "94"),
        ("1800197411001", "04"),
        ("1800199350001", None),
        ("1800198735001", None),
    ],
)
def test_a_region_of_birth_is_read_from_the_number(nir13: str, region: str | None) -> None:
    assert of_birth(nir13) == region
