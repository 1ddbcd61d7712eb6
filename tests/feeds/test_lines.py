"""Rows are cut the same way whatever the reads, and as RFC 4180 says."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.feeds.lines import LinesError, header_and_chunks, split_row, table
from ecluse.feeds.roster import COLUMNS


values = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\x1e\x1f"), max_size=6),
    min_size=len(COLUMNS),
    max_size=len(COLUMNS),
)


class Dripping:
    """Gives its text in pieces of the sizes it was told."""

    def __init__(self, text: bytes, sizes: list[int]) -> None:
        self._file = io.BytesIO(text)
        self._sizes = sizes

    def read(self, size: int, /) -> bytes:
        return self._file.read(self._sizes.pop() if self._sizes else size)


def written(rows: list[list[str]], terminator: str = "\n") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=terminator).writerows(rows)
    return text.getvalue().encode()


@given(st.lists(values, min_size=1, max_size=12), st.lists(st.integers(1, 40)))
def test_chunks_do_not_depend_on_reads(rows: list[list[str]], sizes: list[int]) -> None:
    text = written(rows)
    whole = list(header_and_chunks(io.BytesIO(text), rows=3))
    assert list(header_and_chunks(Dripping(text, sizes), rows=3)) == whole


@given(st.lists(values, min_size=1, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_values_come_out_as_the_csv_module_wrote_them(
    rows: list[list[str]], terminator: str
) -> None:
    found = table(written(rows, terminator), 2)
    assert found.lines.tolist() == list(range(2, 2 + len(rows)))
    assert [
        [found.value(row, column) for column in range(len(COLUMNS))] for row in range(len(rows))
    ] == rows


def test_chunks_have_the_same_number_of_rows_but_the_last() -> None:
    rows = [[str(number)] * 9 for number in range(8)]
    chunks = list(header_and_chunks(io.BytesIO(b"header\n" + written(rows)), rows=3))
    assert [chunk.count(b"\n") for chunk in chunks[:-1]] == [1, 3, 3]
    assert chunks[-1].startswith(b"6,")


def test_empty_lines_at_the_end_are_no_rows() -> None:
    chunks = list(header_and_chunks(io.BytesIO(b"header\na\n\n\r\n\n")))
    assert [chunk.strip() for chunk in chunks] == [b"header", b"a"]


def test_a_row_without_nine_values_is_set_apart_with_its_line() -> None:
    found = table(written([["x"] * 9, ["x"] * 8, ["x"] * 9, ["x"] * 10]), 2)
    assert found.lines.tolist() == [2, 4]
    assert [(row.line, len(row.values)) for row in found.odd] == [(3, 8), (5, 10)]
    assert found.rows() == 4


@pytest.mark.parametrize("text", [b'"a" b', b'"never closed'])
def test_a_stray_quote_is_an_error(text: bytes) -> None:
    with pytest.raises(LinesError, match="Line 1 has quotes"):
        split_row(text)


def test_a_quote_that_never_closes_does_not_fill_the_memory() -> None:
    endless = Dripping(b"", [])
    endless.read = lambda _size: b'"' + b"x" * (1 << 20) if _size else b""  # type: ignore[method-assign]
    with pytest.raises(LinesError, match="does not end"):
        for _ in header_and_chunks(endless):
            pass
