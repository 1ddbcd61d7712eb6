from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecluse.cover.family import CareFamily
from ecluse.cover.package import parse_packages
from ecluse.ids import amc
from ecluse.population.packages import published


if TYPE_CHECKING:
    from population.conftest import Written


def test_the_list_of_insurers_tells_the_rows_of_each_roster(written: Written) -> None:
    listed = json.loads((written.folder / "insurers.json").read_text(encoding="utf-8"))
    rows = dict(written.rosters["amc"].value_counts().iter_rows())
    assert {insurer["amc"]: insurer["rows"] for insurer in listed} == rows
    assert sum(rows.values()) == written.summary.rows == written.rosters.height
    assert len(listed) == written.nation.insurers


def test_insurers_have_valid_numbers_and_names_of_their_own(written: Written) -> None:
    listed = json.loads((written.folder / "insurers.json").read_text(encoding="utf-8"))
    assert [amc.parse(insurer["amc"]) for insurer in listed] == [each["amc"] for each in listed]
    assert len({insurer["name"] for insurer in listed}) == len(listed)


def test_sizes_follow_zipfs_law(written: Written) -> None:
    listed = json.loads((written.folder / "insurers.json").read_text(encoding="utf-8"))
    sizes = [insurer["rows"] for insurer in listed]
    assert 1.7 < sizes[0] / sizes[1] < 2.3
    assert 7 < sizes[0] / sizes[8] < 11


def test_every_insurer_offers_8_to_40_packages_and_some_leave_families_out(
    written: Written,
) -> None:
    everything: set[frozenset[CareFamily]] = set()
    for folder in written.insurer_folders():
        offered = parse_packages((folder / "packages.json").read_bytes())
        assert 8 <= len(offered) <= 40
        assert {"JORF-SOCLE", "JORF-A", "JORF-B"} <= {package.code for package in offered}
        everything |= {frozenset(package.families) for package in offered}
    assert frozenset(CareFamily) in everything
    left_out = {CareFamily.OPTICS, CareFamily.DENTAL, CareFamily.HEARING}
    assert any(left_out.isdisjoint(families) for families in everything)


def test_the_published_package_says_what_the_journal_officiel_says() -> None:
    base, _, option_b = published()
    hospital = {line.act_en: line for line in base.families[CareFamily.HOSPITAL]}
    assert hospital["Fees, OPTAM practitioner"].basis == "150% BR"
    assert hospital["Private room, short stay and maternity"].basis == "50 EUR/night"
    assert hospital["Daily hospital charge"].act_fr == "Forfait journalier hospitalier"
    assert len(hospital) == 11
    everyday = {line.act_en: line.basis for line in option_b.families[CareFamily.EVERYDAY]}
    assert everyday["Mammography, OPTAM"] == "250% BR"
    assert everyday["GP, OPTAM"] == "100% BR"  # the option is silent: the base pays
    assert len(everyday) == 10
