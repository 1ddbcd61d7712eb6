"""A bill priced: who pays what of each act, with every step, and what was borne after it (pure).

The order is the law's: the mandatory scheme's part first, then the insurer's within what is left.
Flat participations and franchises are recovered from the person later, so the professional is paid
both parts in full on the day (L160-13, II and III).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ecluse.cover.act import Borne
from ecluse.cover.amo import part
from ecluse.cover.guarantee import Given, give
from ecluse.cover.law import law as the_law
from ecluse.cover.step import Step, StepKind


if TYPE_CHECKING:
    from ecluse.cover.act import Act, Bill
    from ecluse.cover.law import Law
    from ecluse.cover.package import CoverPackage


class PricedAct(msgspec.Struct, frozen=True):
    """One act, in euros; `amo + amc + patient` is its price."""

    price: Decimal
    #: What each bears in the end.
    amo: Decimal
    amc: Decimal
    patient: Decimal
    #: What the mandatory scheme pays to the professional, and what the patient pays there today.
    amo_paid: Decimal
    due_now: Decimal
    steps: tuple[Step, ...]


class Priced(msgspec.Struct, frozen=True):
    """A bill, in euros: the sums of its acts, and what was borne after it."""

    acts: tuple[PricedAct, ...]
    price: Decimal
    amo: Decimal
    amc: Decimal
    patient: Decimal
    amo_paid: Decimal
    due_now: Decimal
    borne: Borne


def price(
    bill: Bill, package: CoverPackage | None, borne: Borne | None = None, law: Law | None = None
) -> Priced:
    """Price `bill` under `package` (None: no complementary cover).

    Raises:
        LawError: A figure is not known for the day of care.
    """
    law, standing = law or the_law(), borne or Borne()
    acts = []
    for act in bill.acts:
        priced, standing = _act(act, bill, package, standing, law)
        acts.append(priced)
    totals = {name: sum((getattr(a, name) for a in acts), Decimal(0)) for name in _SUMMED}
    return Priced(tuple(acts), **totals, borne=standing)


_SUMMED = ("price", "amo", "amc", "patient", "amo_paid", "due_now")


def _act(
    act: Act, bill: Bill, package: CoverPackage | None, borne: Borne, law: Law
) -> tuple[PricedAct, Borne]:
    amo = part(act, bill, borne, law)
    # A contract that is not responsible may make good what the pathway took off.
    before = amo.regulated if package is None or package.responsible else amo.paid
    given = _given(act, bill, package, before, amo.borne, law)
    due_now = act.price - amo.paid - given.amount
    steps = [*amo.steps, *given.steps]
    if act.ceiling is not None and act.price > act.ceiling:
        steps.append(Step(StepKind.OVER_CEILING, act.price - act.ceiling))
    steps.append(Step(StepKind.REMAINS, due_now))
    priced = PricedAct(
        price=act.price,
        amo=amo.paid - amo.recovered,
        amc=given.amount,
        patient=due_now + amo.recovered,
        amo_paid=amo.paid,
        due_now=due_now,
        steps=tuple(steps),
    )
    return priced, replace(amo.borne, given={**amo.borne.given, **given.used})


def _given(
    act: Act, bill: Bill, package: CoverPackage | None, before: Decimal, borne: Borne, law: Law
) -> Given:
    line = package.line(law.acts[act.kind].family, act) if package else None
    if line is None:
        return Given(Decimal(0), (Step(StepKind.NO_LINE, Decimal(0)),), {})
    return give(line, act, before, bill.day, borne.given)
