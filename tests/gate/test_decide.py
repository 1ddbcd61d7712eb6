"""The decision, case by case: which cap refuses, what is spent, and what is free."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.gate.decide import decide
from ecluse.gate.state import (
    PLATFORM,
    Account,
    Ask,
    Lane,
    Organisation,
    Reason,
    State,
    region_scope,
)
from ecluse.gate.windows import DAY, HOUR, Ring
from ecluse.policy.policy import read


if TYPE_CHECKING:
    from collections.abc import Callable

    from ecluse.gate.state import Outcome


NOW = 1_800_000_000.0
POLICY, _ = read()
PLACE = Organisation(professionals=1, region="11", profession="50")
REGION = region_scope(PLACE)
PLENTY = {REGION: 100, PLATFORM: 100}


def begin(**leases: int) -> State:
    accounts = {name: Account(b"place", 0.0, locked=False) for name in (b"one", b"two")}
    return State(accounts, {b"place": PLACE}, {}, {**PLENTY, **leases})


def typed(person: int = 0, account: bytes = b"one", **changes: object) -> Ask:
    ask = Ask(account, Lane.TYPED, b"%b asks %d" % (account, person), found=True, admitted=True)
    return msgspec.structs.replace(ask, **changes)


def card(number: int = 0, visitor: bytes = b"here", **changes: object) -> Ask:
    name = b"card %d" % number
    ask = Ask(b"one", Lane.CARD, name, found=True, admitted=True, card=name, visitor=name + visitor)
    return msgspec.structs.replace(ask, **changes)


def run(state: State, *steps: tuple[float, Ask]) -> tuple[State, list[Outcome]]:
    """Decide one check after the other, each at so many seconds after the beginning."""
    outcomes = []
    for seconds, ask in steps:
        state, (outcome,) = decide(state, [ask], NOW + seconds, POLICY)
        outcomes.append(outcome)
    return state, outcomes


def reason(state: State, ask: Ask, seconds: float = 0.0) -> Reason | None:
    return run(state, (seconds, ask))[1][0].reason


def with_account(state: State, **changes: object) -> State:
    account = msgspec.structs.replace(state.accounts[b"one"], **changes)
    return msgspec.structs.replace(state, accounts={**state.accounts, b"one": account})


@pytest.mark.parametrize("ask", [typed(), card()])
def test_an_open_account_with_a_signed_in_device_is_answered(ask: Ask) -> None:
    assert run(begin(), (0, ask))[1][0].released


@pytest.mark.parametrize("ask", [typed, card])
def test_what_refuses_comes_in_one_order_and_spends_nothing(ask: Callable[..., Ask]) -> None:
    locked = with_account(begin(), locked=True)
    assert reason(locked, ask(registered=False, admitted=False)) is Reason.LOCKED
    assert reason(begin(), ask(registered=False, admitted=False)) is Reason.UNREGISTERED
    assert reason(begin(), ask(admitted=False)) is Reason.METERED
    for state, refused in (
        (locked, ask()),
        (begin(), ask(registered=False)),
        (begin(), ask(admitted=False)),
    ):
        assert run(state, (0, refused))[0] == state


def test_a_person_who_is_not_on_file_costs_as_much_as_one_who_is() -> None:
    found, _ = run(begin(), (0, typed()))
    missed, (outcome,) = run(begin(), (0, typed(found=False)))
    assert outcome.reason is Reason.UNKNOWN
    assert missed == found


def test_the_hour_and_the_day_have_caps_of_their_own() -> None:
    caps = POLICY.typed
    asks = [(hour * HOUR, typed(4 * int(hour) + n)) for hour in range(3) for n in range(4)]
    state, outcomes = run(begin(), *asks)
    assert [each.released for each in outcomes] == [True] * caps.account_day + [False] * 2
    assert outcomes[-1].reason is Reason.ACCOUNT_DAY
    _, hourly = run(begin(), *[(n, typed(n)) for n in range(caps.account_hour + 1)])
    assert hourly[-1].reason is Reason.ACCOUNT_HOUR
    assert reason(state, typed(99), DAY - 1) is Reason.ACCOUNT_DAY
    assert reason(state, typed(99), DAY) is None


def test_a_repeat_is_free_and_as_recent_as_the_latest_asking() -> None:
    state, outcomes = run(begin(), *[(n * HOUR, typed(n)) for n in range(10)])
    assert all(each.released for each in outcomes)
    state, (again,) = run(state, (10 * HOUR, typed(0)))
    assert again.released
    assert again.repeat
    assert reason(state, typed(99), DAY) is Reason.ACCOUNT_DAY
    assert reason(state, typed(99), DAY + HOUR) is None


def test_probation_leaves_a_fraction() -> None:
    state = with_account(begin(), probation_until=NOW + 10 * HOUR)
    hourly = POLICY.probation.of(POLICY.typed.account_hour)
    daily = POLICY.probation.of(POLICY.typed.account_day)
    state, outcomes = run(state, *[(n * HOUR / hourly, typed(n)) for n in range(daily + 1)])
    assert [each.released for each in outcomes] == [True] * daily + [False]
    assert outcomes[-1].reason is Reason.ACCOUNT_DAY
    assert reason(state, typed(99), 10 * HOUR) is None


def test_accounts_of_one_organisation_share_its_cap() -> None:
    cap = POLICY.typed.organisation_day(PLACE.professionals)
    names = [b"%d" % number for number in range(cap)]
    state = begin()
    accounts = {name: Account(b"place", 0.0, locked=False) for name in names}
    state = msgspec.structs.replace(state, accounts={**state.accounts, **accounts})
    state, outcomes = run(state, *[(0, typed(1, name)) for name in names])
    assert all(each.released for each in outcomes)
    assert reason(state, typed()) is Reason.ORGANISATION_DAY
    assert reason(state, typed(1, names[0])) is None
    assert reason(state, typed(), 25 * HOUR) is None


def test_practice_software_has_a_cap_of_its_own_below_its_organisations() -> None:
    small = msgspec.structs.replace(
        POLICY,
        card=msgspec.structs.replace(POLICY.card, account_day=1, organisation_day=4),
        client=msgspec.structs.replace(POLICY.client, card_day=3),
    )
    state = with_account(begin(), client=True)
    asks = [card(number) for number in range(4)]
    state, outcomes = decide(state, asks, NOW, small)
    assert [each.reason for each in outcomes] == [None, None, None, Reason.ACCOUNT_DAY]
    others = [msgspec.structs.replace(card(5 + number), account=b"two") for number in range(2)]
    _, outcomes = decide(state, others, NOW, small)
    assert [each.reason for each in outcomes] == [None, Reason.ACCOUNT_DAY]
    busy = with_account(state, client=False, card=Ring())
    _, outcomes = decide(busy, [card(9), others[0]], NOW, small)
    assert [each.reason for each in outcomes] == [None, Reason.ORGANISATION_DAY]


def test_an_organisations_first_checks_draw_on_nobody() -> None:
    floor = POLICY.typed.organisation_day_floor
    empty = begin(**{REGION: 0, PLATFORM: 0})
    state, outcomes = run(empty, *[(n * HOUR, typed(n)) for n in range(floor)])
    assert all(each.released for each in outcomes)
    assert reason(state, typed(99), floor * HOUR) is Reason.REGION_DAY
    region_left = msgspec.structs.replace(state, leases={REGION: 1, PLATFORM: 0})
    assert reason(region_left, typed(99), floor * HOUR) is Reason.PLATFORM_DAY


def test_beyond_the_floor_each_check_draws_one_from_both() -> None:
    floor = POLICY.typed.organisation_day_floor
    state, _ = run(begin(), *[(n * HOUR, typed(n)) for n in range(floor + 2)])
    assert state.leases == {REGION: 98, PLATFORM: 98}


def test_a_repeat_draws_once_in_every_hour_of_the_clock() -> None:
    """A block counts for its own hour: whoever repeats for ever would outlive what paid for it."""
    floor = POLICY.typed.organisation_day_floor
    start = HOUR - NOW % HOUR
    state, _ = run(begin(), *[(start + n * HOUR, typed(n)) for n in range(floor + 1)])
    begun = start + floor * HOUR
    state, _ = run(state, (begun + 1, typed(floor)), (begun + HOUR - 1, typed(floor)))
    assert state.leases[PLATFORM] == 99
    state, _ = run(state, (begun + HOUR, typed(floor)))
    assert state.leases[PLATFORM] == 98


def test_after_a_restore_the_typed_lane_is_shut_and_the_card_lane_is_not() -> None:
    state = msgspec.structs.replace(begin(), spent_until=NOW + DAY)
    assert reason(state, typed(), DAY - 1) is Reason.RESTORED
    assert reason(state, typed(), DAY) is None
    assert reason(state, card()) is None


def test_a_card_is_shown_to_so_many_organisations_a_day() -> None:
    cap = POLICY.card.organisations_per_card_day
    state, outcomes = run(begin(), *[(n, card(0, b"%d" % n)) for n in range(cap + 1)])
    assert [each.released for each in outcomes] == [True] * cap + [False]
    assert outcomes[-1].reason is Reason.CARD_DAY
    _, (again,) = run(state, (9, card(0, b"0")))
    assert (again.released, again.repeat) == (True, True)
    assert reason(state, card(0, b"new"), DAY) is None
    assert reason(state, card(1, b"new"), 9) is None


def test_every_card_check_counts_at_account_and_organisation() -> None:
    small = msgspec.structs.replace(POLICY.card, account_day=3)
    policy = msgspec.structs.replace(POLICY, card=small)
    asks = [card(), card(), card(found=False), card(1)]
    state, outcomes = decide(begin(), asks, NOW, policy)
    assert [each.reason for each in outcomes] == [None, None, Reason.UNKNOWN, Reason.ACCOUNT_DAY]
    assert state.organisations[b"place"].card.total(NOW) == 3
    tight = msgspec.structs.replace(policy, card=msgspec.structs.replace(small, organisation_day=3))
    _, (refused,) = decide(state, [msgspec.structs.replace(card(), account=b"two")], NOW, tight)
    assert refused.reason is Reason.ORGANISATION_DAY


ASKS = st.lists(
    st.builds(
        lambda lane, person, account, found, admitted: (
            typed(person, account, found=found, admitted=admitted)
            if lane
            else card(person, account, account=account, found=found, admitted=admitted)
        ),
        st.booleans(),
        st.integers(0, 12),
        st.sampled_from([b"one", b"two"]),
        st.booleans(),
        st.integers(0, 5).map(bool),
    ),
    max_size=25,
)


@given(ASKS)
def test_a_batch_is_decided_as_its_checks_would_be_one_by_one(asks: list[Ask]) -> None:
    together = decide(begin(), asks, NOW, POLICY)
    assert together == run(begin(), *[(0.0, ask) for ask in asks])


@given(ASKS)
def test_deciding_changes_nothing_that_it_was_given(asks: list[Ask]) -> None:
    state, _ = decide(begin(), asks, NOW, POLICY)
    before = copy.deepcopy(state)
    decide(state, asks, NOW + HOUR, POLICY)
    assert state == before
