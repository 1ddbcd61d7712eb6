"""Looking for a hundred thousand byte strings at once in everything that lies on a disk.

Each needle is found by its first 8 bytes. At every position of the haystack those 8 bytes are one
64-bit word; a table of one bit per word's hash sorts out nearly all positions, a search among the
sorted words the rest, and what is left is compared byte by byte.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np


if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt


_WORD = 8
_CHUNK = 1 << 22
_HASH_BITS = 23
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # Knuth's, TAOCP 6.4


class Needles:
    """Byte strings to look for, each of at least 8 bytes, with what each would tell."""

    def __init__(self, needles: Mapping[bytes, str]) -> None:
        self._by_word: dict[bytes, list[tuple[bytes, str]]] = defaultdict(list)
        for needle, meaning in needles.items():
            if len(needle) < _WORD:
                raise ValueError(f"too short to be looked for: {meaning}")
            self._by_word[needle[:_WORD]].append((needle, meaning))
        self._longest = max(map(len, needles))
        self._words = np.sort(np.frombuffer(b"".join(self._by_word), "<u8"))
        self._table = np.zeros(1 << _HASH_BITS, bool)
        self._table[_hash(self._words)] = True

    def within(self, text: bytes) -> Iterator[str]:
        """Yield the meaning of each needle in `text`, as often as it stands there."""
        for shift in range(_WORD):
            count = (len(text) - shift) // _WORD
            if count <= 0:
                return
            words = np.frombuffer(text, "<u8", count, shift)
            maybe = np.flatnonzero(self._table[_hash(words)])
            places = np.searchsorted(self._words, words[maybe])
            sure = maybe[self._words[np.minimum(places, len(self._words) - 1)] == words[maybe]]
            for place in sure:
                yield from self._at(text, int(place) * _WORD + shift)

    def _at(self, text: bytes, place: int) -> Iterator[str]:
        for needle, meaning in self._by_word[text[place : place + _WORD]]:
            if text.startswith(needle, place):
                yield meaning

    def in_file(self, path: Path) -> Iterator[str]:
        """Yield the meaning of each needle in a file, wherever it lies across its blocks."""
        rest = b""
        with path.open("rb") as file:
            while block := file.read(_CHUNK):
                text = rest + block
                yield from self.within(text)
                rest = text[-self._longest :]

    def in_folder(self, folder: Path) -> dict[str, set[str]]:
        """Return what every file below `folder` tells, by its path; nothing of those that do not."""
        found = {}
        for path in files(folder):
            try:
                told = set(self.in_file(path))
            except FileNotFoundError:  # the database is at work: files come and go
                continue
            if told:
                found[str(path.relative_to(folder))] = told
        return found


def files(folder: Path) -> Iterable[Path]:
    """Yield every regular file below `folder`, hidden ones included."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _hash(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    return (words * _MULTIPLIER) >> np.uint64(64 - _HASH_BITS)
