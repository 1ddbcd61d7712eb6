"""What a guarantee's line pays, read from how tables are published: "150% BR", "300 EUR/2 years"."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple


PATTERN = r"^\d{1,4}(\.\d{1,2})?(% (BR|FR|PLV)| EUR(/[a-z0-9][a-z0-9 ]{0,23})?)$"
"""Of the reimbursement base (BR), of what was charged (FR), of the selling price ceiling (PLV), or
euros for each act, night, day, year... The unit is a few words, never a sentence."""

_UNITS_FR = {
    "act": "acte", "session": "séance", "day": "jour", "night": "nuit", "month": "mois",
    "year": "an", "years": "ans", "journey": "trajet",
}  # fmt: skip
_PERIOD = re.compile(r"(?:(\d{1,2}) )?years?")


class Basis(NamedTuple):
    """A basis: a share of something, or euros."""

    #: `BR`, `FR`, `PLV` or `EUR`.
    of: str
    #: A share (1.5 for 150 %), or euros.
    amount: Decimal
    #: Years that euros are for, counted on the calendar when it is one; 0: for each act or night.
    years: int = 0


@lru_cache(1024)
def parse(text: str) -> Basis:
    """Return what matches `PATTERN`, read."""
    amount, _, rest = text.partition(" ")
    of, _, unit = rest.partition("/")
    if of != "EUR":
        return Basis(of, Decimal(amount.removesuffix("%")) / 100)
    return Basis(of, Decimal(amount), years(unit))


def years(unit: str) -> int:
    """Return how many years a unit such as `2 years` is; 0 when it is another one."""
    period = _PERIOD.fullmatch(unit)
    return int(period[1] or 1) if period else 0


def words_fr(text: str) -> str:
    """Return a basis with French signs: "150 % BR", "38,50 €/nuit"."""
    text = text.replace(".", ",").replace("%", "\u00a0%").replace(" EUR", "\u00a0€")
    head, slash, unit = text.partition("/")
    return head + slash + " ".join(_UNITS_FR.get(word, word) for word in unit.split())


def period_ends(since: date, years: int) -> date:
    """Return the first day after a period that began on `since`.

    A year is the calendar's, as contracts count; two years or four begin with what was given first
    (R871-2, 3° and 4°).
    """
    if years == 1:
        return date(since.year + 1, 1, 1)
    if (since.month, since.day) == (2, 29):
        return date(since.year + years, 3, 1)
    return since.replace(year=since.year + years)
