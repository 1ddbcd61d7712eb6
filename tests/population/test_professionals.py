from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from ecluse.ids import finess, rpps
from ecluse.population import sources
from ecluse.population.professionals import luhn_digits


if TYPE_CHECKING:
    from population.conftest import Written


@pytest.fixture(scope="module")
def organisations(written: Written) -> pl.DataFrame:
    return pl.read_csv(written.folder / "organisations.csv", infer_schema=False)


@pytest.fixture(scope="module")
def professionals(written: Written) -> pl.DataFrame:
    return pl.read_csv(written.folder / "professionals.csv", infer_schema=False)


def test_every_organisation_and_professional_has_a_valid_number_of_its_own(
    organisations: pl.DataFrame, professionals: pl.DataFrame
) -> None:
    assert [finess.parse(number) for number in organisations["finess"]] == list(
        organisations["finess"]
    )
    assert [rpps.parse(number) for number in professionals["rpps"]] == list(professionals["rpps"])
    assert organisations["finess"].n_unique() == organisations.height
    assert professionals["rpps"].n_unique() == professionals.height


def test_an_organisation_has_as_many_professionals_as_it_says(
    organisations: pl.DataFrame, professionals: pl.DataFrame, written: Written
) -> None:
    working = professionals.group_by("finess", "profession").len("working")
    both = organisations.join(working, on=["finess", "profession"])
    assert both.height == organisations.height == written.summary.organisations
    assert both.filter(pl.col("professionals").cast(pl.Int64) != pl.col("working")).is_empty()
    assert professionals.height == written.summary.professionals


def test_professions_and_regions_are_known_and_mixed(organisations: pl.DataFrame) -> None:
    known = {row["code"] for row in sources.rows("professions.csv")}
    regions = {row["region"] for row in sources.rows("communes.csv")}
    assert set(organisations["profession"]) <= known
    assert {"10", "21", "26", "28", "40"} <= set(organisations["profession"])
    assert set(organisations["region"]) <= regions
    assert organisations["region"].n_unique() >= 13


def test_a_finess_number_begins_with_its_department(organisations: pl.DataFrame) -> None:
    region_of = {row["insee_code"][:2]: set[str]() for row in sources.rows("communes.csv")}
    for row in sources.rows("communes.csv"):
        region_of[row["insee_code"][:2]].add(row["region"])
    for number, region in organisations.select("finess", "region").iter_rows():
        assert region in region_of[number[:2]]


@given(st.lists(st.from_regex(r"[0-9]{10}", fullmatch=True), min_size=1, max_size=10))
def test_luhn_digits_in_bulk_equal_the_librarys(payloads: list[str]) -> None:
    rows = np.frombuffer("".join(payloads).encode(), dtype=np.uint8).reshape(len(payloads), 10)
    assert luhn_digits(rows).tobytes().decode() == "".join(map(luhn.calc_check_digit, payloads))
