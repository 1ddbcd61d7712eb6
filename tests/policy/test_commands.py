"""`ecluse policy`, as a person and a script call it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

import policies
from ecluse.cli import app
from ecluse.local.installation import Installation


if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(fresh_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ECLUSE_HOME", str(fresh_home))
    return fresh_home


def run(*arguments: str, exits: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["policy", *arguments, "--json"])
    assert done.exit_code == exits, done.output
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def test_the_policy_in_force_is_the_default_one_until_another_is(home: Path) -> None:
    assert run("show")["terms"]["typed.account_day"]["value"] == 10
    file = policies.write(home / "next.toml", typed={"account_day": 8})
    digest = bytes.fromhex(run("propose", str(file))["sha256"])
    assert run("show")["terms"]["typed.account_day"]["value"] == 10
    Installation(home).policies.turn(digest)
    assert run("show")["terms"]["typed.account_day"]["value"] == 8
    assert run("bound", "--accounts", "3")["persons"] == 3 * (8 + 30)


def test_a_check_tells_what_a_file_would_change(tmp_path: Path) -> None:
    file = policies.write(tmp_path / "next.toml", typed={"account_day": 8})
    facts = run("check", str(file))
    assert facts["holds"]
    assert facts["changes"] == [{"key": "typed.account_day", "before": 10, "after": 8}]
    assert facts["bounds"][0] == {"accounts": 1, "before": 10 + 30, "after": 8 + 30}


def test_a_check_of_a_faulty_file_names_all_and_fails(tmp_path: Path) -> None:
    caps = {"account_hour": 11, "lease_block": 90_000}
    file = policies.write(tmp_path / "next.toml", typed=caps)
    facts = run("check", str(file), exits=1)
    assert not facts["holds"]
    assert {fault["key"] for fault in facts["faults"]} == {
        "typed.account_hour",
        "typed.lease_block",
    }
    assert all(fault["line"] for fault in facts["faults"])


def test_the_bound_tells_how_it_is_composed() -> None:
    facts = run(
        *("bound", "--accounts", "30", "--hours", "24"),
        *("--organisations", "2", "--professionals", "3", "--places", "1"),
    )
    assert facts["persons"] == facts["worst"]["persons"] == 300 + 900
    assert facts["worst"]["typed"]["binds"] == "account"
    assert facts["stated"]["persons"] == 40 + 90
    assert facts["stated"]["typed"]["binds"] == "organisation"
    assert facts["stated"]["known"] == {"persons": 90}
    assert facts["stated"]["card"] == {"persons": 0, "who_present_themselves": 10_000}


def test_people_are_told_in_words(tmp_path: Path) -> None:
    for arguments, told in (
        (["show"], "persons in any hour"),
        (["bound", "--accounts", "5"], "200 persons"),
        (["check", str(policies.write(tmp_path / "same.toml"))], "nothing changes"),
    ):
        done = CliRunner().invoke(app, ["policy", *arguments])
        assert done.exit_code == 0, done.output
        assert told in done.output


SAMPLE = ("--strategy", "fast_sweep", "--accounts", "40", "--days", "2")


def test_a_simulation_tells_what_gets_better_and_what_it_costs(tmp_path: Path) -> None:
    file = policies.write(
        tmp_path / "tight.toml",
        typed={"account_day": 1, "account_hour": 1},
        watch={"unanswered_row": 3, "row_misses": 1},
    )
    facts = run("simulate", str(file), *SAMPLE)
    assert {each["key"] for each in facts["changes"]} == {
        "typed.account_day",
        "typed.account_hour",
        "watch.unanswered_row",
        "watch.row_misses",
    }
    assert facts["bound"][0] == {"accounts": 1, "before": 40, "after": 31, "change": "better"}
    (sweep,) = facts["siege"]
    assert sweep["figures"]["contained_s"]["change"] == "better"
    honest = facts["honest"]
    assert honest["figures"]["wrongly_refused"]["change"] == "worse"
    assert honest["before"]["checks"] == honest["after"]["checks"] == honest["checks"]


def test_a_simulation_of_the_policy_in_force_finds_everything_the_same(home: Path) -> None:
    same = policies.write(home / "same.toml")
    done = CliRunner().invoke(app, ["policy", "simulate", str(same), *SAMPLE])
    assert done.exit_code == 0, done.output
    assert "Changes:\n  none" in done.stdout
    assert "0 figures better, 0 worse" in done.stdout
