"""What a neighbour's word brings: our policy, our trust, a budget, and nobody else's account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counts import runs
from ecluse.exchange.follow import Consequence, Here, Spent, about, follow
from ecluse.exchange.stix import Professional, Told
from ecluse.policy.exchange import Following, Shared
from ecluse.policy.policy import read


POLICY = read()[0].exchange
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
WHO = Professional("010000016", "", "10001234565")
ONE, NOTHING = b"one", Spent()


def told(kind: Shared = Shared.SWEEP, who: Professional = WHO, *, revoked: bool = False) -> Told:
    return Told("indicator--1", kind, who, NOW, NOW + timedelta(days=30), revoked)


def done(
    each: Told,
    accounts: list[bytes],
    most: Following = Following.LOCK,
    spent: Spent = NOTHING,
    now: datetime = NOW,
) -> list[Consequence]:
    return follow(each, accounts, "Neighbour", most, spent, now, POLICY)[0]


def test_the_same_professional_is_closed_but_for_cards() -> None:
    (consequence,) = done(told(), [ONE])
    assert (consequence.account, consequence.measure) == (ONE, Following.CLOSE)
    assert consequence.reason == "Neighbour raised an alarm (sweep) about the same professional."


@pytest.mark.parametrize("most", list(Following))
def test_no_word_brings_more_than_was_agreed_with_that_neighbour(most: Following) -> None:
    for kind in Shared:
        for consequence in done(told(kind), [ONE], most):
            assert consequence.measure.strength <= most.strength


def test_a_campaign_names_nobody_and_takes_nothing_from_anybody() -> None:
    (consequence,) = done(told(Shared.CAMPAIGN, Professional()), [])
    assert (consequence.account, consequence.measure) == (b"", Following.WATCH)


@pytest.mark.parametrize(
    ("each", "now"),
    [
        (told(revoked=True), NOW),
        (told(), NOW + timedelta(days=31)),
        (told(), NOW - timedelta(minutes=6)),
    ],
)
def test_what_is_over_taken_back_or_of_the_future_brings_nothing(each: Told, now: datetime) -> None:
    (consequence,) = done(each, [ONE], now=now)
    assert (consequence.account, consequence.measure) == (b"", Following.NOTIFY)


def test_an_alarm_finds_its_professional_and_no_colleague_who_is_known_to_be_another() -> None:
    here = [
        Here(b"same", WHO.finess, WHO.rpps),
        Here(b"elsewhere", "010780195", WHO.rpps),
        Here(b"colleague", WHO.finess, "10009999995"),
        Here(b"nameless", WHO.finess, ""),
        Here(b"stranger", "010780195", ""),
    ]
    assert about(WHO, here) == [b"same", b"elsewhere", b"nameless"]
    assert about(WHO._replace(rpps=""), here) == [b"same", b"colleague", b"nameless"]
    assert about(Professional(), here) == []


@pytest.mark.attack
@given(st.lists(st.tuples(st.sampled_from(Shared), st.integers(0, 40)), max_size=60))
@settings(max_examples=runs(1000))
def test_whatever_a_dishonest_neighbour_says_in_an_hour_it_closes_no_more_than_the_budget(
    said: list[tuple[Shared, int]],
) -> None:
    spent, closed, frozen = Spent(), 0, 0
    for kind, accounts in said:
        consequences, spent = follow(
            told(kind),
            [b"%d" % n for n in range(accounts)],
            "N",
            Following.LOCK,
            spent,
            NOW,
            POLICY,
        )
        closed += sum(each.measure in {Following.CLOSE, Following.LOCK} for each in consequences)
        frozen += sum(each.measure is Following.FREEZE for each in consequences)
    assert closed <= POLICY.closes_hour
    assert frozen <= POLICY.freezes_hour
