"""The nation looks like one: ages, places, families, and the odd papers that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.ids import nir
from ecluse.population import sources
from ecluse.population.families import People
from ecluse.population.nation import PopulationError
from ecluse.population.numbers import Dates, identities
from ecluse.population.places import Places


if TYPE_CHECKING:
    from population.conftest import Written


@pytest.fixture(scope="module")
def people(written: Written) -> pl.DataFrame:
    """One row a person: number taken apart, year printed, family size, age where a date is real."""
    return (
        written.rosters.filter(priority="1")
        .with_columns(
            first=pl.col("nir").str.slice(0, 1),
            year=pl.col("birth_date").str.slice(0, 4).cast(pl.Int32),
            place=pl.col("nir").str.slice(5, 5),
            born=pl.col("birth_date").str.to_date("%Y%m%d", strict=False),
        )
        .with_columns(
            own=(pl.col("nir").str.slice(1, 2) == pl.col("birth_date").str.slice(2, 2)),
            age=(pl.lit(written.nation.today) - pl.col("born")).dt.total_days() / 365.25,
            family_size=pl.len().over("nir"),
        )
    )


def _share(frame: pl.DataFrame, *conditions: pl.Expr) -> float:
    return frame.filter(*conditions).height / frame.height


def test_the_age_pyramid_is_plausible(people: pl.DataFrame) -> None:
    assert 0.17 < _share(people, pl.col("age") < 18) < 0.26
    assert 0.50 < _share(people, pl.col("age").is_between(18, 65)) < 0.63
    assert 0.16 < _share(people, pl.col("age") >= 65) < 0.26
    assert 0.0005 < _share(people, pl.col("age") >= 95) < 0.01
    youngest, oldest = people["age"].min(), people["age"].max()
    assert isinstance(youngest, float)
    assert isinstance(oldest, float)
    assert 0 <= youngest < 1
    assert 95 < oldest < 106


def test_families_share_the_policy_holders_number(people: pl.DataFrame) -> None:
    shared = people.filter(pl.col("family_size") > 1)
    assert 0.2 < shared.height / people.height < 0.5
    assert people["family_size"].max() in {4, 5, 6}
    others = shared.filter(~pl.col("own"))
    assert _share(others, pl.col("age") < 18) > 0.85
    assert others.filter(pl.col("age") > 22).height > 100  # spouses


def test_twins_share_number_and_date_and_differ_in_rank(people: pl.DataFrame) -> None:
    twins = people.filter(pl.len().over("nir", "birth_date") > 1)
    ranks = twins.group_by("nir", "birth_date").agg(pl.col("birth_rank").sort())
    assert ranks.height > 20
    assert {tuple(rank) for rank in ranks["birth_rank"]} <= {("1", "2"), ("1", "2", "3")}
    alone = people.filter(pl.col("family_size") == 1)
    assert 0.004 < _share(alone, pl.col("birth_rank") == "2") < 0.012


def test_communes_weigh_what_they_have_inhabitants(people: pl.DataFrame) -> None:
    in_france = people.filter(~pl.col("place").str.contains("^(99|9[1-6]35)"))
    inhabitants = {
        row["insee_code"]: int(row["population"]) for row in sources.rows("communes.csv")
    }
    total = sum(inhabitants.values())
    for prefix in ("751", "132", "6938", "31555", "59", "97"):
        there = sum(number for code, number in inhabitants.items() if code.startswith(prefix))
        expected = there / total
        assert _share(in_france, pl.col("place").str.starts_with(prefix)) == pytest.approx(
            expected, rel=0.2
        )
    assert in_france.filter(pl.col("place").is_in(["75056", "13055", "69123"])).is_empty()
    assert in_france["place"].n_unique() > 5000


def test_corsica_is_2a_or_2b_from_1976_and_20_before(people: pl.DataFrame) -> None:
    policy_holders = people.filter(pl.col("own"))
    department = pl.col("place").str.slice(0, 2)
    split = policy_holders.filter(department.is_in(["2A", "2B"]))
    before = policy_holders.filter(department == "20")
    assert split.height > 50
    assert before.height > 50
    assert split.filter(pl.col("year") < 1976).is_empty()
    assert before.filter(pl.col("year") >= 1976).is_empty()


def test_some_are_born_abroad_and_in_departments_of_before_independence(
    people: pl.DataFrame,
) -> None:
    holders = people.filter(pl.col("family_size") == 1)
    abroad = pl.col("place").str.starts_with("99")
    departments = pl.col("place").is_in(["92352", "95350", "96351"])
    assert 0.10 < _share(holders, abroad | departments) < 0.16
    assert holders.filter(departments).height > 50
    assert holders.filter(departments, pl.col("year") >= 1962).is_empty()
    assert holders.filter(pl.col("place") == "99352", pl.col("year") < 1962).is_empty()


def test_provisional_numbers_belong_to_people_born_abroad(people: pl.DataFrame) -> None:
    provisional = people.filter(pl.col("first").is_in(["3", "4"]))
    assert provisional.height > 50
    assert all(nir.is_provisional(number[:13]) for number in provisional["nir"])
    assert provisional.filter(~pl.col("place").str.contains("^(99|9[256]35)")).is_empty()


def test_some_older_people_born_abroad_have_a_date_that_no_calendar_has(
    people: pl.DataFrame,
) -> None:
    impossible = people.filter(pl.col("born").is_null())
    assert 30 < impossible.height < people.height * 0.01
    assert impossible.filter(pl.col("year") >= 1970).is_empty()
    assert impossible.filter(~pl.col("place").str.contains("^(99|9[256]35)")).is_empty()
    endings = set(impossible["birth_date"].str.slice(4))
    assert {"0000", "0231"} <= endings
    assert any(ending.endswith("00") and ending != "0000" for ending in endings)


def test_women_and_men_are_about_as_many(people: pl.DataFrame) -> None:
    assert 0.5 < _share(people, pl.col("first").is_in(["2", "4"])) < 0.53


def test_order_numbers_are_spread_rather_than_counted_from_one(people: pl.DataFrame) -> None:
    orders = people["nir"].str.slice(10, 3).cast(pl.Int32)
    assert orders.min() == 1
    assert orders.n_unique() > 700
    assert (orders == 1).sum() < people.height * 0.02


def _one_place() -> Places:
    return Places(
        codes=np.array(["2B033", "99352"], dtype="S5"),
        values=np.array([18033, 99352]),
        orders=np.array([60, 999]),
        earlier=np.array([0, 1]),
        earlier_until=np.array([0, 0]),
        communes=np.array([1.0]),
        countries=np.array([1.0]),
    )


def _all_born_on(*days: str) -> People:
    born = np.array(days, dtype="datetime64[D]").astype(np.int32)
    count = len(born)
    return People(
        family=np.arange(count, dtype=np.int32),
        slot=np.zeros(count, dtype=np.uint8),
        born=born,
        rank=np.ones(count, dtype=np.uint8),
    )


def test_numbers_stay_unique_where_two_centuries_share_a_year() -> None:
    everybody = _all_born_on(*["1925-05-02"] * 800, *["2025-05-02"] * 800)
    printed = identities(np.random.default_rng(1), everybody, _one_place())
    assert len(set(printed.nir)) == 1600
    assert {nir.parse(number.decode())[1:3] for number in printed.nir} == {"25"}


def test_it_refuses_more_births_in_a_month_than_there_are_order_numbers() -> None:
    everybody = _all_born_on(*["1980-05-02"] * 3000)
    with pytest.raises(PopulationError, match="order numbers run out"):
        identities(np.random.default_rng(1), everybody, _one_place())


@given(st.lists(st.dates(), min_size=1, max_size=20))
def test_days_are_taken_apart_as_the_calendar_does(days: list[object]) -> None:
    born = np.array(days, dtype="datetime64[D]").astype(np.int32)
    dates = Dates.of(born)
    apart = zip(dates.year.tolist(), dates.month.tolist(), dates.day.tolist(), strict=True)
    assert [f"{year:04d}-{month:02d}-{day:02d}" for year, month, day in apart] == [
        str(day) for day in days
    ]
