from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from ecluse.cli import app
from ecluse.gate.state import Lane, Reason
from ecluse.gate.windows import DAY
from ecluse.policy.policy import Policy, read
from ecluse.siege.field import Field
from ecluse.siege.honest import BEGIN
from ecluse.siege.nation.assumed import assumed
from ecluse.siege.nation.calendar import Day
from ecluse.siege.nation.checks import CARD, LANES, TYPED
from ecluse.siege.nation.drawing import Drawing
from ecluse.siege.nation.region import settle
from ecluse.siege.nation.work import Plan
from ecluse.siege.nation.workers import at_work
from ecluse.watch.alarm import Kind


if TYPE_CHECKING:
    from numpy.typing import NDArray


POLICY, _ = read()
ASSUMED = assumed()
SMALL = Plan(accounts=60, days=1, typed=1.0, seed=1, begin=BEGIN)


def test_a_nation_is_refused_and_locked_by_a_policy_with_nothing_in_it() -> None:
    typed = msgspec.structs.replace(POLICY.typed, account_day=0)
    strict = msgspec.structs.replace(POLICY, typed=typed)
    usual, harsh = (at_work(SMALL, each, ASSUMED) for each in (POLICY, strict))
    assert usual["checks"] == harsh["checks"] > 300
    assert usual["wrongly_refused"] < harsh["wrongly_refused"] == sum(harsh["refused_by"].values())
    assert Reason.ACCOUNT_DAY in harsh["refused_by"]


def counts(plan: Plan, policy: Policy, workers: int = 1) -> dict[str, Any]:
    """What a nation met, without how long it took."""
    met = at_work(plan, policy, ASSUMED, workers)
    return {key: met[key] for key in met.keys() - {"seconds", "checks_per_s", "workers"}}


def test_a_nation_is_the_same_in_two_processes_as_in_one() -> None:
    """With a platform's cap that is exhausted, alarms everywhere, and a campaign among them."""
    typed = msgspec.structs.replace(
        POLICY.typed, platform_day=40, lease_block=2, organisation_day_floor=0
    )
    loose = {
        "threshold": 2.0,
        "theft": 2.0,
        "corroborated": 0.5,
        "numbers": 2.0,
        "unanswered_row": 1,
        "row_misses": 1,
        "campaign_alarms": 2,
        "campaign_minutes": 600.0,
    }
    watch = msgspec.structs.replace(POLICY.watch, **loose)
    tight = msgspec.structs.replace(POLICY, typed=typed, watch=watch)
    one, two = (counts(SMALL, tight, workers) for workers in (1, 2))
    assert one == two
    assert {Reason.PLATFORM_DAY, Reason.LOCKED} <= set(one["refused_by"])
    assert Kind.CAMPAIGN in one["alarms_by_kind"]
    assert counts(msgspec.structs.replace(SMALL, seed=2), tight) != one


def test_cards_forgotten_once_nobody_shows_them_again_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lane = msgspec.structs.replace(POLICY.card, organisations_per_card_day=1, account_day=20)
    strict = msgspec.structs.replace(POLICY, card=lane)
    usual = counts(SMALL, strict)
    assert {Reason.CARD_DAY, Reason.ACCOUNT_DAY} <= set(usual["refused_by"])
    monkeypatch.setattr(Field, "forget", lambda *_: None)
    assert counts(SMALL, strict) == usual


def test_trades_have_their_shares_of_the_accounts_and_organisations_their_sizes() -> None:
    regions = settle(np.random.default_rng(1), 5_000, ASSUMED)
    trade = np.concatenate([region.trade for region in regions])
    shares = np.bincount(trade, minlength=len(ASSUMED.trades)) / len(trade)
    assert len(trade) == 5_000
    assert shares == pytest.approx([each.share for each in ASSUMED.trades], abs=0.001)
    for region in regions:
        assert np.bincount(region.place).tolist() == region.sizes.tolist()


@pytest.mark.parametrize("typed", [0.5, 2.0])
def test_an_account_types_as_much_as_is_asked_for_on_a_day_at_work(typed: float) -> None:
    even = {"queue": (1.0,) * 7, "season": (1.0,) * 12, "dead_season": (1.0,) * 12}
    flat = msgspec.structs.replace(ASSUMED, **even)
    regions = settle(np.random.default_rng(1), 6_000, flat)
    drawing, typing = Drawing(flat, typed), 0
    for number, region in enumerate(regions):
        day = drawing.day(np.random.default_rng(number), region, Day.after(BEGIN, 1))
        typing += int((day.checks.lane == TYPED).sum())
    at_work = 6_000 * flat.accounts.weekday * (1 - flat.accounts.away)
    assert typing / at_work == pytest.approx(typed, rel=0.1)


def test_a_day_is_in_order_and_an_outage_brings_everybody_back_at_once() -> None:
    (region, *_) = settle(np.random.default_rng(1), 4_000, ASSUMED)
    plan = ASSUMED.outage
    usual, outage = (
        Drawing(ASSUMED, 1.0).day(np.random.default_rng(1), region, Day.after(BEGIN, number)).checks
        for number in (plan.day + 7, plan.day)
    )
    assert (np.diff(usual.at) >= 0).all()
    assert usual.at.max() < DAY
    begins, ends = plan.from_ * 3600, plan.to * 3600

    def asked(at: NDArray[np.float64], first: float, last: float) -> int:
        return int(((at >= first) & (at < last)).sum())

    assert asked(outage.at, begins, ends) == 0
    assert asked(outage.at, ends, ends + 900) > 2 * asked(usual.at, ends, ends + 900)


def test_some_cards_are_shown_in_several_places_and_few_in_five() -> None:
    regions = settle(np.random.default_rng(1), 8_000, ASSUMED)
    places: dict[int, set[int]] = {}
    for region in regions:
        checks = (
            Drawing(ASSUMED, 1.0).day(np.random.default_rng(2), region, Day.after(BEGIN, 1)).checks
        )
        cards = checks.at_rows(checks.lane == CARD)
        for card, place in zip(cards.subject.tolist(), region.place[cards.account], strict=True):
            places.setdefault(card, set()).add(int(place))
    counts = np.bincount([len(each) for each in places.values()])
    assert 0.05 < counts[2] / counts.sum() < 0.2
    assert counts[5:].sum() / counts.sum() < 0.0005


def test_the_nation_tells_what_scripts_rely_on() -> None:
    asked = ["siege", "nation", "--accounts", "40", "--days", "1", "--json"]
    facts = json.loads(CliRunner().invoke(app, asked).stdout)
    relied = {"checks", "false_locks", "wrongly_refused", "presence_refused"}
    assert relied <= set(facts["honest"])
    assert set(facts["honest"]["checks_by_lane"]) == {lane.value for lane in LANES} == set(Lane)
    assert facts["assumed"]["trades"][0]["share"] == ASSUMED.trades[0].share


def test_a_phone_is_refused_nowhere_and_paper_in_too_many_places() -> None:
    lane = msgspec.structs.replace(POLICY.card, organisations_per_card_day=1)
    strict = msgspec.structs.replace(POLICY, card=lane)
    met = at_work(SMALL, strict, ASSUMED)
    assert met["presence_checks"] > 50
    assert met["presence_refused"] == 0
    assert met["refused_by"][Reason.CARD_DAY] > 0
