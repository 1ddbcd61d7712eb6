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
    from ecluse.policy.policy import Policy


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


def known(person: int = 0, account: bytes = b"one", **changes: object) -> Ask:
    return typed(person, account, lane=Lane.KNOWN, **changes)


def card(
    number: int = 0, visitor: bytes = b"here", account: bytes = b"one", **changes: object
) -> Ask:
    name = b"card %d" % number
    ask = Ask(account, Lane.CARD, name, found=True, admitted=True, card=name)
    places = {"visitor": name + visitor, "counter": name + visitor + account}
    return msgspec.structs.replace(ask, **places, **changes)


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


@pytest.mark.parametrize("ask", [typed(), known(), card()])
def test_an_open_account_with_a_signed_in_device_is_answered(ask: Ask) -> None:
    assert run(begin(), (0, ask))[1][0].released


@pytest.mark.parametrize("ask", [typed, known, card])
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


@pytest.mark.parametrize("ask", [typed, known])
def test_a_person_who_is_not_on_file_costs_as_much_as_one_who_is(ask: Callable[..., Ask]) -> None:
    found, _ = run(begin(), (0, ask()))
    missed, (outcome,) = run(begin(), (0, ask(found=False)))
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


def test_after_a_restore_nothing_is_told_without_a_card() -> None:
    state = msgspec.structs.replace(begin(), spent_until=NOW + DAY)
    for ask in (typed(), known()):
        assert reason(state, ask, DAY - 1) is Reason.RESTORED
        assert reason(state, ask, DAY) is None
    assert reason(state, card()) is None


def test_known_patients_have_a_budget_of_their_own() -> None:
    cap = POLICY.known.account_day
    state, outcomes = run(begin(), *[(n * HOUR / 4, known(n)) for n in range(cap + 1)])
    assert [each.released for each in outcomes] == [True] * cap + [False]
    assert outcomes[-1].reason is Reason.ACCOUNT_DAY
    state, (again,) = run(state, (10 * HOUR, known(0)))
    assert (again.released, again.repeat) == (True, True)
    assert reason(state, typed(0), 10 * HOUR) is None
    # The first one was asked again, the second one frees its place a day later.
    assert reason(state, known(99), DAY) is Reason.ACCOUNT_DAY
    assert reason(state, known(99), DAY + HOUR / 4) is None


