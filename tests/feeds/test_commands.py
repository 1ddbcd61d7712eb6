"""The commands, as an insurer and an operator type them, against real processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from ecluse.cli import app
from ecluse.feeds.screen import ForbiddenDataError
from ecluse.local.installation import Installation
from ecluse.local.processes import Process
from feeds import rosters
from feeds.planted import VALUES


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def operator(fresh_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation with its keyring running."""
    monkeypatch.setenv("ECLUSE_HOME", str(fresh_home))
    monkeypatch.delenv("ECLUSE_DATABASE_URL", raising=False)
    installation = Installation.from_environment()
    run("store", "migrate")
    run("keyring", "init")
    keyring = Process(installation, "keyring", "serve", "keyring")
    keyring.start()
    yield
    keyring.stop()
    run("store", "stop")


def run(*arguments: str | Path, code: int = 0) -> dict[str, Any]:
    """Run a command; return its JSON object."""
    ran = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert ran.exit_code == code, ran.output
    facts: dict[str, Any] = json.loads(ran.stdout)
    return facts


KEYS = {"manifest", "rows", "accepted", "rejected", "rejects_file", "in_force"}


@pytest.mark.usefixtures("operator")
def test_feeds_go_from_the_roster_to_being_in_force_or_refused(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    made = run("insurer", "keygen", "--amc", "75004407", "--name", "Mutuelle", "--out", keys)
    assert run("insurer", "add", made["public"])["added"]
    assert not run("insurer", "add", made["public"])["added"]
    (told,) = run("insurer", "list")["insurers"]
    assert (told["amc"], told["fed_at"], told["late"]) == ("75004407", None, False)
    assert run("feed", "status", code=1)["feeds"] == []

    lines = rosters.rows(200)
    lines[3] = lines[3].but(priority="7")
    roster = rosters.write(tmp_path / "roster", rosters.text(lines))
    prepared = run("feed", "prepare", roster, "--keys", keys, "--out", tmp_path)
    assert prepared.keys() >= KEYS
    assert (prepared["rows"], prepared["rejected"], prepared["feed"]) == (200, 1, 1)

    loaded = run("feed", "load", prepared["manifest"])
    assert loaded.keys() >= KEYS
    assert (loaded["accepted"], loaded["rejected"], loaded["in_force"]) == (199, 1, True)
    assert run("feed", "load", prepared["manifest"])["before"]

    status = run("feed", "status")
    assert status.keys() >= KEYS
    assert (status["rows"], status["accepted"], status["in_force"]) == (200, 199, True)
    assert status["feeds"][0]["name"] == "Mutuelle"

    worse = rosters.text(row.but(priority="7") for row in rosters.rows(20))
    roster = rosters.write(tmp_path / "worse", worse)
    prepared = run("feed", "prepare", roster, "--keys", keys, "--out", tmp_path)
    assert (prepared["feed"], prepared["rejected"]) == (2, 20)
    assert not run("feed", "load", prepared["manifest"], code=1)["in_force"]
    status = run("feed", "status")
    assert [feed["state"] for feed in status["feeds"]] == ["refused", "in_force"]
    assert run("feed", "purge") == {"swept": 0, "feeds": 0, "references": 0}

    lines = [rosters.row(900).but(change="join"), rosters.row(5).but(change="change")]
    roster = rosters.write(tmp_path / "delta", rosters.text(lines))
    delta = ("feed", "prepare", roster, "--keys", keys, "--out", tmp_path, "--kind", "delta")
    prepared = run(*delta, "--base", "1")
    assert run("feed", "load", prepared["manifest"])["in_force"]
    status = run("feed", "status")
    assert [(feed["kind"], feed["base"]) for feed in status["feeds"]] == [
        ("delta", 1),
        ("full", None),
    ]

    spoilt = rosters.write(tmp_path / "spoilt", VALUES[0].text)
    arguments = ("feed", "prepare", str(spoilt), "--keys", str(keys), "--out", str(tmp_path))
    refused = CliRunner().invoke(app, arguments).exception
    assert isinstance(refused, ForbiddenDataError)
    assert refused.finding.line == VALUES[0].line
