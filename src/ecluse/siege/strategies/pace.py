"""When a thief asks who hides among a counter's work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.gate.windows import HOUR


if TYPE_CHECKING:
    from numpy.random import Generator as Random


_WORK_HOURS = 9


def working_hours(rng: Random, count: int) -> list[float]:
    """Return `count` random moments of a day's working hours, in order (seconds; thefts begin then)."""
    return sorted(rng.uniform(0, _WORK_HOURS * HOUR, count).tolist())
