"""The bound: what stolen accounts can disclose, known before anybody tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.gate.decide import decide
from ecluse.gate.leases import Blocks, grant, needs
from ecluse.gate.state import PLATFORM, Account, Ask, Lane, Organisation, State, region_scope
from ecluse.gate.windows import HOUR, Ring
from ecluse.policy.bound import StolenOrganisation, typed_bound
from ecluse.policy.policy import TypedLane, read


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.policy.policy import Policy


DEFAULT = read()[0]
lanes = st.builds(
    TypedLane,
    account_day=st.integers(0, 6),
    account_hour=st.integers(0, 3),
    organisation_day_per_professional=st.integers(0, 3),
    organisation_day_least=st.integers(0, 6),
    organisation_day_floor=st.integers(0, 4),
    region_profession_day=st.integers(0, 30),
    platform_day=st.integers(0, 30),
    lease_block=st.integers(1, 5),
)
thefts = st.lists(
    st.builds(StolenOrganisation, professionals=st.integers(1, 4), accounts=st.integers(1, 3)),
    max_size=4,
)


def under(typed: TypedLane) -> Policy:
    return msgspec.structs.replace(DEFAULT, typed=typed)


def thief(policy: Policy, stolen: Sequence[StolenOrganisation], hours: int) -> int:
    """Ask for a new person with every account whenever it is free to; return how many were told.

    From the first second of an hour, every quarter of an hour, before `hours` are over.
    """
    places = {
        b"%d" % number: Organisation(each.professionals, region="11", profession="50")
        for number, each in enumerate(stolen)
    }
    accounts = {
        b"%b/%d" % (name, number): Account(name, probation_until=0.0, locked=False)
        for (name, each) in zip(places, stolen, strict=True)
        for number in range(each.accounts)
    }
    state = State(accounts, places, cards={}, leases={})
    pools, blocks, told = dict[str, Ring](), Blocks(policy.typed.lease_block), 0
    for moment in range(0, int(hours * HOUR), int(HOUR // 4)):
        now = 1_800_000_000.0 + moment
        for name, account in accounts.items():
            for _ in range(policy.typed.account_hour + 1):
                drawn = needs([region_scope(places[account.organisation])])
                for scope, size in blocks.wanted(drawn, now).items():
                    caps = policy.typed
                    cap = caps.platform_day if scope == PLATFORM else caps.region_profession_day
                    pools[scope], granted = grant(pools.get(scope, Ring()), size, cap, now)
                    blocks.add(scope, granted)
                state = msgspec.structs.replace(state, leases=blocks.left(drawn))
                ask = Ask(name, Lane.TYPED, b"person %d" % told, found=True, admitted=True)
                state, (outcome,) = decide(state, [ask], now, policy)
                blocks.spent(state.leases)
                told += outcome.released
    return told


@given(lanes, thefts, st.integers(1, 50))
def test_no_thief_gets_more_than_the_bound(
    typed: TypedLane, stolen: list[StolenOrganisation], hours: int
) -> None:
    policy = under(typed)
    assert thief(policy, stolen, hours) <= typed_bound(policy, stolen, hours)


PLENTY = TypedLane(
    account_day=99,
    account_hour=99,
    organisation_day_per_professional=99,
    organisation_day_least=99,
    organisation_day_floor=0,
    region_profession_day=999,
    platform_day=999,
    lease_block=1,
)
BY_ACCOUNT = msgspec.structs.replace(PLENTY, account_day=6, account_hour=2)
BY_ORGANISATION = msgspec.structs.replace(
    PLENTY, organisation_day_per_professional=3, organisation_day_least=4
)
BY_PLATFORM = msgspec.structs.replace(PLENTY, platform_day=7, organisation_day_floor=2)


@pytest.mark.parametrize(
    ("typed", "stolen", "hours", "reached"),
    [
        (BY_ACCOUNT, [StolenOrganisation(1, 1)], 1, 2),
        (BY_ACCOUNT, [StolenOrganisation(1, 1)], 2, 4),
        (BY_ACCOUNT, [StolenOrganisation(1, 1)], 24, 6),
        (BY_ACCOUNT, [StolenOrganisation(1, 1)], 25, 8),
        (BY_ACCOUNT, [StolenOrganisation(1, 1)], 48, 12),
        (BY_ACCOUNT, [StolenOrganisation(1, 2), StolenOrganisation(3, 1)], 24, 18),
        (BY_ORGANISATION, [StolenOrganisation(1, 2)], 24, 4),
        (BY_ORGANISATION, [StolenOrganisation(2, 2), StolenOrganisation(1, 1)], 24, 10),
        (BY_ORGANISATION, [StolenOrganisation(2, 2)], 48, 12),
        (BY_PLATFORM, [StolenOrganisation(1, 1)], 24, 9),
        (BY_PLATFORM, [StolenOrganisation(1, 1), StolenOrganisation(1, 1)], 24, 11),
        (BY_PLATFORM, [StolenOrganisation(1, 1)], 48, 18),
    ],
)
def test_some_thief_gets_all_of_it(
    typed: TypedLane, stolen: list[StolenOrganisation], hours: int, reached: int
) -> None:
    policy = under(typed)
    assert typed_bound(policy, stolen, hours) == reached
    assert thief(policy, stolen, hours) == reached


@given(lanes, thefts, st.integers(0, 60))
def test_more_time_more_accounts_and_more_organisations_never_make_it_less(
    typed: TypedLane, stolen: list[StolenOrganisation], hours: int
) -> None:
    policy = under(typed)
    bound = typed_bound(policy, stolen, hours)
    assert bound <= typed_bound(policy, stolen, hours + 1)
    assert bound <= typed_bound(policy, [*stolen, StolenOrganisation(1, 1)], hours)
    wider = [each._replace(accounts=each.accounts + 1) for each in stolen]
    assert bound <= typed_bound(policy, wider, hours)


@given(lanes, thefts, st.integers(0, 60), st.sampled_from(TypedLane.__struct_fields__))
def test_no_cap_makes_it_less_by_growing(
    typed: TypedLane, stolen: list[StolenOrganisation], hours: int, cap: str
) -> None:
    grown = msgspec.structs.replace(typed, **{cap: getattr(typed, cap) + 1})
    assert typed_bound(under(typed), stolen, hours) <= typed_bound(under(grown), stolen, hours)


@given(lanes, thefts, st.integers(0, 60), st.integers(0, 60))
def test_two_spans_together_allow_no_more_than_each_alone(
    typed: TypedLane, stolen: list[StolenOrganisation], hours: int, more: int
) -> None:
    policy = under(typed)
    together = typed_bound(policy, stolen, hours + more)
    assert together <= typed_bound(policy, stolen, hours) + typed_bound(policy, stolen, more)


def test_nothing_stolen_discloses_nobody() -> None:
    assert typed_bound(DEFAULT, [], 24) == 0


def test_one_stolen_login_of_2024_would_have_disclosed_ten_persons_a_day() -> None:
    """In 2024 one account exposed twenty million."""
    assert typed_bound(DEFAULT, [StolenOrganisation(3, 1)], 24) == 10
