"""Whom a siege asks about: persons as their numbers name them, drawn by where they were born."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecluse.ids.region import REGIONS, of_birth
from ecluse.population import places


if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray


#: INSEE, of the residents of France: about one in eight was born abroad.
_ABROAD = 0.13
_NEAR = 0.5
"""Share of a counter's patients who were born in its region, beside those who came by chance.

INSEE Première 1781: three in five live in their region of birth.
"""
_AHEAD = 1_000
_FIRST_YEAR, _LAST_YEAR = 1935, 2025


class _France(NamedTuple):
    """Every commune, its share of the births, and where in that list each region's communes are."""

    codes: list[str]
    shares: NDArray[np.float64]
    regions: dict[str, NDArray[np.int64]]


@cache
def _france() -> _France:
    known = places.load()
    shares = known.communes
    codes = [code.decode() for code in known.codes[: len(shares)].tolist()]
    of = np.array([of_birth(f"00000{code}") or "" for code in codes])
    return _France(codes, shares, {each: np.flatnonzero(of == each) for each in REGIONS})


def anywhere(rng: Generator, count: int) -> list[bytes]:
    """Return `count` persons (22 bytes, `ids.subject`) born anywhere, as a list of everybody has."""
    france = _france()
    chosen = rng.choice(len(france.codes), count, p=france.shares)
    abroad = rng.random(count) < _ABROAD
    born = [
        f"99{100 + number % 400}" if away else france.codes[number]
        for number, away in zip(chosen.tolist(), abroad.tolist(), strict=True)
    ]
    return _persons(rng, born)


def around(rng: Generator, region: str, count: int, near: float = _NEAR) -> list[bytes]:
    """Return `count` persons whom a counter in `region`, an INSEE code, has before it.

    Args:
        rng: What chance is drawn from.
        region: Where the counter is.
        count: How many.
        near: Share of those who were born in the region, beside those who were by chance.
    """
    france = _france()
    communes = france.regions[region]
    shares = france.shares[communes]
    here = rng.random(count) < near
    chosen = rng.choice(communes, int(here.sum()), p=shares / shares.sum()).tolist()
    persons = np.array(anywhere(rng, count))
    persons[here] = _persons(rng, [france.codes[number] for number in chosen])
    return [bytes(person) for person in persons.tolist()]


class Patients:
    """Persons one by one, drawn many at a time."""

    def __init__(self, rng: Generator) -> None:
        self._rng = rng
        self._around: dict[str, list[bytes]] = {}
        self._anywhere: list[bytes] = []

    def around(self, region: str) -> bytes:
        """Return somebody whom a counter in `region` has before it."""
        waiting = self._around.get(region)
        if not waiting:
            waiting = self._around[region] = around(self._rng, region, _AHEAD)
        return waiting.pop()

    def anywhere(self) -> bytes:
        """Return somebody of a list of everybody."""
        self._anywhere = self._anywhere or anywhere(self._rng, _AHEAD)
        return self._anywhere.pop()


def regions(rng: Generator, count: int) -> list[str]:
    """Return `count` regions, INSEE codes, by their share of the population."""
    shares = np.array([share for _, share in REGIONS.values()])
    return [str(each) for each in rng.choice(list(REGIONS), count, p=shares / shares.sum())]


def _persons(rng: Generator, born: list[str]) -> list[bytes]:
    count = len(born)
    year = rng.integers(_FIRST_YEAR, _LAST_YEAR, count).tolist()
    columns = (
        rng.integers(1, 3, count).tolist(),
        rng.integers(1, 13, count).tolist(),
        rng.integers(1, 1000, count).tolist(),
        rng.integers(1, 29, count).tolist(),
    )
    return [
        f"{sex}{y % 100:02}{month:02}{commune}{order:03}{y}{month:02}{day:02}1".encode()
        for commune, y, sex, month, order, day in zip(born, year, *columns, strict=True)
    ]
