"""ENISA's formula, with its factors on view."""

from __future__ import annotations

from itertools import combinations

import pytest

from ecluse.breach.incident import Cause
from ecluse.breach.severity import Level, assess


@pytest.mark.parametrize(
    ("lanes", "cause", "score", "level"),
    [
        (["typed"], Cause.PHISHING, 3.0, Level.HIGH),
        (["card"], Cause.MALWARE, 3.25, Level.HIGH),
        (["card", "typed"], Cause.MALWARE, 3.25, Level.HIGH),
        (["typed"], Cause.MISTAKE, 2.25, Level.MEDIUM),
    ],
)
def test_the_score_is_dpc_times_ei_plus_cb(
    lanes: list[str], cause: Cause, score: float, level: Level
) -> None:
    severity = assess(lanes, cause, 5)
    assert (severity.score, severity.level) == (score, level)


def test_a_mixed_breach_is_as_severe_as_its_worst_lane() -> None:
    lanes = ("card", "known", "typed")
    for count in (1, 2, 3):
        for some in combinations(lanes, count):
            alone = max(assess([lane], Cause.MALWARE, 1).score for lane in some)
            assert assess(some, Cause.MALWARE, 1).score == alone


def test_a_lane_that_is_not_known_is_not_taken_lightly() -> None:
    assert assess(["future"], Cause.MALWARE, 1).score >= assess(["card"], Cause.MALWARE, 1).score


def test_more_than_a_hundred_persons_are_said_beside_the_score() -> None:
    few, many = assess(["card"], Cause.MALWARE, 100), assess(["card"], Cause.MALWARE, 101)
    assert (few.many_persons, many.many_persons) == (False, True)
    assert few.score == many.score
