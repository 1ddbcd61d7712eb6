"""What one person bore and was given so far, over the years; names no act (pure).

Flat participations and franchises have a cap for each calendar year and for each day (D160-6,
D160-10); guarantees count over their own periods. A claim of earlier care counts where it belongs.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from ecluse.cover.act import Borne, Used


if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


#: Years that are kept: no claim is taken of earlier care.
_YEARS = 4
#: Days that are kept of a year: the latest ones.
_DAYS = 40


class Day(msgspec.Struct, frozen=True, array_like=True):
    """One day with one organisation."""

    participations: int = 0
    franchises: dict[str, Decimal] = {}


class Year(msgspec.Struct, frozen=True, array_like=True):
    """One calendar year."""

    participations: int = 0
    franchises: Decimal = Decimal(0)
    #: By day and organisation (hex).
    days: dict[str, Day] = {}


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """Everything that is kept of one person."""

    years: dict[int, Year] = {}
    #: Guarantee counters, by name.
    given: dict[str, Used] = {}

    def before(self, day: date, organisation: bytes) -> Borne:
        """Return what counts for care of a day with an organisation."""
        year = self.years.get(day.year, Year())
        same = year.days.get(_name(day, organisation), Day())
        return Borne(
            participations_year=year.participations,
            participations_day=same.participations,
            franchises_year=year.franchises,
            franchises_day=same.franchises,
            given=dict(self.given),
        )

    def after(self, day: date, organisation: bytes, borne: Borne) -> Standing:
        """Return this with what was borne after care of that day."""
        before = self.years.get(day.year, Year())
        today = Day(borne.participations_day, dict(borne.franchises_day))
        days = _latest({**before.days, _name(day, organisation): today}, _DAYS)
        year = Year(borne.participations_year, borne.franchises_year, days)
        return Standing(_latest({**self.years, day.year: year}, _YEARS), dict(borne.given))


def _name(day: date, organisation: bytes) -> str:
    return f"{day.isoformat()} {organisation.hex()}"


def _latest(found: Mapping, most: int) -> dict:  # type: ignore[type-arg]
    return {name: found[name] for name in sorted(found)[-most:]}
