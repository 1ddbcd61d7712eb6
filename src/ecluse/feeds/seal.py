"""A chunk of evaluated rows as PostgreSQL's COPY takes them, in binary (pure but for randomness).

Layout: postgresql.org/docs/current/sql-copy.html, "Binary Format". All values of a column have one
size, so a whole chunk is one structured array.
"""

from __future__ import annotations

import re
import struct
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecluse.cover.record import Cover, bound_suffix, pack
from ecluse.keyring.aead import seal_each


if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecluse.feeds.rows import Accepted
    from ecluse.keyring.bulk import Evaluated

INDEX_SIZE = 16

#: What a table's rows are between, in COPY's binary format.
HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
TRAILER = struct.pack(">h", -1)

#: The tables that a feed fills, and their columns in the order of `CopyBuffers`.
TABLES = {
    "cover_record": ("idx", "insurer", "feed", "epoch", "sealed"),
    "card_pointer": ("idx", "insurer", "feed", "epoch", "sealed"),
    "member_reference": ("idx", "insurer", "feed", "sealed"),
}

#: Covers that are remembered packed, so that memory does not grow with the feed.
_MOST_PACKED = 1 << 17

_BETWEEN = re.compile(rb"[,\x1f]")

#: One COPY's text, in pieces.
CopyText = tuple[bytes, memoryview, bytes]


class CopyBuffers(NamedTuple):
    """A chunk's rows for each table, sorted by index."""

    cover_record: CopyText
    card_pointer: CopyText
    member_reference: CopyText


class Sealer:
    """Seals the chunks of one feed of one insurer."""

    def __init__(self, insurer: int, feed: int) -> None:
        self._insurer = insurer
        self._feed = feed
        self._packed: dict[bytes, bytes] = {}

    def seal(self, accepted: Accepted, evaluated: Evaluated) -> CopyBuffers:
        """Seal the covers of a chunk under their record keys and lay out its rows."""
        count = len(accepted.covers)
        indexes, cards = _matrix(evaluated.indexes, count), _matrix(evaluated.card_indexes, count)
        records = _matrix(self._records(accepted.covers, indexes, evaluated), count)
        where = np.array([self._insurer], ">i2"), np.array([self._feed], ">i4")
        epoch = np.array([evaluated.epoch], ">i2")
        by_index, by_card = _order(indexes), _order(cards)
        return CopyBuffers(
            _text(by_index, indexes, *where, epoch, records),
            _text(by_card, cards, *where, epoch, _matrix(evaluated.pointers, count)),
            _text(by_index, indexes, *where, _matrix(accepted.references, count)),
        )

    def _records(
        self, covers: list[bytes], indexes: NDArray[np.uint8], evaluated: Evaluated
    ) -> bytes:
        suffix = bound_suffix(self._insurer, self._feed, evaluated.epoch)
        bound_to = np.empty((len(covers), INDEX_SIZE + len(suffix)), dtype=np.uint8)
        bound_to[:, :INDEX_SIZE] = indexes
        bound_to[:, INDEX_SIZE:] = np.frombuffer(suffix, dtype=np.uint8)
        pack, packed = self._pack, self._packed.get
        texts = b"".join([packed(cover) or pack(cover) for cover in covers])
        return seal_each(evaluated.record_keys, texts, bound_to.tobytes())

    def _pack(self, cover: bytes) -> bytes:
        """Pack a row's cover; most rows of a feed have one that came before."""
        package, first, last, priority, *change = (
            value.decode() for value in _BETWEEN.split(cover)
        )
        if change == ["leave"]:
            # From the day after on there is nothing; what holds until then stands in earlier feeds.
            package, first, last = "", _day_after(last), ""
        packed = pack(Cover(package, [(first, last or None)], int(priority)))
        if len(self._packed) == _MOST_PACKED:
            self._packed.clear()
        self._packed[cover] = packed
        return packed


def _day_after(day: str) -> str:
    last = date.fromisoformat(day)
    return (last + timedelta(days=last < date.max)).isoformat()


def _matrix(items: bytes, count: int) -> NDArray[np.uint8]:
    return np.frombuffer(items, dtype=np.uint8).reshape(count, -1)


def _order(indexes: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the order of indexes; where the first half is the same, that half decides nothing."""
    return np.argsort(indexes.view(">u8")[:, 0].astype(np.uint64))


def _text(order: NDArray[np.intp], *columns: NDArray[np.generic]) -> CopyText:
    """Lay out a whole COPY text, its rows in this order."""
    return HEADER, rows(*columns).take(order, axis=0).data.cast("B"), TRAILER


def rows(*columns: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Lay out rows as COPY takes them, without header and trailer: a matrix of bytes.

    Args:
        columns: each a matrix of bytes, shape (rows, width), or one value for all rows; the first
            is a matrix.
    """
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for place, column in enumerate(columns):
        kind = f"V{column.shape[1]}" if column.ndim == 2 else column.dtype.str
        fields += [(f"size{place}", ">i4"), (f"value{place}", kind)]
    table = np.empty(len(columns[0]), dtype=fields)
    table["fields"] = len(columns)
    for place, column in enumerate(columns):
        matrix = column.ndim == 2
        table[f"size{place}"] = column.shape[1] if matrix else column.itemsize
        table[f"value{place}"] = (
            np.ascontiguousarray(column).view(f"V{column.shape[1]}").ravel() if matrix else column
        )
    return table.view(np.uint8).reshape(len(table), -1)
