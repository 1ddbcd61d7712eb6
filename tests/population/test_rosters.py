"""Every row follows the roster's conventions, and names one person of the nation."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from ecluse.cards.code import decode
from ecluse.cover.package import parse_packages
from ecluse.ids import birth, nir
from ecluse.ids.subject import parse_rank, person_identifier
from ecluse.population.delta import write_deltas
from ecluse.population.generate import generate
from ecluse.population.nation import Nation


if TYPE_CHECKING:
    from pathlib import Path

    from population.conftest import Written


PERSON = ("nir", "birth_date", "birth_rank")
HEADER = "member_ref,nir,birth_date,birth_rank,card,package,valid_from,valid_to,priority"


def test_every_roster_begins_with_the_header_that_feeds_expect(written: Written) -> None:
    for folder in written.insurer_folders():
        with (folder / "roster.csv").open(encoding="utf-8", newline="") as roster:
            assert roster.readline() == HEADER + "\n"


def test_every_row_is_accepted_by_the_readers_of_identifiers_and_cards(written: Written) -> None:
    for row in written.rosters.select(*PERSON, "card").iter_rows():
        number, birth_date, rank, card = row
        person = person_identifier(nir.parse(number), birth.parse(birth_date), parse_rank(rank))
        assert person.decode() == f"{number[:13]}{birth_date}{rank}"
        assert len(decode(card)) == 16


def test_every_person_is_named_once_as_first_payer(written: Written) -> None:
    first = written.rosters.filter(priority="1")
    assert first.height == written.nation.members
    assert first.select(*PERSON).is_duplicated().sum() == 0


def test_a_second_cover_is_the_same_person_at_another_insurer_with_a_card_of_its_own(
    written: Written,
) -> None:
    first = written.rosters.filter(priority="1")
    second = written.rosters.filter(priority="2")
    assert 0.025 < second.height / written.nation.members < 0.035
    both = second.join(first, on=PERSON, suffix="_first")
    assert both.height == second.height
    assert both.filter(pl.col("amc") == pl.col("amc_first")).is_empty()
    assert both.filter(pl.col("card") == pl.col("card_first")).is_empty()
    assert set(written.rosters["priority"]) == {"1", "2"}


def test_no_insurer_has_a_person_or_a_member_number_twice(written: Written) -> None:
    assert written.rosters.select("amc", *PERSON).is_duplicated().sum() == 0
    assert written.rosters.select("amc", "member_ref").is_duplicated().sum() == 0
    assert written.rosters.filter(~pl.col("member_ref").str.contains(r"^[!-~]{1,35}$")).is_empty()


def test_every_card_is_different(written: Written) -> None:
    assert written.rosters["card"].n_unique() == written.rosters.height


def test_every_package_stands_in_the_file_beside_the_roster(written: Written) -> None:
    for folder in written.insurer_folders():
        offered = {
            package.code for package in parse_packages((folder / "packages.json").read_bytes())
        }
        held = set(written.rosters.filter(amc=folder.name)["package"])
        assert held <= offered
        assert len(held) > 1


def test_periods_are_whole_and_lie_around_today(written: Written) -> None:
    today = written.nation.today
    periods = written.rosters.select(
        pl.col("valid_from").str.to_date("%Y-%m-%d"),
        pl.col("valid_to").str.to_date("%Y-%m-%d"),
    )
    assert periods.filter(pl.col("valid_to") < pl.col("valid_from")).is_empty()
    rows = periods.height
    still_open = periods["valid_to"].null_count() / rows
    this_year = periods.filter(valid_to=date(2026, 12, 31)).height / rows
    ended = periods.filter(pl.col("valid_to") < today).height / rows
    coming = periods.filter(pl.col("valid_from") > today).height / rows
    assert 0.5 < still_open < 0.65
    assert 0.3 < this_year < 0.4
    assert 0.04 < ended < 0.08
    assert 0.02 < coming < 0.05


def test_nobody_is_covered_before_birth_or_born_after_today(written: Written) -> None:
    real = written.rosters.select(
        born=pl.col("birth_date").str.to_date("%Y%m%d", strict=False),
        covered=pl.col("valid_from").str.to_date("%Y-%m-%d"),
    ).filter(pl.col("born").is_not_null())
    assert real.filter(pl.col("covered") < pl.col("born")).is_empty()
    assert real.filter(pl.col("born") > written.nation.today).is_empty()
    assert real.filter(pl.col("covered") == pl.col("born")).height > 100


def test_nothing_of_civil_status_is_written(written: Written) -> None:
    assert [name for name in written.rosters.columns if name != "amc"] == HEADER.split(",")
    letters = written.rosters.select(
        pl.concat_str(pl.exclude("amc", "card", "package", "nir")).str.contains("[A-Za-z]")
    )
    assert not letters.to_series().any()


def test_a_delta_is_one_row_in_a_hundred_and_names_members_who_are_there(tmp_path: Path) -> None:
    nation = Nation(members=6000, insurers=2, seed=5, today=date(2026, 11, 23))
    generate(nation, tmp_path / "nation")
    rows = write_deltas(nation, tmp_path / "nation")
    assert 50 <= rows <= 70
    who = ["nir", "birth_date", "birth_rank"]
    for folder in (tmp_path / "nation" / "insurers").iterdir():
        roster = pl.read_csv(folder / "roster.csv", infer_schema=False)
        delta = pl.read_csv(folder / "delta.csv", infer_schema=False)
        known = delta.join(roster, on=who, how="semi")
        assert set(known["change"]) == {"change", "leave"}
        assert set(delta.join(roster, on=who, how="anti")["change"]) == {"join"}
        assert delta.select(who).is_duplicated().sum() == 0
        assert set(known.filter(pl.col("change") == "leave")["valid_to"]) == {"2026-11-22"}
    before = {path: path.read_bytes() for path in tmp_path.rglob("delta.csv")}
    write_deltas(nation, tmp_path / "nation")
    assert {path: path.read_bytes() for path in before} == before
