"""What holds for every bill, under every order of bills, on every day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cover.bills import PLAIN, act, bill, line, package, priced, shares
from ecluse.cover.act import Act, ActKind, Basket, Bill, BillError, Borne, Equipment, Exemption
from ecluse.cover.law import LawError, law
from ecluse.cover.price import price


EUROS = st.decimals(0, 5000, places=2, allow_nan=False)
DAYS = st.dates(date(2024, 6, 1), date(2027, 12, 31))


@st.composite
def acts(draw: st.DrawFn) -> Act:
    return Act(
        draw(st.sampled_from(ActKind)),
        price=draw(EUROS),
        base=draw(EUROS),
        quantity=draw(st.integers(1, 8)),
        ceiling=draw(st.none() | EUROS),
        basket=draw(st.none() | st.sampled_from(Basket)),
        equipment=draw(st.none() | st.sampled_from(Equipment)),
        optam=draw(st.none() | st.booleans()),
        network=draw(st.booleans()),
        exemption=draw(st.none() | st.sampled_from(Exemption)),
    )


@st.composite
def bills(draw: st.DrawFn, days: st.SearchStrategy[date] = DAYS) -> Bill:
    return Bill(
        draw(days),
        tuple(draw(st.lists(acts(), min_size=1, max_size=6))),
        minor=draw(st.booleans()),
        in_pathway=draw(st.booleans()),
    )


@given(bills(), st.booleans(), st.integers(0, 2))
def test_the_parts_of_every_act_sum_to_its_price_and_none_is_negative(
    asked: Bill, responsible: bool, payers: int
) -> None:
    out = price(asked, (replace(PLAIN, responsible=responsible), PLAIN)[:payers])
    for one in out.acts:
        assert one.amo + one.amc + one.patient == one.price
        assert sum(one.amcs) == one.amc
        assert one.amo_paid + one.amc + one.due_now == one.price
        assert min(one.amo, one.amc, one.patient, one.amo_paid, one.due_now) >= 0
    assert out.amo + out.amc + out.patient == out.price == sum(a.price for a in asked.acts)


@given(acts(), EUROS, DAYS)
def test_a_dearer_act_never_costs_the_patient_less(one: Act, more: Decimal, day: date) -> None:
    dearer = act(one.kind, one.price + more, one.base, quantity=one.quantity)
    plain = act(one.kind, one.price, one.base, quantity=one.quantity)
    cheap = price(Bill(day, (plain,)), (PLAIN,))
    dear = price(Bill(day, (dearer,)), (PLAIN,))
    assert dear.due_now >= cheap.due_now
    assert dear.amo_paid >= cheap.amo_paid


@given(st.lists(bills(st.dates(date(2025, 1, 1), date(2025, 12, 31))), max_size=25))
def test_no_order_of_bills_goes_over_a_cap_of_the_year_or_of_the_day(asked: list[Bill]) -> None:
    figures, borne = law(), Borne()
    euro = figures.at("participation.amount", date(2025, 1, 1))
    participations = franchises = Decimal(0)
    for each in asked:
        # One bill a day: what the day bore begins anew.
        borne = Borne(
            participations_year=borne.participations_year,
            franchises_year=borne.franchises_year,
            given=borne.given,
        )
        before, out = borne, price(each, (PLAIN,), borne)
        borne = out.borne
        participations += euro * (borne.participations_year - before.participations_year)
        franchises += borne.franchises_year - before.franchises_year
        assert borne.participations_day <= figures.at("participation.per_day", each.day)
        for name, spent in borne.franchises_day.items():
            assert spent <= figures.at(name, each.day)
    assert participations <= euro * figures.at("participation.per_year", date(2025, 1, 1))
    assert franchises <= figures.at("franchise.per_year", date(2025, 1, 1))


@given(st.lists(st.tuples(st.integers(0, 2000), EUROS), max_size=12))
def test_a_counter_of_two_years_gives_what_it_says_in_any_two_years_from_its_first(
    bought: list[tuple[int, Decimal]],
) -> None:
    borne, begun, sums = Borne(), date.min, Decimal(0)
    for days, amount in sorted(bought):
        day = date(2024, 6, 1) + timedelta(days=days)
        lens = act("lens", amount, 0, basket="free")
        out = price(Bill(day, (lens,)), (PLAIN,), borne)
        borne = out.borne
        if out.amc and day >= begun.replace(year=begun.year + 2):
            begun, sums = day, Decimal(0)
        sums += out.amc
        assert sums <= 320


@pytest.mark.parametrize("name", sorted(law().parameters))
def test_each_value_counts_from_its_first_day_and_not_a_day_before(name: str) -> None:
    parameter = law().parameters[name]
    days = [value.since for value in parameter.value]
    assert days == sorted(set(days))
    for earlier, later in zip(parameter.value, parameter.value[1:], strict=False):
        assert parameter.at(later.since - timedelta(days=1)) == earlier.value
        assert parameter.at(later.since) == later.value
    with pytest.raises(LawError, match="is not known before"):
        parameter.at(days[0] - timedelta(days=1))


def test_every_kind_of_act_has_its_rule_and_every_rule_its_figures() -> None:
    figures = law()
    assert set(figures.acts) == set(ActKind)
    assert set(figures.exemptions) == {"minor", *Exemption}
    for rule in figures.acts.values():
        named = (rule.share, rule.franchise, rule.franchise_day, rule.flat, rule.flat_reduced)
        assert {name for name in named if name} <= set(figures.parameters)


def test_a_second_pair_within_two_years_is_told_until_when_it_is_not_paid() -> None:
    frame = act("frame", 120, "0.05", basket="free")
    first = priced(frame)
    second = priced(frame, day="2027-03-02", borne=first.borne)
    third = priced(frame, day="2028-03-02", borne=first.borne)
    assert shares(first) == shares(third) == ("0.03", "99.97", "20.00")
    assert shares(second) == ("0.03", "0.00", "119.97")
    assert any("used up until 2028-03-02" in step.words("en") for step in second.acts[0].steps)


def test_lines_that_name_one_counter_share_its_limit() -> None:
    shared = {"counter": "care", "limit": "100 EUR/year"}
    under = package(
        everyday=[line("80 EUR", "unreimbursed", **shared)],
        pharmacy=[line("80 EUR", "medicine_unreimbursed", **shared)],
    )
    out = priced(act("unreimbursed", 90), act("medicine_unreimbursed", 90), under=under)
    assert [str(one.amc) for one in out.acts] == ["80.00", "20.00"]


def test_the_ticket_says_in_both_languages_where_each_euro_goes() -> None:
    out = priced(act("gp_visit", 30, 30))
    assert [step.words("en") for step in out.acts[0].steps] == [
        "21.00 AMO, 70 % of 30.00",
        "2.00 flat participation, recovered later by the caisse",
        "9.00 AMC, guarantee “gp_visit” at 100% BR",
        "0.00 for the patient to pay now",
    ]
    assert out.acts[0].steps[0].words("fr") == (
        "21,00\u00a0€ pris en charge par l'assurance maladie, 70\u00a0% de 30,00\u00a0€"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "-0.01"), ("base", "1.001"), ("ceiling", "NaN"), ("price", "1e9")],
)
def test_an_amount_that_is_none_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(BillError, match=field):
        replace(act("frame", 1), **{field: Decimal(value)})


def test_care_before_a_figure_is_known_is_refused_with_its_article() -> None:
    with pytest.raises(LawError, match="R160-5"):
        price(bill(act("gp_visit", 20, 20), day="1999-01-01"), (PLAIN,))


def test_a_part_of_less_than_half_a_cent_is_nothing_and_uses_nothing_up() -> None:
    cover = package(everyday=[line("130% BR", "specialist_visit")])
    told = price(bill(act("specialist_visit", "0.02", "0.01")), (cover,))
    assert (told.amo_paid, told.amc) == (Decimal("0.01"), Decimal(0))


def test_a_second_insurer_pays_within_what_the_first_one_leaves() -> None:
    first = package(everyday=[line("100% BR", "specialist_visit")])
    second = replace(package(everyday=[line("200% BR", "specialist_visit")]), code="Q")
    visit = bill(act("specialist_visit", 80, 30))
    alone, both = price(visit, (second,)), price(visit, (first, second))
    assert [str(each) for each in both.acts[0].amcs] == ["9.00", "30.00"]
    assert both.amc == alone.amc == 39
    assert both.due_now == 20
