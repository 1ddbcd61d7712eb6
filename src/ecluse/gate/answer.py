"""What leaves the gate. A reply never holds an identity attribute (P4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from ecluse.cover.package import CoverLine
from ecluse.gate.state import Lane


if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecluse.cover.package import CoverPackage
    from ecluse.cover.record import Cover
    from ecluse.gate.request import Asked


class Insurer(msgspec.Struct, frozen=True):
    """Whom to bill."""

    amc: str
    name: str


class PackageLabel(msgspec.Struct, frozen=True):
    """What the insurer calls the cover package."""

    label_fr: str
    label_en: str


class FamilyCover(msgspec.Struct, frozen=True):
    """The cover of the one care family that was asked for."""

    family: str
    package: PackageLabel
    #: The date of care that was asked about, and not when cover began: a newborn's begins with life.
    valid_from: date
    valid_to: date | None
    lines: tuple[CoverLine, ...]


class Receipt(msgspec.Struct, frozen=True):
    """Where the entry of this answer stands in the ledger, and its latest signed checkpoint."""

    position: int
    checkpoint: str


class Covered(msgspec.Struct, frozen=True, omit_defaults=True, tag="covered", tag_field="outcome"):
    """Covered at the date of care. The cover itself is told in the card lane only."""

    lane: Lane
    insurer: Insurer
    reference: str
    receipt: Receipt
    cover: FamilyCover | None = None


class NotCovered(msgspec.Struct, frozen=True, tag="not_covered", tag_field="outcome"):
    """Card lane only: the card is known, and its cover does not reach this care at this date."""

    receipt: Receipt
    lane: Literal[Lane.CARD] = Lane.CARD


REFUSED = b'{"outcome":"refused"}'
"""The one refusal, whatever its reason."""


class OpenedRecord(NamedTuple):
    """A record, opened."""

    insurer: int
    feed: int
    package: CoverPackage | None
    cover: Cover


class Right(NamedTuple):
    """The cover that answers a check: whose, which package, until when."""

    insurer: int
    package: CoverPackage
    valid_to: date | None


def right(asked: Asked, records: Iterable[OpenedRecord]) -> Right | None:
    """Return the first payer's cover of the asked family at the date of care, or None.

    Of an insurer's records that have begun by then the latest feed's decides, alone.
    """
    by_insurer: dict[int, list[OpenedRecord]] = {}
    for record in sorted(records, key=lambda record: record.feed):
        by_insurer.setdefault(record.insurer, []).append(record)
    deciding = [_deciding(mine, asked.care_date) for mine in by_insurer.values()]
    for record, until in sorted(
        ((record, until) for record, until in deciding if record is not None),
        key=lambda each: (each[0].cover.priority, each[0].insurer),
    ):
        if record.package is None or asked.family not in record.package.families:
            continue
        for first, last in record.cover.periods:
            begins, ends = date.fromisoformat(first), date.fromisoformat(last) if last else None
            if begins <= asked.care_date and (ends is None or asked.care_date <= ends):
                valid_to = min((day for day in (ends, until) if day is not None), default=None)
                return Right(record.insurer, record.package, valid_to)
    return None


def _deciding(
    records: Iterable[OpenedRecord], day: date
) -> tuple[OpenedRecord | None, date | None]:
    """Return which of one insurer's records, in the order of feeds, decides about `day`.

    And the last day before a later feed's record begins, when one is to come.
    """
    found: OpenedRecord | None = None
    until: date | None = None
    for record in records:
        begins = min((date.fromisoformat(first) for first, _ in record.cover.periods), default=day)
        if begins <= day:
            found, until = record, None
        else:
            until = min(begins - timedelta(days=1), until or date.max)
    return found, until


def family_cover(asked: Asked, found: Right) -> FamilyCover:
    """Cut a cover to the asked family."""
    return FamilyCover(
        asked.family,
        PackageLabel(found.package.label_fr, found.package.label_en),
        asked.care_date,
        found.valid_to,
        tuple(found.package.families[asked.family]),
    )
