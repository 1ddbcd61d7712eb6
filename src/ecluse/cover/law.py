"""The law's figures by name and day, and which of them apply to which act (`law.toml`).

Nothing numeric about money stands in code: a figure that changes gets a new line in the file, from
its first day on.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Annotated, Literal

import msgspec

from ecluse.cover.act import ActKind, Equipment
from ecluse.cover.family import CareFamily
from ecluse.errors import EcluseError


class LawError(EcluseError):
    """A figure is not known for a day."""


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"value": "is"}):
    """A figure from its first day on, and who said so."""

    since: date
    value: Decimal
    source: str


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure through time.

    Attributes:
        name: what rules ask for it by.
        article: the text that says it.
        unit: what its values are counted in.
        fr: what it is, in French.
        en: the same in English.
        value: its values, the earliest first.
    """

    name: str
    article: str
    unit: Literal["share", "euros", "count"]
    fr: str
    en: str
    value: Annotated[tuple[Value, ...], msgspec.Meta(min_length=1)]

    def at(self, day: date) -> Decimal:
        """Return the value in force on `day`.

        Raises:
            LawError: It begins later.
        """
        for value in reversed(self.value):
            if value.since <= day:
                return value.value
        raise LawError(
            f"{self.name} ({self.article}) is not known before {self.value[0].since}.",
            hint="Care before that day cannot be priced here.",
        )


class ActRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which figures apply to a kind of act; `law.toml` explains each."""

    family: CareFamily
    fr: str
    en: str
    share: str
    participation: bool = False
    franchise: str | None = None
    franchise_day: str | None = None
    pathway: bool = False
    optam: bool = False
    heavy: Literal["charge", "free"] | None = None
    flat: str | None = None
    flat_reduced: str | None = None
    responsible: bool = False


Lifted = Literal["share", "participation", "franchise"]


class ExemptionRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an exemption lifts."""

    article: str
    fr: str
    en: str
    lifts: tuple[Lifted, ...]
    flat: Literal["lifted", "reduced"] = "lifted"


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The least and the most that a responsible contract pays for a pair of glasses."""

    least: Decimal
    most: Decimal


class EquipmentRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those limits by what the lenses correct."""

    article: str
    since: date
    a: Limits
    b: Limits
    c: Limits
    d: Limits
    e: Limits
    f: Limits

    def of(self, equipment: Equipment) -> Limits:
        """Return the limits of one equipment."""
        limits: Limits = getattr(self, equipment)
        return limits


class _Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    parameter: tuple[Parameter, ...]
    act: dict[ActKind, ActRule]
    exemption: dict[str, ExemptionRule]
    equipment: EquipmentRule


class Law:
    """The figures, looked up by name and day."""

    def __init__(self, text: bytes) -> None:
        read = msgspec.toml.decode(text, type=_Text)
        self.parameters = {each.name: each for each in read.parameter}
        self.acts = read.act
        self.exemptions = read.exemption
        self.equipment = read.equipment

    def at(self, name: str, day: date) -> Decimal:
        """Return a figure as it stood on `day`.

        Raises:
            LawError: It is not known for that day.
        """
        return self.parameters[name].at(day)


@cache
def law() -> Law:
    """Return the law that this version ships."""
    return Law((resources.files(__package__) / "law.toml").read_bytes())
