"""What is owed, by reference: an organisation's or an insurer's claims of a period (pure).

Payment runs in the insurer's treasury, keyed by the statement's reference: no bank detail is here.
"""

from __future__ import annotations

import base64
import csv
import io
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec


if TYPE_CHECKING:
    from collections.abc import Iterable


class Line(msgspec.Struct, frozen=True):
    """One claim, as far as one insurer owes it."""

    #: 16 bytes as base64url.
    claim: str
    amc: str
    insurer: str
    finess: str
    care_date: date
    family: str
    outcome: str
    reason: str
    amount: Decimal


class Owed(msgspec.Struct, frozen=True):
    """What one insurer owes one organisation for a period."""

    #: What the payment bears: 16 letters and digits, the same whenever it is asked for.
    reference: str
    amc: str
    insurer: str
    finess: str
    claims: int
    amount: Decimal


class Statement(msgspec.Struct, frozen=True):
    """The claims that were taken in a period, and what is owed for the accepted ones."""

    since: date
    #: The first day after it.
    until: date
    owed: tuple[Owed, ...]
    lines: tuple[Line, ...]


def statement(lines: Iterable[Line], since: date, until: date) -> Statement:
    """Add up the claims of a period."""
    ordered = tuple(
        sorted(lines, key=lambda line: (line.amc, line.finess, line.care_date, line.claim))
    )
    sums: dict[tuple[str, str, str], list[Decimal]] = {}
    for line in ordered:
        if line.outcome == "accepted":
            sums.setdefault((line.amc, line.insurer, line.finess), []).append(line.amount)
    owed = tuple(
        Owed(
            _reference(amc, finess, since, until),
            amc,
            name,
            finess,
            len(each),
            sum(each, Decimal(0)),
        )
        for (amc, name, finess), each in sums.items()
    )
    return Statement(since, until, owed, ordered)


def as_csv(told: Statement) -> str:
    """Return the claims as CSV, each with the reference that its payment bears."""
    references = {(each.amc, each.finess): each.reference for each in told.owed}
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("payment_reference", *Line.__struct_fields__))
    for line in told.lines:
        reference = references.get((line.amc, line.finess), "")
        accepted = line.outcome == "accepted"
        writer.writerow((reference if accepted else "", *msgspec.structs.astuple(line)))
    return out.getvalue()


def _reference(amc: str, finess: str, since: date, until: date) -> str:
    named = f"{amc}|{finess}|{since}|{until}".encode()
    return base64.b32encode(blake2b(named, digest_size=10, person=b"ecluse/owed").digest()).decode()
