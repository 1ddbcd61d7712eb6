from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from ecluse.cli.population import population
from ecluse.population.generate import generate
from ecluse.population.nation import Nation, PopulationError


if TYPE_CHECKING:
    from pathlib import Path


SMALL = Nation(members=1200, insurers=4, seed=5, today=date(2026, 11, 23))


def _digest(folder: Path) -> str:
    """Hash every file with its name, below a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def test_the_same_nation_gives_the_same_bytes(tmp_path: Path) -> None:
    generate(SMALL, tmp_path / "one")
    generate(SMALL, tmp_path / "other")
    assert _digest(tmp_path / "one") == _digest(tmp_path / "other")


@pytest.mark.parametrize(
    "other",
    [replace(SMALL, seed=6), replace(SMALL, today=date(2026, 12, 24)), replace(SMALL, insurers=5)],
)
def test_another_seed_day_or_size_gives_others(other: Nation, tmp_path: Path) -> None:
    generate(SMALL, tmp_path / "one")
    generate(other, tmp_path / "other")
    assert _digest(tmp_path / "one") != _digest(tmp_path / "other")


def test_a_nation_written_before_is_replaced_whole(tmp_path: Path) -> None:
    generate(replace(SMALL, seed=9, insurers=7), tmp_path / "out")
    generate(SMALL, tmp_path / "out")
    generate(SMALL, tmp_path / "fresh")
    assert _digest(tmp_path / "out") == _digest(tmp_path / "fresh")


def test_it_refuses_a_folder_that_holds_something_else_and_leaves_it_alone(tmp_path: Path) -> None:
    (tmp_path / "insurers").mkdir()
    (tmp_path / "insurers" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(PopulationError) as refused:
        generate(SMALL, tmp_path)
    assert refused.value.hint
    assert [path.name for path in tmp_path.rglob("*.*")] == ["mine.txt"]


@pytest.mark.parametrize(
    ("nation", "named"),
    [
        (replace(SMALL, members=0), "at least one member"),
        (replace(SMALL, insurers=0), "at least one member"),
        (replace(SMALL, seed=-1), "at least one member"),
        (replace(SMALL, members=20, insurers=30), "fewer families than insurers"),
        (replace(SMALL, insurers=500), "names for 180 insurers"),
    ],
)
def test_it_refuses_a_size_that_cannot_be_made(nation: Nation, named: str, tmp_path: Path) -> None:
    with pytest.raises(PopulationError, match=named):
        generate(nation, tmp_path / "out")


def test_a_size_that_cannot_be_made_leaves_the_nation_that_was_there(tmp_path: Path) -> None:
    generate(SMALL, tmp_path / "out")
    before = _digest(tmp_path / "out")
    with pytest.raises(PopulationError):
        generate(replace(SMALL, insurers=500), tmp_path / "out")
    assert _digest(tmp_path / "out") == before


def test_one_insurer_has_everybody_once(tmp_path: Path) -> None:
    written = generate(replace(SMALL, insurers=1), tmp_path / "out")
    assert written.rows == written.members == 1200


@pytest.mark.parametrize("members", [1, 2, 3, 17])
def test_the_smallest_nations_have_exactly_their_members(members: int, tmp_path: Path) -> None:
    written = generate(replace(SMALL, members=members, insurers=1), tmp_path / "out")
    assert written.members == written.rows == members


def test_progress_rises_to_the_number_of_rows(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    written = generate(
        SMALL, tmp_path / "out", progress=lambda done, total: told.append((done, total))
    )
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (written.rows, written.rows)


def test_the_command_prints_one_json_object_and_writes_the_folder(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(population)
    options = ["--members", "1200", "--insurers", "4", "--seed", "5", "--today", "2026-11-23"]
    ran = CliRunner().invoke(app, [*options, "--out", str(tmp_path / "out"), "--json"])
    assert ran.exit_code == 0, ran.output
    facts = json.loads(ran.stdout)
    assert facts["members"] == 1200
    assert facts["insurers"] == 4
    assert facts["rows"] > 1200
    assert facts["seconds"] >= 0
    assert facts["out"] == str(tmp_path / "out")
    generate(SMALL, tmp_path / "same")
    assert _digest(tmp_path / "out") == _digest(tmp_path / "same")
