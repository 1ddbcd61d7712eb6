"""A roster's rows as they leave the insurer: screened, their member references sealed (pure)."""

from __future__ import annotations

import base64
import csv
import io
import os
from typing import TYPE_CHECKING

from ecluse.feeds import screen
from ecluse.feeds.census import Census
from ecluse.feeds.lines import header_and_chunks, split_row, table
from ecluse.feeds.reference import NONCE_SIZE, MemberReferenceError
from ecluse.feeds.roster import COLUMNS, FIRST_ROW
from ecluse.feeds.rows import NIR, REF


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecluse.feeds.lines import Source, Table
    from ecluse.feeds.reference import ReferenceSealer
    from ecluse.feeds.rejects import Reject
    from ecluse.feeds.rows import RowChecker


class OutgoingRows:
    """A roster's rows as they leave the insurer, and what was counted on the way."""

    def __init__(
        self,
        checker: RowChecker,
        sealer: ReferenceSealer,
        progress: Callable[[int], None],
        columns: Sequence[str] = COLUMNS,
    ) -> None:
        self.count = 0
        self.rejected = 0
        self.rejects: list[Reject] = []
        self._checker = checker
        self._sealer = sealer
        self._progress = progress
        self._columns = columns
        self._census = Census()

    def read(self, clear: Source) -> Iterator[bytes]:
        """Yield the feed's clear text, chunk by chunk.

        Raises:
            ForbiddenDataError: the roster holds what Écluse does not hold.
            LinesError: it is no CSV.
        """
        chunks = header_and_chunks(clear)
        _refuse(screen.header(split_row(next(chunks, b"")), self._columns))
        yield ",".join(self._columns).encode() + b"\n"
        for chunk in chunks:
            found = table(chunk, FIRST_ROW + self.count, len(self._columns))
            self._judge(found)
            self._progress(self.count)
            yield self._written(found)
        _refuse(self._census.verdict())

    def _judge(self, found: Table) -> None:
        checked = self._checker.check(found)
        _refuse(checked.finding)
        _refuse(self._census.add(found.lines.tolist(), found.values(REF, REF)))
        self.count += found.rows()
        self.rejected += checked.rejected
        self.rejects += checked.rejects

    def _written(self, found: Table) -> bytes:
        """Return a chunk's rows with sealed references; a row that is no row is an empty line."""
        nonces = os.urandom(NONCE_SIZE * len(found.lines))
        rows = [
            self._sealed(reference, nonces[place * NONCE_SIZE : (place + 1) * NONCE_SIZE])
            + b","
            + rest
            for place, (reference, rest) in enumerate(
                zip(found.values(REF, REF), self._rests(found), strict=True)
            )
        ]
        for odd in found.odd:  # in the order of lines, so that each place is final
            rows.insert(odd.line - FIRST_ROW - (self.count - found.rows()), b"")
        return b"\n".join(rows) + b"\n"

    def _sealed(self, reference: bytes, nonce: bytes) -> bytes:
        """Seal a member reference; one that cannot be is left out, and its row is rejected."""
        try:
            return base64.b64encode(self._sealer.seal(reference, nonce))
        except MemberReferenceError:
            return b""

    def _rests(self, found: Table) -> list[bytes]:
        """Return what follows each row's member reference, as CSV."""
        rests = found.values(NIR, len(self._columns) - 1)
        if found.separator == ord(","):
            return rests
        written = []
        for rest in rests:
            text = io.StringIO(newline="")
            values = rest.decode("utf-8").split(chr(found.separator))
            csv.writer(text, lineterminator="").writerow(values)
            written.append(text.getvalue().encode())
        return written


def _refuse(finding: screen.Finding | None) -> None:
    if finding:
        raise screen.ForbiddenDataError(finding)
