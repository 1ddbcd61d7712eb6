"""From when to when a contract covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np


if TYPE_CHECKING:
    from numpy.typing import NDArray


_OPEN, _THIS_YEAR, _ENDED, _COMING = range(4)
_MIX = (0.55, 0.36, 0.06, 0.03)
_LONGEST_YEARS = 15

NEVER = np.datetime64("NaT")


def periods(
    rng: np.random.Generator, count: int, today: np.datetime64
) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """Draw the first and the last day of contracts, shape (count,) each; NaT where open.

    Most contracts are open or run to the end of this year; some ended in the last two years and
    some begin within the next three months.
    """
    kind = rng.choice(len(_MIX), count, p=_MIX)
    month = today.astype("datetime64[M]")
    year = today.astype("datetime64[Y]")

    # Contracts begin on 1 January, or on the first of some month.
    since = (year - rng.integers(0, _LONGEST_YEARS, count)).astype("datetime64[M]")
    begin = since + np.where(rng.random(count) < 0.6, 0, rng.integers(0, 12, count))
    begin = np.minimum(begin, month)
    ended = month - rng.integers(0, 24, count)
    begin = np.where(kind == _ENDED, ended - rng.integers(1, 120, count), begin)
    begin = np.where(kind == _COMING, month + rng.integers(1, 4, count), begin)

    first = begin.astype("datetime64[D]")
    last = np.full(count, NEVER, dtype="datetime64[D]")
    end_of_year = (year + 1).astype("datetime64[D]") - 1
    last[kind == _THIS_YEAR] = end_of_year
    last[kind == _ENDED] = ended[kind == _ENDED].astype("datetime64[D]") - 1
    return first, last


def since_birth(
    first: NDArray[np.datetime64], last: NDArray[np.datetime64], born: NDArray[np.datetime64]
) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """Let nobody be covered before birth; a contract that ended before is taken as open."""
    return np.maximum(first, born), np.where(last < born, NEVER, last)
