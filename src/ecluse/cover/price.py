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
    from collections.abc import Sequence

    from ecluse.cover.act import Act, Bill, Used
    from ecluse.cover.law import Law
    from ecluse.cover.package import CoverPackage


class PricedAct(msgspec.Struct, frozen=True):
    """One act, in euros; `amo + amc + patient` is its price.

    `amc` is what all insurers pay together, `amcs` what each does, the first payer first.
    """

    price: Decimal
    #: What each bears in the end.
    amo: Decimal
    amc: Decimal
    patient: Decimal
    #: What the mandatory scheme pays to the professional, and what the patient pays there today.
    amo_paid: Decimal
    due_now: Decimal
    amcs: tuple[Decimal, ...]
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
    bill: Bill,
    packages: Sequence[CoverPackage],
    borne: Borne | None = None,
    law: Law | None = None,
) -> Priced:
    """Price `bill` under the packages that cover the person, the first payer's first.

    Each pays within what those before it leave; without any, the patient pays that.

    Raises:
        LawError: A figure is not known for the day of care.
    """
    law, standing = law or the_law(), borne or Borne()
    acts = []
    for act in bill.acts:
        priced, standing = _act(act, bill, packages, standing, law)
        acts.append(priced)
    totals = {name: sum((getattr(a, name) for a in acts), Decimal(0)) for name in _SUMMED}
    return Priced(tuple(acts), **totals, borne=standing)


_SUMMED = ("price", "amo", "amc", "patient", "amo_paid", "due_now")


def _act(
    act: Act, bill: Bill, packages: Sequence[CoverPackage], borne: Borne, law: Law
) -> tuple[PricedAct, Borne]:
    amo = part(act, bill, borne, law)
    steps, used, amcs = list(amo.steps), dict(amo.borne.given), list[Decimal]()
    for package in packages:
        # A contract that is not responsible may make good what the pathway took off.
        within = amo.regulated if package.responsible else amo.paid
        given = _given(act, bill, package, within + sum(amcs), used, law)
        amcs.append(given.amount)
        steps += given.steps
        used |= given.used
    amc = sum(amcs, Decimal(0))
    due_now = act.price - amo.paid - amc
    if act.ceiling is not None and act.price > act.ceiling:
        steps.append(Step(StepKind.OVER_CEILING, act.price - act.ceiling))
    steps.append(Step(StepKind.REMAINS, due_now))
    priced = PricedAct(
        price=act.price,
        amo=amo.paid - amo.recovered,
        amc=amc,
        patient=due_now + amo.recovered,
        amo_paid=amo.paid,
        due_now=due_now,
        amcs=tuple(amcs),
        steps=tuple(steps),
    )
    return priced, replace(amo.borne, given=used)


def _given(
    act: Act,
    bill: Bill,
    package: CoverPackage,
    before: Decimal,
    used: dict[str, Used],
    law: Law,
) -> Given:
    line = package.line(law.acts[act.kind].family, act)
    if line is None:
        return Given(Decimal(0), (Step(StepKind.NO_LINE, Decimal(0)),), {})
    return give(line, act, before, bill.day, used, package.code)
