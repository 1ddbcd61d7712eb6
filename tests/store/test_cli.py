from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from ecluse.cli.store import app
from ecluse.store.migrate import shipped


if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def run(*words: str, exit_code: int = 0) -> dict[str, object]:
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == exit_code
    facts = json.loads(done.stdout)
    assert isinstance(facts, dict)
    return facts


def test_status_migrate_and_stop_tell_what_they_did(
    fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECLUSE_HOME", str(fresh_home))
    monkeypatch.delenv("ECLUSE_DATABASE_URL", raising=False)
    assert run("status", exit_code=1)["running"] is False
    assert run("migrate")["applied"] == [each.name for each in shipped()]
    assert run("migrate")["applied"] == []
    assert run("status") == {
        "embedded": True,
        "running": True,
        "version": "18.6",
        "pending": [],
        "ready": True,
    }
    assert run("stop") == {"stopped": True}
    assert run("status", exit_code=1)["ready"] is False
