"""Is a claim paid, and how much of it (pure): an entitlement, what was borne, a quote, a day in."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec

from ecluse.cover.act import Act, Bill, require_euros
from ecluse.cover.law import LawError
from ecluse.cover.law import law as the_law
from ecluse.cover.price import price


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.cover.act import Borne
    from ecluse.cover.package import CoverPackage
    from ecluse.cover.price import Priced
    from ecluse.settle.entitlement import Entitlement


class Outcome(StrEnum):
    """What becomes of a claim."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    """A person looks at it: the reason says why."""
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a claim is queued or refused."""

    NO_REFERENCE = "no_reference"
    """This organisation has no such reference, or it has ended."""
    OTHER_DAY = "other_day"
    """The check was about another day: check again for this one."""
    OTHER_FAMILY = "other_family"
    """An act is of another care family than the check: check again for that one."""
    EARLY = "early"
    """The care has not been given yet."""
    LATE = "late"
    """The care was too long ago."""
    NO_FIGURE = "no_figure"
    """A figure of the law is not known for that day."""
    OVER = "over"
    """More is claimed than the cover gives."""
    CLAIMED_BEFORE = "claimed_before"
    """The same care was claimed under another claim id."""
    OTHER_CLAIM = "other_claim"
    """This claim id stands for another claim."""


class Circumstances(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bill says beside its acts."""

    minor: bool = False
    in_pathway: bool = True


class Claimed(Circumstances, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The care that is claimed, or asked a quote for.

    Raises:
        BillError: What is claimed is negative, above a million, or finer than a cent.
    """

    care_date: date
    acts: Annotated[tuple[Act, ...], msgspec.Meta(min_length=1, max_length=200)]
    #: What is claimed of the insurers together; None: what they owe.
    amc: Decimal | None = None

    def __post_init__(self) -> None:
        if self.amc is not None:
            require_euros("amc", self.amc)

    def bill(self) -> Bill:
        """Return the care as it is priced."""
        return Bill(self.care_date, self.acts, self.minor, self.in_pathway)


class Guaranteed(msgspec.Struct, frozen=True):
    """A quote that counts still: what each insurer said it would pay, the first payer first."""

    amcs: tuple[Decimal, ...]


class Decided(msgspec.Struct, frozen=True):
    """What is decided about a claim; amounts in euros."""

    outcome: Outcome
    reason: Reason | None = None
    price: Decimal = Decimal(0)
    #: What the mandatory scheme pays to the professional.
    amo: Decimal = Decimal(0)
    #: What each insurer pays, the first payer first.
    amcs: tuple[Decimal, ...] = ()
    due_now: Decimal = Decimal(0)


def refuse(entitlement: Entitlement | None, claimed: Claimed) -> Reason | None:
    """Return why this care is none of the check's; None when it is."""
    if entitlement is None:
        return Reason.NO_REFERENCE
    if claimed.care_date != entitlement.care_date:
        return Reason.OTHER_DAY
    families = {the_law().acts[act.kind].family for act in claimed.acts}
    return Reason.OTHER_FAMILY if families != {entitlement.family} else None


def decide(
    entitlement: Entitlement | None,
    claimed: Claimed,
    packages: Sequence[CoverPackage],
    borne: Borne,
    today: date,
    window: timedelta,
    guaranteed: Guaranteed | None = None,
) -> tuple[Decided, Borne]:
    """Decide one claim.

    Args:
        entitlement: What its reference stands for; None for none of this organisation.
        claimed: The care.
        packages: Of the entitlement's payers, in their order.
        borne: What the person bore and was given before that day's care.
        today: The day on which it is decided.
        window: For how long after the care it may be claimed.
        guaranteed: A quote for exactly this care, on a day of its guarantee.

    Returns:
        The decision, and what was borne after it: the same as before unless it is accepted.
    """
    reason = refuse(entitlement, claimed) or _when(claimed.care_date, today, window)
    if reason is not None:
        return Decided(Outcome.REFUSED, reason), borne
    try:
        priced = price(claimed.bill(), packages, borne)
    except LawError:
        return Decided(Outcome.QUEUED, Reason.NO_FIGURE), borne
    amcs = guaranteed.amcs if guaranteed else totals(priced, len(packages))
    owed = sum(amcs, Decimal(0))
    if claimed.amc is not None and claimed.amc > owed:
        return _decided(Outcome.QUEUED, Reason.OVER, priced, amcs), borne
    if claimed.amc is not None:
        amcs = _within(amcs, claimed.amc)
    return _decided(Outcome.ACCEPTED, None, priced, amcs), priced.borne


def totals(priced: Priced, payers: int) -> tuple[Decimal, ...]:
    """Return what each insurer pays of a bill, the first payer first."""
    return tuple(sum((act.amcs[at] for act in priced.acts), Decimal(0)) for at in range(payers))


def _decided(
    outcome: Outcome, reason: Reason | None, priced: Priced, amcs: tuple[Decimal, ...]
) -> Decided:
    due_now = priced.price - priced.amo_paid - sum(amcs, Decimal(0))
    return Decided(outcome, reason, priced.price, priced.amo_paid, amcs, due_now)


def _when(day: date, today: date, window: timedelta) -> Reason | None:
    if day > today:
        return Reason.EARLY
    return Reason.LATE if today - day > window else None


def _within(amcs: tuple[Decimal, ...], most: Decimal) -> tuple[Decimal, ...]:
    """Return the amounts cut to a sum, the last payer's first."""
    left, kept = most, []
    for amount in amcs:
        kept.append(min(amount, left))
        left -= kept[-1]
    return tuple(kept)
