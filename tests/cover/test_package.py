from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ecluse.cover.family import CareFamily
from ecluse.cover.package import PackagesError, dump_packages, parse_packages


if TYPE_CHECKING:
    from collections.abc import Callable


def _package(**changes: object) -> dict[str, Any]:
    line = {"act_fr": "Généraliste", "act_en": "GP", "basis": "100% BR"}
    return {
        "code": "BASE-1",
        "label_fr": "Base",
        "label_en": "Base",
        "families": {"everyday": [line]},
        **changes,
    }


def _line(basis: str) -> dict[str, Any]:
    return {"hospital": [{"act_fr": "Chambre", "act_en": "Room", "basis": basis}]}


def test_a_package_is_read_and_written_back_the_same() -> None:
    packages = parse_packages(json.dumps([_package()]).encode())
    assert packages[0].families[CareFamily.EVERYDAY][0].act_fr == "Généraliste"
    assert parse_packages(dump_packages(packages)) == packages


def test_a_family_that_is_absent_is_not_covered() -> None:
    (package,) = parse_packages(json.dumps([_package()]).encode())
    assert [family for family in CareFamily if package.covers(family)] == [CareFamily.EVERYDAY]


@pytest.mark.parametrize(
    "basis",
    ["150% BR", "100% FR", "100% PLV", "50 EUR/night", "38.50 EUR/night", "300 EUR/2 years"],
)
def test_published_bases_are_accepted(basis: str) -> None:
    (package,) = parse_packages(json.dumps([_package(families=_line(basis))]).encode())
    assert package.families[CareFamily.HOSPITAL][0].basis == basis


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ([], "no package"),
        ([_package(), _package()], "two packages with the code BASE-1"),
        ([_package(families={})], "BASE-1 covers no care family"),
        ([_package(families={"everyday": []})], "$[0].families[...]"),
        ([_package(families={"vision": []})], "vision"),
        ([_package(), _package(code="lower")], "$[1].code"),
        ([_package(label_fr="")], "$[0].label_fr"),
        ([_package(label_en="two\nlines")], "$[0].label_en"),
        ([_package(holder="x")], "holder"),
        ([_package(families=_line("much"))], "basis"),
        ([_package(families=_line("50 EUR/NIGHT call me"))], "basis"),
        ({"packages": []}, "packages.json"),
    ],
)
def test_an_error_says_where_and_what(content: object, named: str) -> None:
    with pytest.raises(PackagesError) as refused:
        parse_packages(json.dumps(content).encode())
    assert named in refused.value.problem
    assert refused.value.hint


@pytest.mark.parametrize("spoil", [lambda raw: raw[:-1], lambda raw: raw.replace(b"B", b"\xff")])
def test_bytes_that_are_not_json_in_utf8_are_refused(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(PackagesError):
        parse_packages(spoil(json.dumps([_package()]).encode()))
