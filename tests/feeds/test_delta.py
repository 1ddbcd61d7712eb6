"""The delta between two rosters says the same as the later roster, from its day on."""

from __future__ import annotations

import csv
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import pyrage
import pytest
from typer.testing import CliRunner

from ecluse.cli import app
from ecluse.feeds import delta as deltas
from ecluse.feeds.delta import Delta, DeltaError, write_delta
from ecluse.feeds.roster import DELTA_COLUMNS
from feeds import rosters
from feeds.rosters import row


if TYPE_CHECKING:
    from pathlib import Path

    from feeds.rosters import Row

SINCE = date(2026, 11, 20)


def member(number: int, **changes: str) -> Row:
    usual = {"package": "CONF-1", "valid_from": "2020-01-01", "valid_to": "", "priority": "1"}
    return row(number).but(**usual | changes)


def between(
    folder: Path, old: list[Row], new: list[Row]
) -> tuple[Delta, dict[str, dict[str, str]]]:
    """Return what the delta of two rosters says: its counts, and its rows by member number."""
    before = rosters.write(folder / "old", rosters.text(old))
    after = rosters.write(folder / "new", rosters.text(new))
    told = write_delta(before, after, folder / "delta.csv", SINCE)
    with (folder / "delta.csv").open(newline="") as file:
        reader = csv.DictReader(file)
        found = list(reader)
    assert tuple(reader.fieldnames or ()) == DELTA_COLUMNS
    assert len(found) == told.rows
    return told, {each["member_ref"]: each for each in found}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, {}, ("join", "2020-01-01", "")),
        ({}, {}, None),
        ({}, {"package": "ECO-2"}, ("change", "2026-11-20", "")),
        ({}, {"card": row(9).card}, ("change", "2026-11-20", "")),
        ({}, {"priority": "2"}, ("change", "2026-11-20", "")),
        ({}, {"valid_to": "2026-12-31"}, ("change", "2026-11-20", "2026-12-31")),
        # The insurer gave the change a first day of its own, past or to come.
        ({}, {"valid_from": "2026-09-01"}, ("change", "2026-09-01", "")),
        ({}, {"valid_from": "2027-01-01", "package": "ECO-2"}, ("change", "2027-01-01", "")),
        ({"valid_from": "2027-01-01"}, {"valid_from": "2027-01-01", "package": "ECO-2"},
         ("change", "2027-01-01", "")),
        # It ended some days ago, and is told of now.
        ({}, {"valid_to": "2026-11-10"}, ("leave", "2026-11-20", "2026-11-10")),
        ({}, None, ("leave", "2020-01-01", "2026-11-19")),
        ({"valid_to": "2026-11-19"}, None, None),
        ({"valid_to": "2026-11-20"}, None, ("leave", "2020-01-01", "2026-11-19")),
        ({"valid_from": "2027-01-01"}, None, ("leave", "2027-01-01", "2026-11-19")),
    ],
)  # fmt: skip
def test_each_way_to_differ_is_said_with_its_dates(
    tmp_path: Path,
    before: dict[str, str] | None,
    after: dict[str, str] | None,
    said: tuple[str, str, str] | None,
) -> None:
    stays = member(5)
    old = [stays] if before is None else [stays, member(1, **before)]
    new = [stays] if after is None else [stays, member(1, **after)]
    told, found = between(tmp_path, old, new)
    assert told.rows == len(found) == (said is not None)
    if said is not None:
        mine = found[member(1).member_ref]
        assert (mine["change"], mine["valid_from"], mine["valid_to"]) == said


def test_a_delta_of_many_shares_is_the_delta_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [member(number) for number in range(1000)]
    new = [
        member(number, package="ECO-2" if number % 100 == 0 else "CONF-1")
        for number in range(5, 1010)
    ]
    told, found = between(tmp_path, old, new)
    assert told == Delta(10, 9, 5, 986)
    monkeypatch.setattr(deltas, "_SHARE", 4096)
    assert between(tmp_path, old, new) == (told, found)
    assert {path.name for path in tmp_path.iterdir()} == {"old", "new", "delta.csv"}


def test_a_roster_in_parquet_is_compared_like_one_in_csv(tmp_path: Path) -> None:
    old = rosters.write(tmp_path / "old", rosters.text([member(1), member(2)]))
    frame = pl.read_csv(old, schema_overrides=dict.fromkeys(("nir", "birth_date"), pl.String))
    frame = frame.with_columns(pl.col("valid_from").str.to_date())
    frame.write_parquet(tmp_path / "new.parquet")
    assert write_delta(old, tmp_path / "new.parquet", tmp_path / "delta.csv", SINCE) == Delta(
        unchanged=2
    )


def test_what_is_no_roster_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    old = rosters.write(tmp_path / "old", rosters.text([member(1)]))
    header = old.read_text().splitlines()[0]
    for text in ("", "nir,card\n1,2\n", f"{header}\n{'x,' * 20}\n"):
        new = rosters.write(tmp_path / "new", text)
        with pytest.raises(DeltaError):
            write_delta(old, new, tmp_path / "delta.csv", SINCE)
    with pytest.raises(DeltaError, match="cannot be read"):
        write_delta(old, tmp_path / "none.csv", tmp_path / "delta.csv", SINCE)
    assert {path.name for path in tmp_path.iterdir()} == {"old", "new"}


def test_an_insurer_prepares_what_it_compared(tmp_path: Path) -> None:
    def run(*arguments: str | Path) -> dict[str, Any]:
        ran = CliRunner().invoke(app, [*map(str, arguments), "--json"])
        assert ran.exit_code == 0, ran.output
        facts: dict[str, Any] = json.loads(ran.stdout)
        return facts

    keys = tmp_path / "keys"
    run("insurer", "keygen", "--amc", "75004407", "--name", "Mutuelle", "--out", keys)
    old = rosters.write(tmp_path / "old", rosters.text([member(1), member(2), member(3)]))
    new = rosters.write(
        tmp_path / "new", rosters.text([member(2, package="ECO-2"), member(3), member(4)])
    )
    told = run("feed", "delta", old, new, "--out", new.with_name("d.csv"), "--since", "2026-11-20")
    assert (told["joins"], told["changes"], told["leaves"], told["rows"]) == (1, 1, 1, 3)
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    options = "--keys", keys, "--recipient", recipient, "--out", tmp_path / "out"
    run("feed", "prepare", old, *options)
    made = run("feed", "prepare", new.with_name("d.csv"), *options, "--kind", "delta")
    assert (made["rows"], made["accepted"], made["rejected"]) == (3, 3, 0)
