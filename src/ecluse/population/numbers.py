"""A number for each family, and the birth date that each person's papers show.

Order numbers are unique within a cell (first digit, two digits of the year, month, place), so
that no two families share a number, a century apart included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecluse.population.nation import PopulationError


if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecluse.population.families import People
    from ecluse.population.places import Places


_WOMEN = 0.516
_BORN_ABROAD = 0.13
_PROVISIONAL = 0.02  # of those born abroad
_INCOMPLETE_PAPERS = 0.04  # of those born abroad
_INCOMPLETE_BEFORE = 1970
_UNKNOWN_MONTH = 20
_MOST_ORDERS = 999


@dataclass(frozen=True, slots=True)
class Dates:
    """Days of birth taken apart; arrays of one length."""

    year: NDArray[np.int64]
    month: NDArray[np.int64]
    day: NDArray[np.int64]

    @classmethod
    def of(cls, born: NDArray[np.int32]) -> Dates:
        """Take days since 1970 apart."""
        days = born.astype("datetime64[D]")
        months = days.astype("datetime64[M]")
        since_1970 = months.astype(np.int64)
        return cls(
            year=since_1970 // 12 + 1970,
            month=since_1970 % 12 + 1,
            day=(days - months).astype(np.int64) + 1,
        )


@dataclass(frozen=True, slots=True)
class Identities:
    """What the cards print.

    Attributes:
        nir: S15, a family an entry: thirteen characters and the key.
        birth_date: int32 YYYYMMDD as printed, a person an entry.
    """

    nir: NDArray[np.bytes_]
    birth_date: NDArray[np.int32]


def identities(rng: np.random.Generator, everybody: People, places: Places) -> Identities:
    """Draw sex, place of birth and order number of each policy-holder, and print all dates.

    Raises:
        PopulationError: a cell holds more people than there are order numbers.
    """
    holders = everybody.holders()
    count = len(holders)
    dates = Dates.of(everybody.born)
    year, month = dates.year[holders], dates.month[holders]
    birth_date = (dates.year * 10000 + dates.month * 100 + dates.day).astype(np.int32)

    abroad = rng.random(count) < _BORN_ABROAD
    place = rng.choice(len(places.communes), count, p=places.communes)
    country = rng.choice(len(places.countries), int(abroad.sum()), p=places.countries)
    place[abroad] = len(places.communes) + country
    place = places.at_birth(place, year)

    first = np.where(rng.random(count) < _WOMEN, 2, 1)
    first[abroad & (rng.random(count) < _PROVISIONAL)] += 2

    incomplete = abroad & (year < _INCOMPLETE_BEFORE) & (rng.random(count) < _INCOMPLETE_PAPERS)
    month = _misprint(rng, birth_date, holders, np.flatnonzero(incomplete), month)

    cell = ((first * 100 + year % 100) * 100 + month) * len(places.codes) + place
    order = _orders(rng, cell, places.orders[place])
    return Identities(
        nir=_spell(first, year % 100, month, place, order, places), birth_date=birth_date
    )


def _misprint(
    rng: np.random.Generator,
    birth_date: NDArray[np.int32],
    holders: NDArray[np.int64],
    incomplete: NDArray[np.int64],
    month: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Give some policy-holders a date that no calendar has; return the months of their numbers."""
    rows = holders[incomplete]
    kind = rng.integers(0, 3, len(rows))
    start_of_year = birth_date[rows] // 10000 * 10000
    start_of_month = birth_date[rows] // 100 * 100
    birth_date[rows] = np.choose(kind, [start_of_year, start_of_month, start_of_year + 231])
    printed = month.copy()
    printed[incomplete] = np.choose(kind, [_UNKNOWN_MONTH, month[incomplete], 2])
    return printed


def _orders(
    rng: np.random.Generator, cell: NDArray[np.int64], usual: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return order numbers, 1 to 999, unique within each cell.

    A cell counts on from a start of its own, around the orders that its place usually has.
    """
    by_cell = np.argsort(cell, kind="stable")
    ordered = cell[by_cell]
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[begins, len(ordered)])
    if sizes.max() > _MOST_ORDERS:
        raise PopulationError(
            "so many members were born in one place and month that its order numbers run out",
            hint="Ask for fewer members.",
        )
    room = np.where(sizes <= usual[by_cell][begins], usual[by_cell][begins], _MOST_ORDERS)
    start = (rng.random(len(begins)) * room).astype(np.int64)
    place_in_cell = np.arange(len(ordered)) - np.repeat(begins, sizes)
    order = np.empty(len(cell), dtype=np.int64)
    order[by_cell] = (np.repeat(start, sizes) + place_in_cell) % np.repeat(room, sizes) + 1
    return order


def _spell(
    first: NDArray[np.int64],
    year: NDArray[np.int64],
    month: NDArray[np.int64],
    place: NDArray[np.int64],
    order: NDArray[np.int64],
    places: Places,
) -> NDArray[np.bytes_]:
    """Write the fifteen characters of each number, its key last: 97 - (N mod 97)."""
    value = (((first * 100 + year) * 100 + month) * 100000 + places.values[place]) * 1000 + order
    text = np.empty((len(first), 15), dtype=np.uint8)
    text[:, :1] = digits(first, 1)
    text[:, 1:3] = digits(year, 2)
    text[:, 3:5] = digits(month, 2)
    text[:, 5:10] = places.codes.view(np.uint8).reshape(-1, 5)[place]
    text[:, 10:13] = digits(order, 3)
    text[:, 13:] = digits(97 - value % 97, 2)
    return text.view("S15").ravel()


def digits(values: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """Return the last `width` decimal digits of each value as ASCII, shape (n, width)."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return (values[:, None] // powers % 10 + ord("0")).astype(np.uint8)
