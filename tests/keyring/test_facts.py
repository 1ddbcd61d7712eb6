"""What the keyring tells the watch: who asked and what came of it, never about whom."""

from __future__ import annotations

import msgspec
import pytest

from ecluse.keyring.facts import Crowds, Facts
from ecluse.ledger.entry import Check


DAY = 86_400.0


def test_a_fact_has_nothing_of_the_subject() -> None:
    """Nor of the care, nor what leads to either: a new field has to be let through here."""
    kept = {"position", "account", "organisation", "at", "lane", "released", "reason", "repeat"}
    (checks,) = (f.type for f in msgspec.structs.fields(Facts) if f.name == "checks")
    (fact, _) = checks.__args__
    assert {f.name for f in msgspec.structs.fields(fact)} == kept | {
        *("organisations", "structure", "honey")
    }
    secret = {"subject", "opened", "family", "care_date", "reference", "device", "check"}
    assert secret < {f.name for f in msgspec.structs.fields(Check)}


@pytest.mark.parametrize(("later", "counted"), [(DAY - 1, 3), (DAY, 2)])
def test_organisations_are_counted_within_a_day(later: float, counted: int) -> None:
    crowds = Crowds()
    assert crowds.count(b"p", b"one", 0.0) == 1
    assert crowds.count(b"p", b"one", 0.0) == 1
    assert crowds.count(b"p", b"two", 5.0) == 2
    assert crowds.count(b"q", b"one", 6.0) == 1
    assert crowds.count(b"p", b"three", later) == counted


def test_a_crowd_is_forgotten_after_a_day() -> None:
    crowds = Crowds()
    for number in range(1000):
        crowds.count(b"%d" % number, b"one", float(number))
    crowds.count(b"late", b"one", 2 * DAY)
    assert crowds.count(b"5", b"two", 2 * DAY) == 1
    assert len(crowds) == 2
