"""When in the day checks are asked: a trade's hours, drawn from many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np


if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from ecluse.siege.nation.assumed import Hours


#: Seconds of one of the day's parts, within which all moments are alike.
_PART = 900.0
_PARTS = 96
_LAST = _PART * _PARTS - 1


class Clock:
    """The hours of several trades, laid out so that one search draws a moment of each."""

    def __init__(self, hours: Sequence[Hours]) -> None:
        begins = np.arange(_PARTS) * _PART / 3600
        weights = np.zeros((len(hours), _PARTS))
        for row, spans in zip(weights, hours, strict=True):
            for start, end, busy in spans:
                row[(begins >= start) & (begins < end)] = busy
        shares = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
        shares[:, -1] = 1.0
        self._shares = (shares + np.arange(len(hours))[:, None]).ravel()

    def draw(self, rng: Generator, trade: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return a moment for each check of these trades, seconds since midnight."""
        part = np.searchsorted(self._shares, trade + rng.random(len(trade)), side="right")
        return (part - trade * _PARTS + rng.random(len(trade))) * _PART


def within_the_day(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return moments, seconds since midnight, none of them on another day."""
    held: NDArray[np.float64] = np.clip(at, 0.0, _LAST)
    return held
