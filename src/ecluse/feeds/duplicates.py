"""Which rows of a feed name a person or a card that an earlier row named (pure).

Eight bytes a row: 64-bit digests in sorted runs that double in size. Among a million rows two
different values share a digest with a probability below 10^-7, and would cost a row a rejection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np


if TYPE_CHECKING:
    from numpy.typing import NDArray

# The finaliser of MurmurHash3 (public domain, A. Appleby): each bit changes half of the others.
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)


def digests(items: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return a 64-bit digest of each row of `items` (shape (n, any width), one width for all)."""
    width = -(-items.shape[1] // 8) * 8
    padded = np.zeros((len(items), width), dtype=np.uint8)
    padded[:, : items.shape[1]] = items
    digest = np.zeros(len(items), dtype=np.uint64)
    for word in padded.view(np.uint64).T:
        digest = _mixed(digest * _FIRST + word)
    return digest


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = (words ^ (words >> _SHIFT)) * _FIRST
    words = (words ^ (words >> _SHIFT)) * _SECOND
    return words ^ (words >> _SHIFT)


class Seen:
    """The digests of the rows accepted so far."""

    def __init__(self) -> None:
        self._runs: list[NDArray[np.uint64]] = []

    def fresh(self, asked: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell which of `asked` come for the first time, each counted after those before it."""
        order = np.argsort(asked, kind="stable")
        ordered = asked[order]
        first = np.ones(len(asked), dtype=np.bool_)
        first[1:] = ordered[1:] != ordered[:-1]
        for run in self._runs:
            # In order, so that one search goes on from where the last one ended.
            place = np.minimum(np.searchsorted(run, ordered), len(run) - 1)
            first &= run[place] != ordered
        fresh = np.empty_like(first)
        fresh[order] = first
        return fresh

    def add(self, accepted: NDArray[np.uint64]) -> None:
        """Remember the digests of accepted rows."""
        if not len(accepted):
            return
        run = np.sort(accepted)
        while self._runs and len(self._runs[-1]) <= len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        self._runs.append(run)
