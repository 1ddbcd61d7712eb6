"""The mandatory scheme's part of an act, and what it leaves for the person alone (pure)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from ecluse.cover.act import CENT
from ecluse.cover.step import Step, StepKind


if TYPE_CHECKING:
    from datetime import date

    from ecluse.cover.act import Act, Bill, Borne
    from ecluse.cover.law import ActRule, Law


class Part(NamedTuple):
    """What the mandatory scheme does about an act, in euros."""

    #: What it pays to the professional under third-party payment.
    paid: Decimal
    #: What it would pay within the pathway: a guarantee never makes good the difference (R871-1).
    regulated: Decimal
    #: Flat participation and franchise: recovered from the person later, covered by nobody (L871-1).
    recovered: Decimal
    borne: Borne
    steps: tuple[Step, ...]


def part(act: Act, bill: Bill, borne: Borne, law: Law) -> Part:
    """Return the mandatory scheme's part of `act`, and what was borne after it.

    Raises:
        LawError: A figure is not known for the day of care.
    """
    rule, lifted = law.acts[act.kind], _lifted(act, bill, law)
    steps: list[Step] = []
    base = min(act.base, act.price)
    regulated = cents(base - _insured(act, base, rule, lifted, bill.day, law))
    if base:
        share = regulated / base
        steps.append(Step(StepKind.AMO, regulated, {"share": share, "base": base}))
    paid = regulated
    if rule.pathway and not bill.in_pathway:
        surcharge = min(cents(base * law.at("pathway.surcharge", bill.day)), regulated)
        paid = regulated - surcharge
        steps.append(Step(StepKind.SURCHARGE, surcharge))
    recovered = Decimal(0)
    if rule.participation and "participation" not in lifted:
        due, borne = _participation(act, paid, bill.day, borne, law)
        recovered += due
        steps += [Step(StepKind.PARTICIPATION, due)] * bool(due)
    if rule.franchise and "franchise" not in lifted:
        due, borne = _franchise(act, rule, paid, bill.day, borne, law)
        recovered += due
        steps += [Step(StepKind.FRANCHISE, due)] * bool(due)
    return Part(paid, regulated, recovered, borne, tuple(steps))


def cents(amount: Decimal) -> Decimal:
    """Round to the cent, a half up, as caisses do."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def _lifted(act: Act, bill: Bill, law: Law) -> set[str]:
    exempt = [*([act.exemption] if act.exemption else []), *(["minor"] if bill.minor else [])]
    return {lifts for name in exempt for lifts in law.exemptions[name].lifts}


def _insured(
    act: Act, base: Decimal, rule: ActRule, lifted: set[str], day: date, law: Law
) -> Decimal:
    """Return the insured's share of the base (ticket modérateur), a flat charge in place of it."""
    if rule.flat:
        return min(_flat(act, rule, lifted, day, law) * act.quantity, base)
    if "share" in lifted:
        return Decimal(0)
    share = base * law.at(rule.share, day)
    if rule.heavy and act.base >= law.at("heavy.threshold", day) * act.quantity:
        if rule.heavy == "free":
            return Decimal(0)
        return min(law.at("heavy.charge", day) * act.quantity, share)
    return share


def _flat(act: Act, rule: ActRule, lifted: set[str], day: date, law: Law) -> Decimal:
    if rule.flat is None or "share" not in lifted or act.exemption is None:
        return Decimal(0) if rule.flat is None else law.at(rule.flat, day)
    if rule.flat_reduced and law.exemptions[act.exemption].flat == "reduced":
        return law.at(rule.flat_reduced, day)
    return Decimal(0)


def _participation(
    act: Act, paid: Decimal, day: date, borne: Borne, law: Law
) -> tuple[Decimal, Borne]:
    """Return the flat participation on an act: at most what was paid, so many a day and a year."""
    if not paid:
        return Decimal(0), borne
    left = min(
        act.quantity,
        int(law.at("participation.per_day", day)) - borne.participations_day,
        int(law.at("participation.per_year", day)) - borne.participations_year,
    )
    if left <= 0:
        return Decimal(0), borne
    after = replace(
        borne,
        participations_day=borne.participations_day + left,
        participations_year=borne.participations_year + left,
    )
    return min(law.at("participation.amount", day) * left, paid), after


def _franchise(
    act: Act, rule: ActRule, paid: Decimal, day: date, borne: Borne, law: Law
) -> tuple[Decimal, Borne]:
    """Return the franchise on an act: at most what was paid, and what the day and year leave."""
    if rule.franchise is None:
        return Decimal(0), borne
    left = law.at("franchise.per_year", day) - borne.franchises_year
    due = min(law.at(rule.franchise, day) * act.quantity, paid, left)
    today = borne.franchises_day
    if rule.franchise_day:
        before = today.get(rule.franchise_day, Decimal(0))
        due = min(due, law.at(rule.franchise_day, day) - before)
        today = {**today, rule.franchise_day: before + max(due, Decimal(0))}
    if due <= 0:
        return Decimal(0), borne
    after = replace(borne, franchises_year=borne.franchises_year + due, franchises_day=today)
    return due, after
