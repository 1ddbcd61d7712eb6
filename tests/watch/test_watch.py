"""The watch, thief by thief and honest day by honest day."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.gate.state import Lane, Reason
from ecluse.policy.watch import Measure
from ecluse.watch import suspicion
from ecluse.watch.alarm import Alarm, Kind
from ecluse.watch.watch import WatchState, observe
from watch.days import DAY, HOUR, MONDAY, POLICY, draws, honest, seen, watch


MONTH = range(28)
NOON = MONDAY + 28 * DAY + 12 * HOUR


@dataclass(frozen=True)
class Town:
    """What is known after a month of three hundred honest counters."""

    state: WatchState
    alarms: list[str]
    checks: int


@pytest.fixture(scope="module")
def town() -> Town:
    draw = draws(7)
    checks = [
        check
        for number in range(300)
        for check in honest(draw, b"account %d" % number, MONTH, typed=draw.choice((0.5, 1, 2)))
    ]
    tally = watch(checks)
    return Town(tally.state, tally.kinds, len(checks))


def test_honest_counters_are_left_alone(town: Town) -> None:
    assert town.checks > 250_000
    assert Kind.SWEEP not in town.alarms
    assert Kind.CAMPAIGN not in town.alarms
    assert len(town.alarms) <= 12


@pytest.mark.parametrize("gap", [0.2, 3.0, 60.0])
def test_a_sweep_of_made_up_numbers_is_seen_within_ten_checks(town: Town, gap: float) -> None:
    """After the fourth check of an hour the budget refuses: the row goes on."""
    checks = [
        seen(
            NOON + number * gap,
            b"account 3",
            reason=Reason.UNKNOWN if number < 4 else Reason.ACCOUNT_HOUR,
        )
        for number in range(10)
    ]
    for checked in range(1, 11):
        alarms = watch(checks[:checked], town.state).alarms
        if any(alarm.kind is Kind.SWEEP for alarm in alarms):
            break
    else:
        pytest.fail("no sweep seen")
    sweep = next(alarm for alarm in alarms if alarm.kind is Kind.SWEEP)
    assert sweep.account == b"account 3"
    assert set(sweep.positions) >= {check.position for check in checks[:checked]}


def test_a_list_of_real_identities_is_seen_within_a_day(town: Town) -> None:
    found = []
    for number in range(100):
        thief = b"account %d" % number
        # As fast as the budget goes: four an hour, ten a day.
        checks = [seen(NOON + HOUR * (each // 4) + each % 4 * 9.0, thief) for each in range(10)]
        found.append(any(a.account == thief for a in watch(checks, town.state).alarms))
    assert sum(found) >= 95


def test_nine_a_day_are_seen_within_three_days(town: Town) -> None:
    late = []
    for number in range(100):
        thief = b"account %d" % number
        checks = [
            seen(NOON + day * DAY + each * HOUR / 1.2, thief)
            for day in range(5)
            for each in range(9)
        ]
        first = next(a.at for a in watch(checks, town.state).alarms if a.account == thief)
        late.append(first - NOON)
    late.sort()
    assert late[50] <= DAY
    assert late[94] <= 3 * DAY


def test_many_at_once_are_a_campaign_and_those_before_are_found(town: Town) -> None:
    draw = draws(11)
    thieves = [b"account %d" % number for number in range(100)]
    checks = [
        seen(NOON + draw.random() * 2 * HOUR, thief, structure=(0, 0, 3))
        for thief in thieves
        for _ in range(8)
    ]
    tally = watch(checks, town.state)
    (campaign,) = [a for a in tally.alarms if a.kind is Kind.CAMPAIGN]
    assert campaign.account == b""
    within = {a.account for a in tally.alarms if a.at <= campaign.at + HOUR}
    assert len(within & set(thieves)) >= 95


def test_mere_numbers_of_many_are_told_of_and_are_no_campaign(town: Town) -> None:
    """In a whole nation some honest counter is beyond its habit every few minutes."""
    checks = [
        seen(NOON + each * HOUR / 8 + number, b"account %d" % number)
        for number in range(100)
        for each in range(10)
    ]
    kinds = watch(checks, town.state).kinds
    assert kinds.count(Kind.TYPED_RATE) > POLICY.campaign_alarms
    assert not {Kind.CAMPAIGN, Kind.ACCOMPLICE} & set(kinds)


def test_a_surge_of_everybody_is_nobodys_fault() -> None:
    """The day after a shutdown everybody asks four times as often."""
    draw = draws(5)
    names = [b"account %d" % number for number in range(400)]
    usual = watch(c for name in names for c in honest(draw, name, range(13), typed=2.0, cards=0.0))
    rush = sorted(
        (c for name in names for c in honest(draw, name, [14], typed=8.0, cards=0.0)),
        key=lambda check: check.at,
    )
    explained, not_explained = (
        sum(
            alarm.kind in {Kind.TYPED_RATE, Kind.ACCOMPLICE}
            for alarm in observe(
                usual.state, rush, msgspec.structs.replace(POLICY, surge_least=least)
            )[1]
        )
        for least in (30, 10_000)
    )
    assert explained * 10 < not_explained


def test_patients_known_to_a_practice_are_not_read_off_unseen(town: Town) -> None:
    checks = [seen(NOON + number * 20.0, b"account 9", Lane.KNOWN) for number in range(30)]
    assert Kind.KNOWN_RATE in watch(checks, town.state).kinds


def test_a_machine_asks_too_evenly(town: Town) -> None:
    checks = [seen(NOON + number * 600.0, b"account 4") for number in range(10)]
    assert Kind.REGULAR in watch(checks, town.state).kinds


def test_hours_never_worked_speak_for_a_thief_once_each(town: Town) -> None:
    def weigh(*hours: float) -> float:
        asked = [seen(NOON + hour * HOUR, b"account 5") for hour in hours]
        state = watch(asked, town.state).state
        return suspicion.parts(state.accounts[b"account 5"], asked[-1].at, POLICY).hours

    assert weigh(1.0) == 0.0
    assert weigh(14.0) > POLICY.corroborated
    assert weigh(14.0, 14.5) < weigh(14.0) < weigh(14.0, 17.0)


def test_hard_rules_of_the_keyring_raise_at_once() -> None:
    honey = watch([seen(NOON, honey=True)])
    crowd = watch([seen(NOON, organisations=5)])
    pair = watch([seen(NOON, organisations=POLICY.subject_organisations)])
    assert (honey.kinds, crowd.kinds, pair.kinds) == ([Kind.HONEY], [Kind.SUBJECT], [])


def test_as_many_persons_are_a_thief_s_when_they_look_like_a_list_and_a_counter_s_when_not() -> (
    None
):
    def asked(structure: tuple[int, int, int]) -> list[str]:
        checks = [seen(NOON + n * 900.0, structure=structure) for n in range(12)]
        return watch(checks).kinds

    assert Kind.TOGETHER in asked((0, 0, 3))
    assert Kind.TOGETHER in asked((3, 0, 0))
    assert Kind.TOGETHER not in asked((0, 0, 0))


def test_where_everybody_comes_from_far_away_distance_says_little() -> None:
    """A resort's patients come from everywhere, day after day."""
    days = [
        seen(NOON + day * DAY + n * 5000.0, structure=(0, 0, 2 if n > 2 else 0))
        for day in range(40)
        for n in range(4)
    ]
    known = watch(days)
    assert not [a for a in known.alarms if a.kind is Kind.TOGETHER and a.at > NOON + 20 * DAY]
    rush = [seen(NOON + 41 * DAY + n * 2000.0, structure=(0, 0, 3)) for n in range(8)]
    assert Kind.TOGETHER not in watch(rush, known.state).kinds


