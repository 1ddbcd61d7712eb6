"""Named measures, taken in alternating rounds of one run (pure).

A machine is never the same twice: what else runs on it moves every figure. So a figure is stated as
a ratio to a limit that was measured a moment before or after it, and the ratio as the median over
the rounds. Every other round goes backwards, so that a drift favours nobody.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    #: Takes a round's number, from 0; returns a figure, the larger the better.
    Measure = Callable[[int], Awaitable[float]]


class Figures:
    """What was measured: a figure for each measure and round.

    Args:
        taken: the measures' figures in the order of the rounds, as many for each.

    Raises:
        ValueError: no round, or more figures of one measure than of another.
    """

    def __init__(self, taken: Mapping[str, Sequence[float]]) -> None:
        if len({len(figures) for figures in taken.values()}) != 1 or not all(taken.values()):
            raise ValueError("every measure has one figure for each round, and there is a round")
        self.taken = {name: list(figures) for name, figures in taken.items()}

    @property
    def rounds(self) -> int:
        """How many rounds there were."""
        return len(next(iter(self.taken.values())))

    def median(self, name: str) -> float:
        """Return the median of a measure's figures."""
        return median(self.taken[name])

    def ratio(self, name: str, limit: str) -> float:
        """Return the median of the rounds' ratios of a measure to its limit."""
        return median(self._ratios(name, limit))

    def spread(self, name: str, limit: str | None = None) -> float:
        """Return how far a measure's figures, or its ratios to `limit`, lie apart.

        That is the largest less the smallest, as a share of the median.
        """
        figures = self.taken[name] if limit is None else self._ratios(name, limit)
        return (max(figures) - min(figures)) / median(figures)

    def _ratios(self, name: str, limit: str) -> list[float]:
        return [
            mine / theirs for mine, theirs in zip(self.taken[name], self.taken[limit], strict=True)
        ]


async def alternate(
    measures: Mapping[str, Measure],
    rounds: int,
    told: Callable[[str, int], None] = lambda *_: None,
) -> Figures:
    """Take every measure once a round, in turn, every other round backwards.

    Args:
        measures: by name.
        rounds: at least 1.
        told: called with a measure's name and the round's number before it is taken.
    """
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(rounds):
        for name in order(list(measures), number):
            told(name, number)
            taken[name].append(await measures[name](number))
    return Figures(taken)


def order(names: Sequence[str], number: int) -> Sequence[str]:
    """Return the order of the measures in round `number`."""
    return names[::-1] if number % 2 else names
