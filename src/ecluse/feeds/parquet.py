"""A roster in Parquet, as the CSV that every roster is read as.

Columns are text, or typed: integers for ranks and priorities, dates for the cover's days. Rows come
in slices, so that memory does not grow with the file.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl

from ecluse.errors import EcluseError


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX = ".parquet"

_ROWS = 32_768


class ParquetError(EcluseError):
    """A file is no Parquet, or its columns are of types that a roster does not have."""


class ParquetText:
    """The CSV text of a Parquet file, to be read block by block.

    Args:
        path: the file.

    Raises:
        ParquetError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._failing():
            self._frame = pl.scan_parquet(path)
            nested = [
                name for name, kind in self._frame.collect_schema().items() if kind.is_nested()
            ]
        if nested:
            raise ParquetError(
                f"{path.name}: {len(nested)} of its columns are lists or structures.",
                hint="Write text, integers and dates.",
            )
        self._blocks = self._read()
        self._block = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes of CSV, none at the end.

        Raises:
            ParquetError: the file is damaged.
        """
        while not self._block:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._block = memoryview(block)
        taken, self._block = self._block[:size], self._block[size:]
        return bytes(taken)

    def _read(self) -> Iterator[bytes]:
        start = 0
        while True:
            with self._failing():
                rows = self._frame.slice(start, _ROWS).collect()
            if start == 0 or rows.height:
                yield rows.write_csv(include_header=start == 0).encode()
            if rows.height < _ROWS:
                return
            start += rows.height

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Turn what polars reports, which may quote the file, into an error of our own."""
        try:
            yield
        except (pl.exceptions.PolarsError, OSError):
            raise ParquetError(
                f"{self._path.name} cannot be read as Parquet.", hint="Write it again, or as CSV."
            ) from None
