"""Whether two classes of measured times can be told apart, after dudect (pure).

Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?" (DATE 2017, eprint 2016/1123).
Two fixed classes are measured in random order; Welch's t-test compares their means, on everything
and on what is left when the slowest are cropped: a machine's own hiccups lie there, and hide small
differences. The same threshold as theirs: beyond |t| = 4.5 the classes differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np


if TYPE_CHECKING:
    from numpy.typing import NDArray

    Times = NDArray[np.float64]


THRESHOLD = 4.5
#: Percentiles of all times together, up to which times are kept.
CROPS = (50.0, 75.0, 90.0, 95.0, 99.0, 100.0)


def welch(first: Times, second: Times) -> float:
    """Return Welch's t of two samples: how many standard errors their means lie apart."""
    error = np.sqrt(first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second))
    return float((first.mean() - second.mean()) / error)


def distance(first: Times, second: Times) -> float:
    """Return the largest |t| of all crops."""
    together = np.concatenate([first, second])
    return max(
        abs(welch(first[first <= limit], second[second <= limit]))
        for limit in np.percentile(together, CROPS)
    )
