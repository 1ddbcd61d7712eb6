from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ecluse.bench.workshop import BenchError, workshop
from ecluse.cli import app


@pytest.mark.quiet
def test_a_small_bench_runs_whole_and_returns_what_scripts_rely_on() -> None:
    done = CliRunner().invoke(
        app, ["bench", "feed", "--members", "2000", "--rounds", "2", "--json"]
    )
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["members"] == 2000
    assert facts["rounds"] == 2
    assert facts["members_per_s"] > 0
    assert facts["ratio_to_copy"] > 0
    assert facts["later"]["ratio_to_copy"] > 0
    assert facts["delta"]["rows"] == pytest.approx(20, abs=3)
    assert facts["delta"]["ratio_to_copy"] > 0
    assert facts["processor_us_per_member"].keys() == {"loader", "keyring", "postgresql"}
    assert min(facts["processor_us_per_member"].values()) > 0
    assert len(facts["steps_us_per_member"]) == 5
    assert min(facts["steps_us_per_member"].values()) > 0
    assert facts["peak_rss_mb"] > 20
    assert facts["database_rss_mb"] > 5


def test_a_bench_leaves_an_external_database_alone() -> None:
    with (
        pytest.raises(BenchError, match="its own PostgreSQL"),
        workshop({"ECLUSE_DATABASE_URL": "postgresql://localhost/production"}),
    ):
        pass
