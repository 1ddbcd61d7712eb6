"""Until when typed checks are answered, for what witnesses cosigned."""

from __future__ import annotations

import math

from ecluse.gate.witnessing import reach
from ecluse.ledger.cosigned import Newest
from ecluse.policy.witness import WitnessPolicy


def test_a_policy_that_needs_no_witness_waits_for_none() -> None:
    assert reach(WitnessPolicy(), None) == math.inf


def test_the_time_runs_from_the_cosignature_and_without_one_there_is_none() -> None:
    policy = WitnessPolicy(needed=1, most_minutes=30.0)
    assert reach(policy, Newest(7, "note", 1000)) == 1000 + 30 * 60
    assert reach(policy, None) == 0.0
