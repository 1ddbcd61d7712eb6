"""Where a number of persons stands on an axis that has a place for nobody, then tens (pure)."""

from __future__ import annotations

from math import log10
from typing import NamedTuple


#: Of the axis' length: what lies left of one person.
_NOBODY = 0.07


class Scale(NamedTuple):
    """A logarithmic axis from `left` to `right` (SVG units), up to `most` persons."""

    left: float
    right: float
    most: float

    def at(self, persons: float) -> float:
        """Return where so many persons stand; fewer than one lie between nobody and one."""
        first = self.left + _NOBODY * (self.right - self.left)
        if persons < 1:
            return self.left + max(0.0, persons) * (first - self.left)
        share = log10(min(persons, self.most)) / log10(max(self.most, 10.0))
        return first + share * (self.right - first)

    def ticks(self) -> list[int]:
        """Return what is written below the axis: nobody, one, and every second power of ten."""
        return [0, *(10**power for power in range(0, int(log10(self.most)) + 1, 2))]
