"""What a nation is made from, and the error when it cannot be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import IntEnum

import numpy as np

from ecluse.errors import EcluseError


class PopulationError(EcluseError):
    """A nation of the asked size or in the asked folder cannot be made."""


class Stream(IntEnum):
    """Independent sources of chance, so that a change in one leaves the others as they were."""

    FAMILIES = 0
    NUMBERS = 1
    MEMBERSHIPS = 2
    INSURERS = 3
    ROSTERS = 4
    ORGANISATIONS = 5
    DELTAS = 6


def _today() -> date:
    return datetime.now(tz=UTC).date()


@dataclass(frozen=True, slots=True)
class Nation:
    """The four facts that everything generated follows from.

    Attributes:
        members: persons, each in one or two rosters.
        insurers: rosters.
        seed: any non-negative integer.
        today: births end and cover periods lie around this day.
    """

    members: int
    insurers: int
    seed: int
    today: date = field(default_factory=_today)

    def chance(self, stream: Stream, number: int = 0) -> np.random.Generator:
        """Return the source of chance of one part, or of its part with a number."""
        return np.random.default_rng([self.seed, stream, number])

    @property
    def day(self) -> np.datetime64:
        """Today, as numpy counts days."""
        return np.datetime64(self.today, "D")
