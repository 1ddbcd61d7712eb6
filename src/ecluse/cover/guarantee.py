"""What a line of a cover package gives for an act: the insurer's part (AMC) (pure)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec

from ecluse.cover import basis as bases
from ecluse.cover.act import ActKind, Basket, Equipment, Used
from ecluse.cover.amo import cents
from ecluse.cover.step import Step, StepKind


if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ecluse.cover.act import Act
    from ecluse.cover.basis import Basis
    from ecluse.cover.package import CoverLine


_Years = r"(?:year|[2-9] years)"


class Applies(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which acts a line is for, and within which limits; None or empty: whatever it is.

    Attributes:
        acts: their kinds.
        basket: of glasses, prostheses, hearing aids.
        equipment: of glasses.
        optam: whether the doctor keeps to OPTAM.
        network: whether the organisation is of the insurer's network.
        amo: whether the basis includes what the mandatory scheme pays. Shares usually do, and
            euros do not.
        limit: at most so many euros in so many years, such as "420 EUR/2 years"; counted with the
            mandatory scheme's part if the basis includes it.
        times: at most so many in so many years, such as "1/2 years".
        counter: lines that name the same counter share limit and times.
    """

    acts: Annotated[tuple[ActKind, ...], msgspec.Meta(min_length=1)]
    basket: Basket | None = None
    equipment: tuple[Equipment, ...] = ()
    optam: bool | None = None
    network: bool | None = None
    amo: Literal["included", "on_top"] | None = None
    limit: Annotated[str, msgspec.Meta(pattern=rf"^(\d{{1,5}} EUR/{_Years})?$")] = ""
    times: Annotated[str, msgspec.Meta(pattern=rf"^(\d{{1,2}}/{_Years})?$")] = ""
    counter: Annotated[str, msgspec.Meta(pattern=r"^([a-z][a-z0-9_]{0,23})?$")] = ""

    def fits(self, act: Act) -> bool:
        """Tell whether the line is for this act."""
        return (
            act.kind in self.acts
            and self.basket in {None, act.basket}
            and (not self.equipment or act.equipment in self.equipment)
            and self.optam in {None, act.optam}
            and self.network in {None, act.network}
        )


class Given(NamedTuple):
    """What a line gives for an act, in euros."""

    amount: Decimal
    steps: tuple[Step, ...]
    #: Counters that it moved, as they stand after it.
    used: Mapping[str, Used]


def give(
    line: CoverLine,
    act: Act,
    paid: Decimal,
    day: date,
    used: Mapping[str, Used],
    package: str,
) -> Given:
    """Return what `line`, which applies to `act`, gives for it.

    Args:
        line: One with `applies`.
        act: On the bill.
        paid: What the mandatory scheme pays within the pathway, and earlier payers.
        day: Of care.
        used: The person's counters before it.
        package: The code of the line's package: counters are each package's own.
    """
    rule = line.applies
    if rule is None:
        raise ValueError("the line applies to no act")
    basis = bases.parse(line.basis)
    told: dict[str, Decimal | str] = {
        "act_fr": line.act_fr,
        "act_en": line.act_en,
        "basis_fr": bases.words_fr(line.basis),
        "basis_en": line.basis,
    }
    if basis.of == "PLV" and act.ceiling is None:
        return Given(Decimal(0), (Step(StepKind.NO_CEILING, Decimal(0), told),), {})
    included = rule.amo == "included" or (rule.amo is None and basis.of != "EUR")
    before = paid if included else Decimal(0)
    wanted = min(_ceiling(basis, act) - before, act.price - paid)
    meters = _meters(
        f"{package} {rule.counter or line.act_en + ' ' + line.basis}", rule, basis, day, used
    )
    allowed = min([wanted, *(meter.left(act) - before for meter in meters)])
    amount = cents(max(allowed, Decimal(0)))
    if not amount and cents(wanted) > 0:
        until = max(meter.ends for meter in meters)
        told["until"] = until.isoformat()
        return Given(amount, (Step(StepKind.USED_UP, amount, told),), {})
    after = {meter.name: meter.after(amount + before, act) for meter in meters} if amount else {}
    return Given(amount, (Step(StepKind.AMC, amount, told),), after)


def _ceiling(basis: Basis, act: Act) -> Decimal:
    """Return the most that a basis allows for an act, counters aside."""
    match basis.of:
        case "BR":
            return basis.amount * act.base
        case "FR":
            return basis.amount * act.price
        case "PLV":
            return basis.amount * min(act.price, act.ceiling or Decimal(0))
        case _:
            return basis.amount if basis.years else basis.amount * act.quantity


class _Meter(NamedTuple):
    """One counter of a line, within its period."""

    name: str
    used: Used
    ends: date
    euros: Decimal | None
    times: int | None

    def left(self, act: Act) -> Decimal:
        """Return how many euros it leaves for an act."""
        if self.times is not None and self.used.times + act.quantity > self.times:
            return Decimal(0)
        return act.price if self.euros is None else self.euros - self.used.amount

    def after(self, amount: Decimal, act: Act) -> Used:
        return Used(self.used.since, self.used.amount + amount, self.used.times + act.quantity)


def _meters(
    name: str, rule: Applies, basis: Basis, day: date, used: Mapping[str, Used]
) -> list[_Meter]:
    """Return a line's counters: its basis' own period, its limit, its times."""
    meters = []
    if basis.years:
        meters.append(_meter(f"{name}: basis", basis.years, day, used, euros=basis.amount))
    if rule.limit:
        limit = bases.parse(rule.limit)
        meters.append(_meter(f"{name}: limit", limit.years, day, used, euros=limit.amount))
    if rule.times:
        most, _, unit = rule.times.partition("/")
        meters.append(_meter(f"{name}: times", bases.years(unit), day, used, times=int(most)))
    return meters


def _meter(
    name: str,
    years: int,
    day: date,
    used: Mapping[str, Used],
    *,
    euros: Decimal | None = None,
    times: int | None = None,
) -> _Meter:
    standing = used.get(name)
    if standing is None or bases.period_ends(standing.since, years) <= day:
        standing = Used(day)
    return _Meter(name, standing, bases.period_ends(standing.since, years), euros, times)
