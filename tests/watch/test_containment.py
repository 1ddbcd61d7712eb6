"""What follows an alarm: by the policy's ladder, for a time, and never more than before."""

from __future__ import annotations

import msgspec
import pytest

from ecluse.gate.state import Account
from ecluse.policy.watch import Measure
from ecluse.watch.alarm import Alarm, Kind
from ecluse.watch.containment import Standing, contain, hold
from watch.days import DAY, HOUR, POLICY


NOW = 1_800_000_000.0


def alarm(kind: Kind, account: bytes = b"one") -> Alarm:
    return Alarm(account, b"place", kind, 12.0, NOW, (3, 4), "Because.")


def test_an_account_climbs_its_ladder() -> None:
    standing, now, measures = Standing(), NOW, []
    for _ in range(4):
        done = contain(standing, alarm(Kind.TOGETHER), now, POLICY)
        measures.append(done.measure)
        standing, now = done.standing, now + DAY
    assert measures == [Measure.FREEZE, Measure.LOCK, Measure.LOCK, Measure.LOCK]
    later = contain(standing, alarm(Kind.TOGETHER), now + 40 * DAY, POLICY)
    assert later.measure is Measure.FREEZE


def test_each_kind_has_its_own_ladder() -> None:
    first = contain(Standing(), alarm(Kind.TYPED_RATE), NOW, POLICY)
    second = contain(first.standing, alarm(Kind.KNOWN_RATE), NOW, POLICY)
    assert second.measure is POLICY.on_known_rate[0]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_measure_and_a_reason(kind: Kind) -> None:
    done = contain(Standing(), alarm(kind), NOW, POLICY)
    assert done.reason == "Because."
    assert done.measure in Measure


def test_a_measure_says_how_long_it_holds() -> None:
    frozen = contain(Standing(), alarm(Kind.TOGETHER), NOW, POLICY)
    locked = contain(Standing(), alarm(Kind.SWEEP), NOW, POLICY)
    assert frozen.until == NOW + POLICY.freeze_hours * HOUR
    assert locked.until is None


def test_practice_software_loses_its_key() -> None:
    done = contain(Standing(client=True), alarm(Kind.SWEEP), NOW, POLICY)
    assert done.measure is Measure.LOCK_CLIENT


def test_an_organisation_or_the_platform_is_never_locked() -> None:
    for kind in Kind:
        everybody = contain(Standing(), alarm(kind, b""), NOW, POLICY)
        assert everybody.measure in {Measure.NOTIFY, Measure.BRAKE}


@pytest.mark.parametrize("measure", list(Measure))
def test_a_containment_only_ever_takes_away(measure: Measure) -> None:
    account = Account(b"place", 0.0, locked=False, shrunk_until=NOW + 9, frozen_typed_until=NOW + 9)
    done = contain(Standing(), alarm(Kind.SWEEP), NOW, POLICY)
    for until in (None, NOW, NOW + 99):
        held = hold(account, msgspec.structs.replace(done, measure=measure, until=until))
        assert held.locked >= account.locked
        assert held.shrunk_until >= account.shrunk_until
        assert held.frozen_typed_until >= account.frozen_typed_until
