"""Invented insurers: a number, a name, a size."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecluse.population.nation import Nation, PopulationError, Stream
from ecluse.population.sources import content


if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Insurer:
    """An insurer (AMC) that does not exist.

    Attributes:
        amc: eight characters, some nine; 99 is no department that a real number begins with.
        name: invented.
    """

    amc: str
    name: str


def insurers(nation: Nation) -> list[Insurer]:
    """Return the nation's insurers, the largest first.

    Raises:
        PopulationError: more are asked for than there are names.
    """
    rng = nation.chance(Stream.INSURERS)
    words = content("names.json")["insurers"]
    all_names = [
        f"{form} {word}" for form, word in itertools.product(words["forms"], words["words"])
    ]
    if nation.insurers > len(all_names):
        raise PopulationError(
            f"there are names for {len(all_names)} insurers only", hint="Ask for fewer insurers."
        )
    chosen = rng.permutation(len(all_names))[: nation.insurers]
    serials = rng.permutation(10**5)[: nation.insurers]
    return [
        Insurer(amc=_amc(int(serial)), name=all_names[at])
        for serial, at in zip(serials, chosen, strict=True)
    ]


def shares(count: int) -> NDArray[np.float64]:
    """Return each insurer's share of the families: Zipf's law, the largest first."""
    weights = 1 / np.arange(1, count + 1)
    weights /= weights.sum()
    return weights


def _amc(serial: int) -> str:
    """Write a number; one in four has a ninth character, a letter: readers must take it as is."""
    return f"990{serial:05d}" if serial % 4 else f"990{serial:05d}C"
