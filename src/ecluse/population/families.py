"""Who lives with whom, and when they were born.

A family is the people who share one number: a policy-holder, sometimes a spouse, and the children
below 18 who are filed under that parent. A child with a number of its own is a family of one.
Twins share the birth date as well, and differ in birth rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np


if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecluse.population.nation import Nation


# Policy-holders in bands of five years of age from 0: the rounded shape of France's pyramid in
# the 2020s. Below 18 only the few children who have a number of their own.
_PYRAMID = np.array(
    [.7, .8, .9, 3.0, 5.9, 5.6, 5.8, 6.1, 6.3, 6.0, 6.6, 6.5, 6.2, 5.8, 5.3, 4.6, 2.9, 1.9, 1.0, .3, .03]
)  # fmt: skip
_YEAR = 365.25
_CHILDREN = np.array([0.52, 0.20, 0.19, 0.07, 0.02])  # filed under one parent: none to four
_COMING_OF_AGE = int(18 * _YEAR)
_TWINS = 0.016
_SECOND_BORN = 0.008  # people alone on their number whose twin is elsewhere
_SPOUSES = 0.02
_SLOTS = 6  # holder, spouse, four children
_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class People:
    """Everybody, family after family; arrays of one length, a person an entry.

    Attributes:
        family: which family, from 0, ascending.
        slot: 0 the policy-holder, 1 the spouse, 2 to 5 the children.
        born: day of birth, in days since 1970.
        rank: birth rank.
    """

    family: NDArray[np.int32]
    slot: NDArray[np.uint8]
    born: NDArray[np.int32]
    rank: NDArray[np.uint8]

    def holders(self) -> NDArray[np.int64]:
        """Return where each family begins: its policy-holder."""
        return np.flatnonzero(self.slot == 0)


def people(nation: Nation, rng: np.random.Generator) -> People:
    """Draw families until they hold exactly the nation's members."""
    today = int(nation.day.astype(np.int64))
    blocks: list[People] = []
    drawn = families = 0
    while drawn < nation.members:
        block = _block(rng, min(_BLOCK, nation.members - drawn), today, families)
        blocks.append(block)
        drawn += len(block.born)
        families = int(block.family[-1]) + 1
    members = slice(nation.members)
    return People(
        family=np.concatenate([block.family for block in blocks])[members],
        slot=np.concatenate([block.slot for block in blocks])[members],
        born=np.concatenate([block.born for block in blocks])[members],
        rank=np.concatenate([block.rank for block in blocks])[members],
    )


def _block(rng: np.random.Generator, families: int, today: int, first: int) -> People:
    """Draw some families in full."""
    born = np.zeros((families, _SLOTS), dtype=np.int32)
    rank = np.ones((families, _SLOTS), dtype=np.uint8)
    present = np.zeros((families, _SLOTS), dtype=bool)
    age = _ages(rng, families)
    born[:, 0] = today - age
    rank[:, 0] += rng.random(families) < _SECOND_BORN
    present[:, 0] = True
    # Never on the policy-holder's own day: number, date and rank together name one person.
    apart = rng.integers(30, 3000, families) * rng.choice([-1, 1], families)
    born[:, 1] = born[:, 0] + apart
    present[:, 1] = (rng.random(families) < _SPOUSES) & (age > 30 * _YEAR)
    _children(rng, born, rank, present)
    present[:, 2:] &= (born[:, 2:] <= today) & (born[:, 2:] > today - _COMING_OF_AGE)
    family, slot = np.nonzero(present)
    return People(
        family=(family + first).astype(np.int32),
        slot=slot.astype(np.uint8),
        born=born[present],
        rank=rank[present],
    )


def _ages(rng: np.random.Generator, count: int) -> NDArray[np.int32]:
    """Draw policy-holders' ages, in days."""
    band = rng.choice(len(_PYRAMID), count, p=_PYRAMID / _PYRAMID.sum())
    years = (band + rng.random(count)) * 5
    return (years * _YEAR).astype(np.int32)


def _children(
    rng: np.random.Generator,
    born: NDArray[np.int32],
    rank: NDArray[np.uint8],
    present: NDArray[np.bool_],
) -> None:
    """Fill in the children's slots: births at the parent's 18 to 45 years, then gaps, or twins."""
    families = len(born)
    wanted = rng.choice(len(_CHILDREN), families, p=_CHILDREN)
    first = np.clip(rng.normal(30, 5, families), 18, 45) * _YEAR
    gaps = rng.integers(420, 1600, (families, 3))
    twin = rng.random((families, 3)) < _TWINS
    gaps[twin] = 0
    born[:, 2] = born[:, 0] + first.astype(np.int32)
    born[:, 3:] = born[:, 2:3] + np.cumsum(gaps, axis=1)
    for child in range(3):
        rank[:, 3 + child] = np.where(twin[:, child], rank[:, 2 + child] + 1, 1)
    present[:, 2:] = np.arange(4) < wanted[:, None]
