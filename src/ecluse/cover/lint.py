"""Whether a cover package is what a responsible contract must be: each article, with the reason (pure).

What a rule asks is tried, not read: an act that the article names is priced under the package, and
the finding says what was left to pay. Sources: L871-1, R871-1, R871-2 of the Code de la sécurité
sociale.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ecluse.cover import basis as bases
from ecluse.cover.act import Act, ActKind, Basket, Bill, Equipment
from ecluse.cover.law import law as the_law
from ecluse.cover.price import price


if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ecluse.cover.law import Law
    from ecluse.cover.package import CoverLine, CoverPackage


class Finding(NamedTuple):
    """Something that keeps a package from being responsible, or that nobody can compute."""

    package: str
    article: str
    fr: str
    en: str
    #: Whether it breaks a rule; otherwise it is only to be known.
    breaks: bool = True


_BASE, _UNIT = Decimal(100), Decimal(1)
#: A hundred times over any base: what a guarantee would pay at most is seen.
_DEAR = Decimal(100_000)
#: Days of a long stay.
_LONG = 1000


def lint(package: CoverPackage, day: date, law: Law | None = None) -> list[Finding]:
    """Return what `package` lacks on `day`.

    One that says it is not responsible is held to none of the articles.
    """
    law = law or the_law()
    findings = list(_unread(package))
    if package.responsible:
        trial = _Trial(package, day, law)
        for rule in (
            trial.shares,
            trial.overruns,
            trial.full_baskets,
            trial.glasses,
            trial.hearing,
            trial.daily_charge,
        ):
            findings += rule()
    return findings


def _unread(package: CoverPackage) -> Iterator[Finding]:
    for lines in package.families.values():
        for line in lines:
            if line.applies is None:
                yield Finding(
                    package.code,
                    "",
                    f"« {line.act_fr} » : la ligne ne dit pas à quels actes elle s'applique, aucun"
                    " prix ne peut être calculé d'après elle",
                    f"“{line.act_en}”: the line does not say which acts it applies to, so no price"
                    " can be computed from it",
                    breaks=False,
                )


class _Trial:
    """One package tried against each rule."""

    def __init__(self, package: CoverPackage, day: date, law: Law) -> None:
        self._package, self._day, self._law = package, day, law

    def shares(self) -> Iterator[Finding]:
        """R871-2, 1°: the insured's share is paid in full, but for the articles' exceptions."""
        for kind, rule in self._law.acts.items():
            if not rule.responsible or kind is ActKind.DAILY_CHARGE:
                continue
            for optam in (True, False) if rule.optam else (None,):
                left = self._left(_usual(kind, optam=optam)) / _UNIT
                if left:
                    yield self._finding(
                        "R871-2, 1°",
                        f"{rule.fr} : il reste {left:.0%} de la base à la charge de l'assuré",
                        f"{rule.en}: {left:.0%} of the base is left to the insured",
                    )
                    break

    def overruns(self) -> Iterator[Finding]:
        """R871-2, 2°: overruns without OPTAM stay under the base, and below those with it."""
        most = self._law.at("responsible.overrun_without_optam", self._day) * _BASE
        apart = self._law.at("responsible.overrun_distance", self._day) * _BASE
        for kind, rule in self._law.acts.items():
            if not rule.optam:
                continue
            held = self._overrun(Act(kind, price=_DEAR, base=_BASE, optam=True))
            free = self._overrun(Act(kind, price=_DEAR, base=_BASE, optam=False))
            limit = max(min(most, held - apart), Decimal(0))
            if free > limit:
                yield self._finding(
                    "R871-2, 2°",
                    f"{rule.fr} : dépassement hors OPTAM couvert à {free:.0f} % de la base, au plus"
                    f" {limit:.0f} %",
                    f"{rule.en}: overrun without OPTAM covered at {free:.0f} % of the base, at most"
                    f" {limit:.0f} %",
                )

    def full_baskets(self) -> Iterator[Finding]:
        """R871-2, 3° to 5°: nothing is left to pay in the 100 % Santé baskets."""
        for kind, article in (
            (ActKind.FRAME, "R871-2, 3°"),
            (ActKind.LENS, "R871-2, 3°"),
            (ActKind.HEARING_AID, "R871-2, 4° a"),
            (ActKind.DENTAL_PROSTHESIS, "R871-2, 5°"),
        ):
            act = Act(kind, price=_BASE, base=_UNIT, ceiling=_BASE, basket=Basket.FULL)
            left = self._left(act)
            if left:
                rule = self._law.acts[kind]
                yield self._finding(
                    article,
                    f"{rule.fr} du panier 100 % Santé : il reste {left:.0f} % du prix limite",
                    f"{rule.en} of the 100 % Santé basket: {left:.0f} % of the ceiling is left",
                )

    def glasses(self) -> Iterator[Finding]:
        """R871-2, 3°: a pair of glasses outside 100 % Santé, between the least and the most."""
        for equipment in Equipment:
            limits = self._law.equipment.of(equipment)
            paid = self._equipment(equipment)
            # A contract may leave it out altogether: then the share alone is paid.
            if paid and not limits.least <= paid <= limits.most:
                yield self._finding(
                    "R871-2, 3°",
                    f"équipement {equipment} hors 100 % Santé : {paid:.0f} € au plus, de"
                    f" {limits.least:.0f} à {limits.most:.0f} €",
                    f"equipment {equipment} outside 100 % Santé: {paid:.0f} euros at most, from"
                    f" {limits.least:.0f} to {limits.most:.0f}",
                )
        most = self._law.at("responsible.frame", self._day)
        paid = self._paid(Act(ActKind.FRAME, price=_DEAR, base=Decimal(0), basket=Basket.FREE))
        if paid > most:
            yield self._finding(
                "R871-2, 3°",
                f"monture hors 100 % Santé : {paid:.0f} € au plus, la limite est {most:.0f} €",
                f"frame outside 100 % Santé: {paid:.0f} euros at most, the limit is {most:.0f}",
            )

    def hearing(self) -> Iterator[Finding]:
        """R871-2, 4° b: a hearing aid outside 100 % Santé, the mandatory scheme's part included."""
        most = self._law.at("responsible.hearing", self._day)
        act = Act(ActKind.HEARING_AID, price=_DEAR, base=Decimal(400), basket=Basket.FREE)
        paid = self._paid(act)
        if paid > most:
            yield self._finding(
                "R871-2, 4° b",
                f"aide auditive de classe II : {paid:.0f} € par oreille, la limite est {most:.0f} €",
                f"class II hearing aid: {paid:.0f} euros each ear, the limit is {most:.0f}",
            )

    def daily_charge(self) -> Iterator[Finding]:
        """R871-2, 6°: the daily hospital charge, for as long as the stay lasts."""
        charge = self._law.at("stay.daily_charge", self._day) * _LONG
        left = self._left(Act(ActKind.DAILY_CHARGE, price=charge, quantity=_LONG))
        if left:
            yield self._finding(
                "R871-2, 6°",
                "forfait journalier hospitalier : il n'est pas pris en charge sans limite de durée",
                "daily hospital charge: it is not paid without a limit of time",
            )

    def _equipment(self, equipment: Equipment) -> Decimal:
        """Return the most that is paid for one pair of glasses, both parts; 0: no line for it."""
        glasses = (
            Act(ActKind.FRAME, price=_DEAR, basket=Basket.FREE, equipment=equipment),
            Act(ActKind.LENS, price=_DEAR, quantity=2, basket=Basket.FREE, equipment=equipment),
        )
        if not any(self._is_free_line(act) for act in glasses):
            return Decimal(0)
        priced = price(Bill(self._day, glasses), (self._package,), law=self._law)
        return priced.amc + priced.amo

    def _is_free_line(self, act: Act) -> bool:
        line = self._line(act)
        return line is not None and bases.parse(line.basis).of == "EUR"

    def _line(self, act: Act) -> CoverLine | None:
        return self._package.line(self._law.acts[act.kind].family, act)

    def _left(self, act: Act) -> Decimal:
        """Return what the person pays at the counter for an act of the pathway."""
        return price(Bill(self._day, (act,)), (self._package,), law=self._law).due_now

    def _paid(self, act: Act) -> Decimal:
        priced = price(Bill(self._day, (act,)), (self._package,), law=self._law)
        return priced.amc + priced.amo_paid

    def _overrun(self, act: Act) -> Decimal:
        return max(self._paid(act) - act.base, Decimal(0))

    def _finding(self, article: str, fr: str, en: str) -> Finding:
        return Finding(self._package.code, article, fr, en)


def _usual(kind: ActKind, *, optam: bool | None) -> Act:
    """Return an act that costs its base, so little that limits in euros do not count."""
    return Act(kind, _UNIT, _UNIT, basket=Basket.FREE, equipment=Equipment.A, optam=optam)
