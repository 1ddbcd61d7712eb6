"""What leaves the gate. A reply never holds an identity attribute (P4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

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
    """What the insurer calls the cover package, and the handle that a price is asked for with."""

    handle: str
    label_fr: str
    label_en: str


class ShownLine(msgspec.Struct, frozen=True):
    """One act and what is paid for it, as people read it; the rule behind it is no part."""

    act_fr: str
    act_en: str
    basis: str


class FamilyCover(msgspec.Struct, frozen=True):
    """The cover of the one care family that was asked for."""

    family: str
    package: PackageLabel
    #: The date of care that was asked about, and not when cover began: a newborn's begins with life.
    valid_from: date
    valid_to: date | None
    lines: tuple[ShownLine, ...]


class Receipt(msgspec.Struct, frozen=True):
    """Where the entry of this answer stands in the ledger, and its latest signed checkpoint."""

    position: int
    checkpoint: str


class Also(msgspec.Struct, frozen=True):
    """Another insurer that covers the same care, of what the ones before it leave."""

    insurer: Insurer
    #: 1 first payer, 2 second cover, as the insurer says.
    priority: int
    cover: FamilyCover


class Covered(msgspec.Struct, frozen=True, omit_defaults=True, tag="covered", tag_field="outcome"):
    """Covered at the date of care, by `insurer` first.

    The cover itself, and who else covers, are told in the card lane only.
    """

    lane: Lane
    insurer: Insurer
    reference: str
    receipt: Receipt
    cover: FamilyCover | None = None
    also: tuple[Also, ...] = ()


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
    priority: int
    package: CoverPackage
    valid_to: date | None
    #: The insurer's feed whose record decides.
    feed: int


def rights(asked: Asked, records: Iterable[OpenedRecord], card: int | None = None) -> list[Right]:
    """Return the covers of the asked family at the date of care, the first payer's first.

    Of an insurer's records that have begun by then the latest feed's decides, alone.

    Args:
        asked: The check.
        records: The person's, opened.
        card: The insurer whose card was presented. Once its cover has ended the card speaks for
            nobody, whoever else covers by then: people throw such cards away.
    """
    by_insurer: dict[int, list[OpenedRecord]] = {}
    for record in sorted(records, key=lambda record: record.feed):
        by_insurer.setdefault(record.insurer, []).append(record)
    standing = [_standing(mine, asked.care_date) for mine in by_insurer.values()]
    found = [right for right in standing if right is not None]
    if card is not None and card not in {right.insurer for right in found}:
        return []
    return sorted(
        (right for right in found if asked.family in right.package.families),
        key=lambda right: (right.priority, right.insurer),
    )


def _standing(records: Iterable[OpenedRecord], day: date) -> Right | None:
    """Return what one insurer covers on `day`, whatever the care; None for nothing."""
    record, until = _deciding(records, day)
    if record is None or record.package is None:
        return None
    for first, last in record.cover.periods:
        begins, ends = date.fromisoformat(first), date.fromisoformat(last) if last else None
        if begins <= day and (ends is None or day <= ends):
            valid_to = min((end for end in (ends, until) if end is not None), default=None)
            return Right(
                record.insurer, record.cover.priority, record.package, valid_to, record.feed
            )
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


def family_cover(asked: Asked, found: Right, handle: str) -> FamilyCover:
    """Cut a cover to the asked family; `handle` stands for its package."""
    return FamilyCover(
        asked.family,
        PackageLabel(handle, found.package.label_fr, found.package.label_en),
        asked.care_date,
        found.valid_to,
        tuple(
            ShownLine(line.act_fr, line.act_en, line.basis)
            for line in found.package.families[asked.family]
        ),
    )