def test_accounts_of_one_organisation_share_its_known_patients() -> None:
    cap = POLICY.known.organisation_day(PLACE.professionals)
    half = [[(0, known(n, account)) for n in range(cap // 2)] for account in (b"one", b"two")]
    state, outcomes = run(begin(), *half[0], *half[1])
    assert all(each.released for each in outcomes)
    assert reason(state, known(99, b"two")) is Reason.ORGANISATION_DAY
    assert reason(state, known(0, b"two"), HOUR) is None
    assert reason(state, known(99, b"two"), 25 * HOUR) is None


def test_known_patients_draw_on_no_other_organisations_cap() -> None:
    empty = begin(**{REGION: 0, PLATFORM: 0})
    floor = POLICY.typed.organisation_day_floor
    _, outcomes = run(empty, *[(0, known(n)) for n in range(floor + 2)])
    assert all(each.released for each in outcomes)


def test_probation_leaves_a_fraction_of_known_patients_too() -> None:
    state = with_account(begin(), probation_until=NOW + HOUR)
    cap = POLICY.probation.of(POLICY.known.account_day)
    state, outcomes = run(state, *[(0, known(n)) for n in range(cap + 1)])
    assert [each.released for each in outcomes] == [True] * cap + [False]
    assert reason(state, known(99), HOUR) is None


def test_a_card_is_shown_to_so_many_organisations_a_day() -> None:
    cap = POLICY.card.organisations_per_card_day
    state, outcomes = run(begin(), *[(n, card(0, b"%d" % n)) for n in range(cap + 1)])
    assert [each.released for each in outcomes] == [True] * cap + [False]
    assert outcomes[-1].reason is Reason.CARD_DAY
    _, (again,) = run(state, (9, card(0, b"0")))
    assert (again.released, again.repeat) == (True, True)
    assert reason(state, card(0, b"new"), DAY) is None
    assert reason(state, card(1, b"new"), 9) is None


def under(**caps: int) -> Policy:
    return msgspec.structs.replace(POLICY, card=msgspec.structs.replace(POLICY.card, **caps))


def test_a_card_counts_once_a_day_and_a_miss_every_time() -> None:
    policy = under(account_day=4)
    asks = [card(), card(), card(9, found=False), card(9, found=False), card(1), card(2), card(1)]
    state, outcomes = decide(begin(), asks, NOW, policy)
    unknown, full = Reason.UNKNOWN, Reason.ACCOUNT_DAY
    assert [each.reason for each in outcomes] == [None, None, unknown, unknown, None, full, None]
    assert state.accounts[b"one"].card.total(NOW) == 4
    assert state.organisations[b"place"].card.total(NOW) == 4


def test_a_card_is_free_where_it_was_shown_and_counts_at_every_other_counter() -> None:
    policy = under(account_day=2, organisation_day=3)
    state, _ = decide(begin(), [card(0), card(1), card(2, account=b"two")], NOW, policy)
    there = [card(n, account=b"two") for n in (0, 1, 3)]
    state, outcomes = decide(state, there, NOW, policy)
    # One more of its own; then its own cap, though the organisation has seen the card.
    assert [each.released for each in outcomes] == [True, False, False]
    assert outcomes[0].repeat
    assert {each.reason for each in outcomes[1:]} == {Reason.ACCOUNT_DAY}
    assert state.organisations[b"place"].card.total(NOW) == 3
    fresh = msgspec.structs.replace(
        state, accounts={**state.accounts, b"two": Account(b"place", 0.0, locked=False)}
    )
    _, (refused,) = decide(fresh, [card(4, account=b"two")], NOW, policy)
    assert refused.reason is Reason.ORGANISATION_DAY


def test_a_card_shown_again_counts_from_its_latest_showing() -> None:
    policy = under(account_day=1)
    state, _ = decide(begin(), [card()], NOW, policy)
    state, _ = decide(state, [card()], NOW + 12 * HOUR, policy)
    assert decide(state, [card(1)], NOW + 26 * HOUR, policy)[1][0].reason is Reason.ACCOUNT_DAY
    assert decide(state, [card(1)], NOW + 37 * HOUR, policy)[1][0].released


ASKS = st.lists(
    st.builds(
        lambda lane, person, account, found, admitted: (
            card(person, account, account, found=found, admitted=admitted)
            if lane is Lane.CARD
            else typed(person, account, lane=lane, found=found, admitted=admitted)
        ),
        st.sampled_from(Lane),
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


def phone(visitor: bytes = b"here", *, spent: bool = False) -> Ask:
    return msgspec.structs.replace(card(0, visitor), phone=True, spent=spent)


def test_a_phone_may_be_shown_anywhere() -> None:
    places = [b"shop %d" % n for n in range(POLICY.card.organisations_per_card_day * 3)]
    _, outcomes = run(begin(), *[(n, phone(place)) for n, place in enumerate(places)])
    assert all(outcome.released for outcome in outcomes)


def test_a_presentation_that_was_used_is_refused_and_costs_nothing() -> None:
    state, (outcome,) = run(begin(), (0, phone(spent=True)))
    assert outcome.reason is Reason.SPENT
    assert not outcome.looked_up
    assert state == begin()


@given(
    st.lists(st.tuples(st.sampled_from([typed, known]), st.integers(0, 40)), max_size=60),
    st.booleans(),
)
def test_no_cap_that_others_share_ever_refuses_a_phone(
    asked: list[tuple[Callable[..., Ask], int]], restored: bool
) -> None:
    state, _ = run(begin(), *[(0, ask(person)) for ask, person in asked])
    held = msgspec.structs.replace(
        state,
        leases={REGION: 0, PLATFORM: 0},
        spent_until=NOW + DAY if restored else 0.0,
        braked_until=NOW + DAY,
    )
    frozen = with_account(held, frozen_typed_until=NOW + DAY, shrunk_until=NOW + DAY)
    assert reason(frozen, phone()) is None


def test_without_enough_witnesses_only_typed_checks_wait() -> None:
    state = msgspec.structs.replace(begin(), witnessed_until=NOW + 60)
    assert reason(state, typed(), 59.9) is None
    assert reason(state, typed(), 60) is Reason.UNWITNESSED
    late, outcomes = run(state, (60, typed()), (61, known()), (62, card()))
    assert [each.released for each in outcomes] == [False, True, True]
    # What was refused for that costs nothing, and a repeat of what was answered before waits too.
    assert late.accounts[b"one"].typed == state.accounts[b"one"].typed
    asked, _ = run(state, (0, typed()))
    assert reason(asked, typed(), 60) is Reason.UNWITNESSED
    assert reason(msgspec.structs.replace(late, witnessed_until=NOW + 120), typed(), 63) is None
