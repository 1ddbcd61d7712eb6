"""Who is with which insurer: a first payer for everybody, a second cover for a few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecluse.population.insurers import shares
from ecluse.population.nation import PopulationError


if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecluse.population.families import People


_SECOND_COVER = 0.03


@dataclass(frozen=True, slots=True)
class Memberships:
    """Every row of every roster, insurer after insurer.

    Attributes:
        person: which person, a row an entry.
        priority: 1 first payer, 2 second cover.
        bounds: row numbers; insurer i has rows bounds[i] to bounds[i + 1].
    """

    person: NDArray[np.int64]
    priority: NDArray[np.uint8]
    bounds: NDArray[np.int64]

    @property
    def rows(self) -> int:
        """Rows of all rosters together."""
        return len(self.person)


def memberships(rng: np.random.Generator, everybody: People, insurers: int) -> Memberships:
    """Give each family an insurer, sizes by Zipf's law, and some people a second one.

    Raises:
        PopulationError: there are fewer families than insurers.
    """
    families = int(everybody.family[-1]) + 1
    if families < insurers:
        raise PopulationError(
            "there are fewer families than insurers", hint="Ask for more members."
        )
    weights = shares(insurers)
    of_family = rng.choice(insurers, families, p=weights).astype(np.int32)
    of_family[:insurers] = np.arange(insurers)  # nobody's roster is empty
    first = of_family[everybody.family]

    twice = np.flatnonzero(rng.random(len(first)) < _SECOND_COVER)
    if insurers == 1:
        twice = twice[:0]
    second = rng.choice(insurers, len(twice), p=weights).astype(np.int32)
    same = second == first[twice]
    second[same] = (second[same] + rng.integers(1, max(insurers, 2), int(same.sum()))) % insurers

    insurer = np.concatenate([first, second])
    by_insurer = np.argsort(insurer, kind="stable")
    person = np.concatenate([np.arange(len(first)), twice])[by_insurer]
    priority = np.ones(len(insurer), dtype=np.uint8)
    priority[len(first) :] = 2
    return Memberships(
        person=person,
        priority=priority[by_insurer],
        bounds=np.searchsorted(insurer[by_insurer], np.arange(insurers + 1)),
    )
