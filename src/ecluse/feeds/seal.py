"""A chunk of evaluated rows as PostgreSQL's COPY takes them, in binary (pure but for randomness).

Layout: postgresql.org/docs/current/sql-copy.html, "Binary Format". All values of a column have one
size, so a whole chunk is one structured array.
"""

from __future__ import annotations

import os
import re
import struct
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecluse.cover.record import NONCE_SIZE, Cover, bound_suffix, pack, seal_packed


if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecluse.feeds.rows import Accepted
    from ecluse.keyring.bulk import Evaluated

INDEX_SIZE = 16
KEY_SIZE = 32

#: What a table's rows are between, in COPY's binary format.
HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
TRAILER = struct.pack(">h", -1)

#: The tables that a feed fills, and their columns in the order of `CopyBuffers`.
TABLES = {
    "cover_record": ("idx", "insurer", "feed", "epoch", "sealed"),
    "card_pointer": ("idx", "insurer", "feed", "epoch", "sealed"),
    "member_reference": ("idx", "insurer", "feed", "sealed"),
}

_BETWEEN = re.compile(rb"[,\x1f]")


class CopyBuffers(NamedTuple):
    """A chunk's rows for each table, sorted by index."""

    cover_record: bytes
    card_pointer: bytes
    member_reference: bytes


class Sealer:
    """Seals the chunks of one feed of one insurer."""

    def __init__(self, insurer: int, feed: int) -> None:
        self._insurer = insurer
        self._feed = feed
        self._packed: dict[bytes, bytes] = {}

    def seal(self, accepted: Accepted, evaluated: Evaluated) -> CopyBuffers:
        """Seal the covers of a chunk under their record keys and lay out its rows."""
        indexes, cards = _items(evaluated.indexes), _items(evaluated.card_indexes)
        count = len(indexes)
        records = self._records(accepted.covers, evaluated)
        where = np.array([self._insurer], ">i2"), np.array([self._feed], ">i4")
        epoch = np.array([evaluated.epoch], ">i2")
        return CopyBuffers(
            _sorted(indexes, *where, epoch, _matrix(records, count)),
            _sorted(cards, *where, epoch, _matrix(evaluated.pointers, count)),
            _sorted(indexes, *where, _matrix(accepted.references, count)),
        )

    def _records(self, covers: list[bytes], evaluated: Evaluated) -> bytes:
        suffix = bound_suffix(self._insurer, self._feed, evaluated.epoch)
        pack, packed = self._pack, self._packed
        return b"".join(
            seal_packed(packed.get(cover) or pack(cover), key, index + suffix, nonce)
            for cover, (key,), (index,), (nonce,) in zip(
                covers,
                struct.iter_unpack(f"{KEY_SIZE}s", evaluated.record_keys),
                struct.iter_unpack(f"{INDEX_SIZE}s", evaluated.indexes),
                struct.iter_unpack(f"{NONCE_SIZE}s", os.urandom(NONCE_SIZE * len(covers))),
                strict=True,
            )
        )

    def _pack(self, cover: bytes) -> bytes:
        """Pack a row's cover; a feed has few different ones."""
        package, first, last, priority, *change = (
            value.decode() for value in _BETWEEN.split(cover)
        )
        if change == ["leave"]:
            # From the day after on there is nothing; what holds until then stands in earlier feeds.
            package, first, last = "", _day_after(last), ""
        packed = pack(Cover(package, [(first, last or None)], int(priority)))
        self._packed[cover] = packed
        return packed


def _day_after(day: str) -> str:
    last = date.fromisoformat(day)
    return (last + timedelta(days=last < date.max)).isoformat()


def _items(indexes: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(indexes, dtype=np.uint8).reshape(-1, INDEX_SIZE)


def _matrix(items: bytes, count: int) -> NDArray[np.uint8]:
    return np.frombuffer(items, dtype=np.uint8).reshape(count, -1)


def _sorted(indexes: NDArray[np.uint8], *columns: NDArray[np.generic]) -> bytes:
    """Lay out whole COPY text, its rows in the order of their indexes."""
    words = indexes.view(">u8")
    order = np.lexsort((words[:, 1], words[:, 0]))
    ordered = [column[order] if column.ndim == 2 else column for column in columns]
    return HEADER + rows(indexes[order], *ordered) + TRAILER


def rows(*columns: NDArray[np.generic]) -> bytes:
    """Lay out rows as COPY takes them, without header and trailer.

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
    return table.tobytes()
