"""The bound: what stolen accounts can disclose, known before anybody tries."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from counts import runs
from ecluse.gate.decide import decide
from ecluse.gate.leases import Blocks, grant, needs
from ecluse.gate.state import PLATFORM, Account, Ask, Lane, Organisation, State, region_scope
from ecluse.gate.windows import DAY, HOUR, Ring
from ecluse.policy.bound import (
    Levels,
    StolenOrganisation,
    card_bound,
    known_bound,
    spread,
    typed_bound,
    typed_levels,
    worst,
)
from ecluse.policy.policy import KnownLane, TypedLane, read


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
    st.builds(
        StolenOrganisation,
        professionals=st.integers(1, 4),
        accounts=st.integers(1, 3),
        place=st.sampled_from(["north", "south", ""]),
    ),
    max_size=4,
)


def under(typed: TypedLane) -> Policy:
    return msgspec.structs.replace(DEFAULT, typed=typed)


#: The last second of an hour: what is spent then comes back first.
LATE = 1_800_003_599.0


def thief(
    policy: Policy,
    stolen: Sequence[StolenOrganisation],
    moments: Sequence[float],
    lane: Lane = Lane.TYPED,
) -> list[int]:
    """Ask for new persons with every account until each is refused; return how many at each moment.

    Moments are seconds since the epoch.
    """
    places = {
        b"%d" % number: Organisation(each.professionals, each.place or f"{number}", profession="50")
        for number, each in enumerate(stolen)
    }
    accounts = {
        b"%b/%d" % (name, number): Account(name, probation_until=0.0, locked=False)
        for (name, each) in zip(places, stolen, strict=True)
        for number in range(each.accounts)
    }
    state = State(accounts, places, cards={}, leases={})
    pools, blocks, told = dict[str, Ring](), Blocks(policy.typed.lease_block), 0
    taken = []
    for now in moments:
        before, refused = told, set[bytes]()
        while len(refused) < len(accounts):
            for name in [name for name in accounts if name not in refused]:
                drawn = needs([region_scope(places[accounts[name].organisation])])
                for scope, size in blocks.wanted(drawn, now).items():
                    caps = policy.typed
                    cap = caps.platform_day if scope == PLATFORM else caps.region_profession_day
                    pools[scope], granted = grant(pools.get(scope, Ring()), size, cap, now)
                    blocks.add(scope, granted)
                state = msgspec.structs.replace(state, leases=blocks.left(drawn))
                ask = Ask(name, lane, b"person %d" % told, found=True, admitted=True)
                state, (outcome,) = decide(state, [ask], now, policy)
                blocks.spent(state.leases)
                told += outcome.released
                if not outcome.released:
                    refused.add(name)
        taken.append(told - before)
    return taken


def quarters(hours: int) -> list[float]:
    """Every quarter of an hour for so long, from the beginning of an hour."""
    return [1_800_000_000.0 + moment for moment in range(0, int(hours * HOUR), int(HOUR // 4))]


@given(lanes, thefts, st.integers(1, 50))
def test_no_thief_gets_more_than_the_bound(
    typed: TypedLane, stolen: list[StolenOrganisation], hours: int
) -> None:
    policy = under(typed)
    assert sum(thief(policy, stolen, quarters(hours))) <= typed_bound(policy, stolen, hours)


@settings(max_examples=runs(10_000))
@given(lanes, thefts, st.lists(st.integers(1, 40 * 60), max_size=8), st.integers(1, 80))
def test_no_thief_gets_more_in_any_window_whenever_they_come(
    typed: TypedLane, stolen: list[StolenOrganisation], pauses: list[int], hours: int
) -> None:
    """Pauses are in minutes; a window of `hours` hours ends at every moment of theirs."""
    policy = under(typed)
    moments = [LATE + 60.0 * pause for pause in itertools.accumulate(pauses, initial=0)]
    taken = list(zip(moments, thief(policy, stolen, moments), strict=True))
    bound = typed_bound(policy, stolen, hours)
    for end in moments:
        assert sum(n for at, n in taken if end - hours * HOUR < at <= end) <= bound


@settings(max_examples=runs(10_000))
@given(lanes, thefts, st.integers(1, 48))
def test_a_thief_in_a_hurry_gets_all_of_it_whatever_the_policy(
    typed: TypedLane, stolen: list[StolenOrganisation], hours: int
) -> None:
    """They come at the last second of an hour, and again when a day and a second have passed."""
    assume(typed.account_hour >= typed.account_day or hours == 1)
    policy = under(typed)
    moments = [LATE] if hours <= 24 else [LATE, LATE + DAY + 1]
    assert sum(thief(policy, stolen, moments)) == typed_bound(policy, stolen, hours)


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
BY_REGION = msgspec.structs.replace(PLENTY, region_profession_day=5, organisation_day_floor=2)


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
        (BY_REGION, [StolenOrganisation(1, 1, "a"), StolenOrganisation(1, 1, "a")], 24, 9),
        (BY_REGION, [StolenOrganisation(1, 1, "a"), StolenOrganisation(1, 1, "b")], 24, 14),
    ],
)
def test_some_thief_gets_all_of_it(
    typed: TypedLane, stolen: list[StolenOrganisation], hours: int, reached: int
) -> None:
    policy = under(typed)
    assert typed_bound(policy, stolen, hours) == reached
    assert sum(thief(policy, stolen, quarters(hours))) == reached


@pytest.mark.parametrize(
    ("typed", "level"),
    [
        (BY_ACCOUNT, "account"),
        (BY_ORGANISATION, "organisation"),
        (BY_REGION, "region"),
        (BY_PLATFORM, "platform"),
    ],
)
def test_it_names_the_level_whose_cap_binds(typed: TypedLane, level: str) -> None:
    stolen = [StolenOrganisation(1, 2, "a"), StolenOrganisation(1, 2, "a")]
    levels = typed_levels(under(typed), stolen, 24)
    assert levels.binds == level
    assert list(levels) == sorted(levels, reverse=True)
    assert levels.persons == levels[Levels._fields.index(level)]


@given(lanes, st.integers(1, 8), st.integers(1, 8), st.integers(1, 5), st.integers(1, 60))
def test_no_spread_discloses_more_than_the_worst(
    typed: TypedLane, accounts: int, organisations: int, professionals: int, hours: int
) -> None:
    policy = under(typed)
    stated = spread(accounts, organisations=organisations, professionals=professionals)
    most = worst(policy, accounts, hours)
    assert sum(each.accounts for each in stated) == sum(each.accounts for each in most) == accounts
    assert typed_bound(policy, stated, hours) <= typed_bound(policy, most, hours)
    together = spread(accounts, organisations=organisations, professionals=professionals, places=1)
    assert typed_bound(policy, together, hours) <= typed_bound(policy, stated, hours)


def test_a_card_discloses_those_who_present_it_and_a_stolen_account_that_has_none_nobody() -> None:
    one = [StolenOrganisation(1, 1)]
    assert card_bound(DEFAULT, [], 24) == 0
    assert card_bound(DEFAULT, one, 24) == DEFAULT.card.account_day
    assert card_bound(DEFAULT, one, 25) == 2 * DEFAULT.card.account_day
    assert card_bound(DEFAULT, [StolenOrganisation(9, 90)], 24) == DEFAULT.card.organisation_day


def test_a_key_of_practice_software_counts_by_its_own_caps_and_in_no_typed_bound() -> None:
    software = StolenOrganisation(9, accounts=0, clients=1)
    assert card_bound(DEFAULT, [software], 24) == DEFAULT.client.card_day
    many = software._replace(accounts=1, clients=9)
    assert card_bound(DEFAULT, [many], 24) == DEFAULT.card.organisation_day
    assert typed_bound(DEFAULT, [software], 48) == 0


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


known_lanes = st.builds(
    KnownLane,
    account_day=st.integers(0, 4),
    organisation_day_per_professional=st.integers(0, 3),
    organisation_day_least=st.integers(0, 6),
    days=st.just(90),
)


@given(known_lanes, thefts, st.lists(st.integers(1, 40 * 60), max_size=8), st.integers(1, 80))
def test_no_thief_gets_more_known_patients_than_the_bound_whenever_they_come(
    known: KnownLane, stolen: list[StolenOrganisation], pauses: list[int], hours: int
) -> None:
    policy = msgspec.structs.replace(DEFAULT, known=known)
    moments = [LATE + 60.0 * pause for pause in itertools.accumulate(pauses, initial=0)]
    taken = list(zip(moments, thief(policy, stolen, moments, Lane.KNOWN), strict=True))
    bound = known_bound(policy, stolen, hours)
    for end in moments:
        assert sum(n for at, n in taken if end - hours * HOUR < at <= end) <= bound


@given(known_lanes, thefts, st.integers(1, 48))
def test_a_thief_in_a_hurry_gets_every_known_patient_that_the_bound_allows(
    known: KnownLane, stolen: list[StolenOrganisation], hours: int
) -> None:
    policy = msgspec.structs.replace(DEFAULT, known=known)
    moments = [LATE] if hours <= 24 else [LATE, LATE + DAY + 1]
    told = sum(thief(policy, stolen, moments, Lane.KNOWN))
    assert told == known_bound(policy, stolen, hours)


def test_a_stolen_login_tells_of_so_many_of_its_organisations_own_patients() -> None:
    assert known_bound(DEFAULT, [StolenOrganisation(3, 1)], 24) == 30
    assert known_bound(DEFAULT, [StolenOrganisation(3, 2)], 48) == 90
    assert known_bound(DEFAULT, [], 24) == 0
