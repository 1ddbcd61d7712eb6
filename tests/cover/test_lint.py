"""A package is tried against each article, and what it lacks is named."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from cover.bills import PLAIN, line
from ecluse.cli.cover import app
from ecluse.cover.family import CareFamily
from ecluse.cover.lint import lint
from ecluse.cover.package import CoverLine, CoverPackage, dump_packages
from ecluse.population.packages import packages, published


if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 3, 2)


def changed(family: str, *lines: dict[str, object], first: bool = True) -> CoverPackage:
    """Return the plain contract with lines put before those of a family, or in their place."""
    kind = CareFamily(family)
    read = msgspec.convert(lines, tuple[CoverLine, ...])
    rest = PLAIN.families[kind] if first else ()
    return replace(PLAIN, families={**PLAIN.families, kind: read + rest})


def broken(package: CoverPackage) -> set[str]:
    return {finding.article for finding in lint(package, DAY) if finding.breaks}


def test_the_plain_contract_breaks_nothing() -> None:
    assert lint(PLAIN, DAY) == []


@pytest.mark.parametrize("seed", range(5))
def test_invented_contracts_keep_to_the_articles(seed: int) -> None:
    for package in packages(np.random.default_rng(seed)):
        assert broken(package) == set()


def test_the_published_table_keeps_to_the_rule_on_overruns() -> None:
    for package in published():
        found = broken(replace(package, responsible=True))
        assert "R871-2, 2°" not in found
        assert "R871-2, 5°" in found  # no dental care was published with it


@pytest.mark.parametrize(
    ("package", "article"),
    [
        (changed("everyday", line("100% BR", "gp_visit"), first=False), "R871-2, 1°"),
        (changed("hospital", line("90% BR", "stay")), "R871-2, 1°"),
        (changed("everyday", line("231% BR", "specialist_visit", optam=False)), "R871-2, 2°"),
        (changed("everyday", line("131% BR", "specialist_visit", optam=False)), "R871-2, 2°"),
        (changed("optics", line("90% PLV", "lens", basket="full")), "R871-2, 3°"),
        (changed("optics", line("101 EUR", "frame", basket="free", amo="included")), "R871-2, 3°"),
        (changed("optics", line("321 EUR/2 years", "lens", basket="free", equipment=["a"])), "R871-2, 3°"),
        (changed("optics", line("90 EUR/2 years", "lens", basket="free", equipment=["c"])), "R871-2, 3°"),
        (changed("hearing", line("90% PLV", "hearing_aid", basket="full")), "R871-2, 4° a"),
        (changed("hearing", line("1701 EUR", "hearing_aid", basket="free", amo="included")), "R871-2, 4° b"),
        (changed("dental", line("400% BR", "dental_prosthesis")), "R871-2, 5°"),
        (changed("hospital", line("20 EUR/night", "daily_charge")), "R871-2, 6°"),
    ],
)  # fmt: skip
def test_each_article_that_is_broken_is_named(package: CoverPackage, article: str) -> None:
    assert article in broken(package)


def test_a_contract_that_is_not_responsible_is_held_to_none() -> None:
    bare = changed("hospital", line("20 EUR/night", "daily_charge"))
    assert broken(replace(bare, responsible=False)) == set()


def test_the_command_names_what_is_broken_and_fails(tmp_path: Path) -> None:
    wrong = changed("hospital", line("20 EUR/night", "daily_charge"))
    file = tmp_path / "packages.json"
    file.write_bytes(dump_packages([PLAIN, replace(wrong, code="W")]))
    ran = CliRunner().invoke(app, ["lint", str(file), "--day", "2026-03-02", "--json"])
    told = json.loads(ran.stdout)
    assert ran.exit_code == 1
    assert told["broken"] == ["W"]
    assert told["findings"][0]["article"] == "R871-2, 6°"
    file.write_bytes(dump_packages([PLAIN]))
    assert CliRunner().invoke(app, ["lint", str(file), "--day", "2026-03-02"]).exit_code == 0


def test_the_command_prices_a_bill_and_says_why(tmp_path: Path) -> None:
    file, bill = tmp_path / "packages.json", tmp_path / "bill.json"
    file.write_bytes(dump_packages([PLAIN]))
    act = {"kind": "gp_visit", "price": "30.00", "base": "30.00"}
    bill.write_text(json.dumps({"day": "2026-03-02", "acts": [act]}))
    asked = ["price", str(bill), "--packages", str(file), "--package", "P"]
    told = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert (told["amo"], told["amc"], told["due_now"]) == ("19.00", "9.00", "0.00")
    assert told["acts"][0]["why"][0] == "21.00 AMO, 70 % of 30.00"
    assert "9,00\u00a0€" in CliRunner().invoke(app, [*asked, "--lang", "fr"]).stdout
