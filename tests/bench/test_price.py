from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ecluse.bench.price import LINES, bill, two_payers
from ecluse.cli import app
from ecluse.cover.price import price


@pytest.mark.quiet
def test_a_small_bench_prices_and_returns_what_scripts_rely_on() -> None:
    arguments = ["bench", "price", "--seconds", "0.2", "--rounds", "1", "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["acts_per_s_per_core"] > 0
    assert facts["ratio_to_check"] > 0
    assert facts["claim_ratio_to_check"] > 0
    assert facts["lines"] == LINES == 10


def test_the_bill_that_is_measured_is_paid_by_both_schemes() -> None:
    priced = price(bill(), two_payers())
    assert priced.amo > 0
    assert all(sum(act.amcs) for act in priced.acts[:2])
