"""CSV (RFC 4180) from memory, in chunks, as places in a byte buffer (pure).

A value is never made into a Python object unless somebody needs it: a chunk is its bytes and, for
each row and column, where the value begins and ends. Columns of fixed width then come out as
matrices in one step.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from ecluse.errors import EcluseError
from ecluse.feeds.roster import COLUMNS, FIRST_ROW


if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Sorted by index, so many rows touch a table's index page by page; the few chunks
#: under way at once stay small in memory.
CHUNK_ROWS = 65_536

_BLOCK = 1 << 20
#: No honest chunk is larger; without a bound one stray quote would read a whole file into memory.
_MOST_BYTES = 64 * 1024 * 1024
#: A chunk with quotes is written again with separators that no value holds.
_UNIT, _RECORD = 0x1F, 0x1E
_PADDING = bytes(128)


class LinesError(EcluseError):
    """The text cannot be cut into rows."""


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""


class OddRow(NamedTuple):
    """A row that does not have a value for each column."""

    line: int
    values: list[str]


class Table(NamedTuple):
    """A chunk's rows that have a value for each column.

    Attributes:
        raw: the buffer, followed by 128 zero bytes.
        starts: shape (rows, columns), where each value begins in `raw`.
        ends: shape (rows, columns), where it ends.
        lines: shape (rows,), the line number of each.
        separator: the byte between two values of a row.
        odd: the other rows.
    """

    raw: bytes
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    lines: NDArray[np.int64]
    separator: int
    odd: list[OddRow]

    def fixed(self, column: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Return a column's first `width` bytes (at most 128) and which values are that long.

        Shapes (rows, width) and (rows,). Where a value is shorter, what follows it is returned.
        """
        text = np.frombuffer(self.raw, dtype=np.uint8)
        windows = np.lib.stride_tricks.sliding_window_view(text, width)
        return windows[self.starts[:, column]], self.sizes(column) == width

    def sizes(self, column: int) -> NDArray[np.int64]:
        """Return how many bytes each value of a column has."""
        sizes: NDArray[np.int64] = self.ends[:, column] - self.starts[:, column]
        return sizes

    def rows(self) -> int:
        """Return how many rows the chunk has, odd ones included."""
        return len(self.lines) + len(self.odd)

    def values(self, first: int, last: int) -> list[bytes]:
        """Return, for each row, the bytes of columns `first` to `last` with what separates them."""
        raw = self.raw
        return [
            raw[start:end]
            for start, end in zip(
                self.starts[:, first].tolist(), self.ends[:, last].tolist(), strict=True
            )
        ]

    def value(self, row: int, column: int) -> str:
        """Return one value as text; bytes that are not UTF-8 become U+FFFD."""
        value = self.raw[self.starts[row, column] : self.ends[row, column]]
        return value.decode("utf-8", errors="replace")


def header_and_chunks(source: Source, rows: int = CHUNK_ROWS) -> Iterator[bytes]:
    """Yield the first line, then chunks of exactly `rows` rows (the last one may have fewer).

    Where `source` is cut by its reads does not matter: the same text gives the same chunks, which
    is what the keyring asks for when a feed is loaded again after a crash.

    Raises:
        LinesError: a quote that opens and does not close.
    """
    cutter = _Cutter(source)
    chunk = cutter.cut(1)
    while chunk:
        yield chunk
        chunk = cutter.cut(rows)


class _Cutter:
    """Cuts a text after so many rows, reading no further than a block ahead.

    A row ends at a line feed that no quote encloses.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._block = b""

    def cut(self, rows: int) -> bytes:
        """Return the next `rows` rows, or what is left; empty at the end.

        Raises:
            LinesError: a quote that opens and does not close.
        """
        pieces: list[bytes] = []
        found = size = quotes = 0
        while block := self._block or self._source.read(_BLOCK):
            ends = _row_ends(block, quotes)
            if found + len(ends) >= rows:
                end = int(ends[rows - found - 1]) + 1
                self._block = block[end:]
                return b"".join((*pieces, block[:end]))
            self._block = b""
            pieces.append(block)
            found, size, quotes = found + len(ends), size + len(block), quotes + block.count(b'"')
            if size > _MOST_BYTES:
                raise LinesError(
                    "A row does not end: somewhere a quote opens and does not close.",
                    hint="Write the file as RFC 4180 says, or without quotes.",
                )
        return b"".join(pieces).rstrip(b"\r\n")


def table(chunk: bytes, first_line: int, columns: int = len(COLUMNS)) -> Table:
    """Find the rows and values of a chunk whose first row is line `first_line`.

    Raises:
        LinesError: quotes that RFC 4180 does not allow.
    """
    if b"\r" in chunk:
        chunk = chunk.replace(b"\r\n", b"\n")
    if not chunk.endswith(b"\n"):
        chunk += b"\n"
    if b'"' not in chunk:
        return _find(chunk, ord(","), ord("\n"), first_line, columns)
    rows = _read_quoted(chunk, first_line)
    plain = "".join(
        chr(_UNIT).join(_without_separators(value) for value in row) + chr(_RECORD) for row in rows
    )
    return _find(plain.encode(), _UNIT, _RECORD, first_line, columns)


def split_row(line: bytes) -> list[str]:
    """Return the values of one row.

    Raises:
        LinesError: quotes that RFC 4180 does not allow.
    """
    rows = _read_quoted(line, FIRST_ROW - 1)
    return rows[0] if rows else []


def _find(chunk: bytes, separator: int, terminator: int, first_line: int, columns: int) -> Table:
    raw = chunk + _PADDING
    text = np.frombuffer(raw, dtype=np.uint8)
    row_ends = np.flatnonzero(text == terminator)
    row_starts = np.concatenate(([0], row_ends[:-1] + 1))
    separators = np.flatnonzero(text == separator)
    before = np.searchsorted(separators, row_starts)
    counts = np.searchsorted(separators, row_ends) - before
    regular = counts == columns - 1
    lines = first_line + np.arange(len(row_ends))
    inner = separators[before[regular][:, np.newaxis] + np.arange(columns - 1)]
    return Table(
        raw,
        np.concatenate([row_starts[regular, np.newaxis], inner + 1], axis=1),
        np.concatenate([inner, row_ends[regular, np.newaxis]], axis=1),
        lines[regular],
        separator,
        [
            OddRow(
                int(lines[row]),
                chunk[row_starts[row] : row_ends[row]]
                .decode("utf-8", errors="replace")
                .split(chr(separator)),
            )
            for row in np.flatnonzero(~regular).tolist()
        ],
    )


def _row_ends(block: bytes, quotes: int) -> NDArray[np.int64]:
    """Return where rows end in a block that `quotes` quotes stand before."""
    text = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(text == ord("\n"))
    if not quotes and b'"' not in block:
        return ends
    before = quotes + np.searchsorted(np.flatnonzero(text == ord('"')), ends)
    outside: NDArray[np.int64] = ends[before % 2 == 0]
    return outside


def _read_quoted(chunk: bytes, first_line: int) -> list[list[str]]:
    text = io.StringIO(chunk.decode("utf-8", errors="replace"), newline="")
    reader = csv.reader(text, strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(reader)
    except csv.Error:
        raise LinesError(
            f"Line {first_line + len(rows)} has quotes that CSV does not allow.",
            hint="Write the file as RFC 4180 says, or without quotes.",
        ) from None
    return rows


def _without_separators(value: str) -> str:
    return value.replace(chr(_UNIT), "\ufffd").replace(chr(_RECORD), "\ufffd")