def test_a_family_typed_wrong_and_again_is_one_person_in_a_hurry(town: Town) -> None:
    checks = [
        seen(NOON + n * 20.0, b"account 6", reason=Reason.UNKNOWN if n % 2 else None)
        for n in range(8)
    ]
    assert Kind.TYPED_RATE not in watch(checks, town.state).kinds


def test_what_is_asked_over_the_budget_tells_as_much(town: Town) -> None:
    checks = [
        seen(NOON + n * 600.0, b"account 7", reason=Reason.ACCOUNT_DAY, structure=(0, 0, 3))
        for n in range(12)
    ]
    assert Kind.TOGETHER in watch(checks, town.state).kinds


def test_many_suspects_in_an_hour_brake_the_typed_lane_once_an_hour(town: Town) -> None:
    thieves = [b"account %d" % number for number in range(200)]
    checks = [
        seen(NOON + turn * 700.0 + number, thief, structure=(0, 0, min(turn, 2)))
        for turn in range(7)
        for number, thief in enumerate(thieves)
    ]
    alarms = [a for a in watch(checks, town.state).alarms if a.kind is Kind.SUSPECTS]
    assert alarms
    assert len({int(a.at // HOUR) for a in alarms}) == len(alarms)
    assert POLICY.on_suspects == (Measure.BRAKE,)


def test_heavy_days_are_counted_in_a_week() -> None:
    def days(*which: int) -> list[str]:
        heavy = [seen(NOON + day * DAY + n * 4000, b"x") for day in which for n in range(8)]
        work = [seen(NOON + day * DAY - HOUR, b"x", Lane.CARD) for day in range(9)]
        return watch([*heavy, *work]).kinds

    assert Kind.HEAVY_DAYS in days(0, 2, 5)
    assert Kind.HEAVY_DAYS not in days(0, 5)
    assert Kind.HEAVY_DAYS not in days(0, 4, 8)


def test_over_and_over_the_budget_is_pressing() -> None:
    checks = [seen(NOON + n, reason=Reason.ACCOUNT_DAY) for n in range(POLICY.pressed_row)]
    assert watch(checks).kinds == [Kind.PRESSED]
    assert watch(checks[1:]).kinds == []


def test_what_a_containment_refuses_is_no_evidence() -> None:
    checks = [seen(NOON + n, reason=Reason.LOCKED) for n in range(100)]
    assert watch(checks) == (WatchState(), [])


def test_a_repeat_is_no_evidence() -> None:
    checks = [seen(NOON + n, reason=Reason.UNKNOWN, repeat=True) for n in range(100)]
    assert watch(checks).alarms == []


@given(st.integers(0, 2**32), st.lists(st.integers(0, 400), max_size=6))
def test_it_does_not_matter_where_the_stream_is_cut(seed: int, cuts: list[int]) -> None:
    """A restart goes on from its position; a backlog comes in one piece."""
    draw = draws(seed)
    reasons = [None, None, Reason.UNKNOWN, Reason.ACCOUNT_HOUR, Reason.LOCKED]
    checks = [
        seen(
            NOON + n * 300.0,
            b"%d" % draw.randrange(3),
            draw.choice(list(Lane)),
            draw.choice(reasons),
        )
        for n in range(400)
    ]
    whole = observe(WatchState(), checks, POLICY)
    state, alarms = WatchState(), list[Alarm]()
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), 400], strict=True):
        before = msgspec.msgpack.encode(state)
        after, more = observe(state, checks[first:last], POLICY)
        assert msgspec.msgpack.encode(state) == before
        state, alarms = after, alarms + more
    assert (state, alarms) == whole
    assert observe(WatchState(), checks, POLICY, keep=False) == whole


def test_every_alarm_says_why_in_one_sentence(town: Town) -> None:
    draw = draws(1)
    checks = [seen(NOON + n * 7.0, b"%d" % draw.randrange(40)) for n in range(800)]
    for alarm in watch(checks, town.state).alarms:
        assert alarm.why.endswith(".")
        assert alarm.why.count(". ") == 0
        assert "{" not in alarm.why
