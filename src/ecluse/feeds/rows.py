"""A feed's rows, checked a chunk at a time: good ones come out as fixed-width blobs (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecluse.cards.code import CODE_SIZE
from ecluse.feeds import columns, screen
from ecluse.feeds.duplicates import Seen, digests
from ecluse.feeds.reference import MOST as MOST_REFERENCE
from ecluse.feeds.rejects import MOST_LISTED, Reject, masked
from ecluse.feeds.roster import CHANGES, COLUMNS, DELTA_COLUMNS


if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from ecluse.feeds.lines import OddRow, Table

REF, NIR, BIRTH, RANK, CARD, PACKAGE, FROM, TO, PRIORITY, CHANGE = range(len(DELTA_COLUMNS))

_LEAVE = b"leave"


class Accepted(NamedTuple):
    """A chunk's good rows, n of them, in the roster's order.

    Attributes:
        persons: n person identifiers of 22 bytes.
        cards: n card secrets of 16 bytes.
        references: n sealed member references of 64 bytes; empty for a roster in clear.
        covers: for each row (package, valid_from, valid_to, priority), as bytes; in a delta
            followed by (change).
    """

    persons: bytes
    cards: bytes
    references: bytes
    covers: list[bytes]


class Checked(NamedTuple):
    """What became of a chunk.

    Attributes:
        accepted: its good rows.
        rejected: how many others.
        rejects: those, as far as `MOST_LISTED` for the whole feed allows.
        finding: data that is not held; None when there is none.
    """

    accepted: Accepted
    rejected: int
    rejects: list[Reject]
    finding: screen.Finding | None


class Check(NamedTuple):
    """One rule over a column: where it holds, and what is wrong where it does not."""

    column: int
    holds: NDArray[np.bool_]
    reason: str


class Columns(NamedTuple):
    """A chunk's columns read: the rules' outcomes, and what good rows are made of."""

    checks: list[Check]
    persons: NDArray[np.uint8]
    cards: NDArray[np.uint8]
    references: NDArray[np.uint8]


class RowChecker:
    """Checks a feed's chunks in order; remembers whom earlier rows named.

    Args:
        packages: the codes that rows may name.
        sealed: whether member references come sealed (a feed) or in clear (a roster).
        columns: a full feed's, or a delta's.
    """

    def __init__(
        self, packages: Collection[str], *, sealed: bool, columns: Sequence[str] = COLUMNS
    ) -> None:
        self._packages = {code.encode() for code in packages}
        self._sealed = sealed
        self._columns = columns
        self._persons = Seen()
        self._cards = Seen()
        self._listed = 0

    def check(self, table: Table) -> Checked:
        """Check one chunk."""
        read = self._read(table)
        verdict = _first_failure(read.checks, len(table.lines))
        good = verdict < 0
        persons, cards = digests(read.persons), digests(read.cards)
        doubles = [
            Check(NIR, self._fresh(self._persons, persons, good), "an earlier row has this person"),
            Check(CARD, self._fresh(self._cards, cards, good), "an earlier row has this card"),
        ]
        accepted = good & doubles[0].holds & doubles[1].holds
        self._persons.add(persons[accepted])
        self._cards.add(cards[accepted])
        rejects, finding = self._explain(table, read.checks, verdict, doubles)
        return Checked(
            self._blobs(table, read, accepted),
            len(table.lines) - int(accepted.sum()) + len(table.odd),
            rejects,
            finding,
        )

    @staticmethod
    def _fresh(seen: Seen, asked: NDArray[np.uint64], good: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which good rows come first; the others do not count."""
        fresh = np.ones(len(asked), dtype=np.bool_)
        fresh[good] = seen.fresh(asked[good])
        return fresh

    def _read(self, table: Table) -> Columns:
        references, reference = self._references(table)
        nir, nir_size = table.fixed(NIR, columns.NIR_SIZE)
        nir_form, nir_key = columns.nir(nir)
        birth, birth_size = table.fixed(BIRTH, 8)
        rank, rank_size = table.fixed(RANK, 1)
        card, card_size = table.fixed(CARD, CODE_SIZE)
        secrets, card_form, card_check = columns.card(card)
        checks = [
            reference,
            Check(NIR, nir_size & nir_form, "not a NIR of 13 characters and its key"),
            Check(NIR, nir_key, "the key does not match the NIR"),
            Check(BIRTH, birth_size & columns.digits(birth), "not a birth date as YYYYMMDD"),
            Check(
                RANK,
                rank_size & columns.digits(rank) & (rank[:, 0] != ord("0")),
                "not a birth rank from 1 to 9",
            ),
            Check(CARD, card_size & card_form, "not a card code"),
            Check(CARD, card_check, "the card code's check letters do not match"),
            *self._cover_checks(table),
        ]
        persons = np.concatenate([nir[:, :13], birth, rank], axis=1)
        return Columns(checks, persons, secrets, references)

    def _references(self, table: Table) -> tuple[NDArray[np.uint8], Check]:
        if self._sealed:
            column, fits = table.fixed(REF, columns.SEALED_TEXT_SIZE)
            references, right = columns.sealed(column)
            return references, Check(REF, fits & right, "not a sealed member reference")
        column, _ = table.fixed(REF, MOST_REFERENCE)
        right = columns.printable(column, table.sizes(REF))
        nothing = np.zeros((len(table.lines), 0), dtype=np.uint8)
        return nothing, Check(REF, right, "not 1 to 35 printable ASCII characters")

    def _cover_checks(self, table: Table) -> list[Check]:
        known = np.fromiter(
            map(self._packages.__contains__, table.values(PACKAGE, PACKAGE)),
            dtype=np.bool_,
            count=len(table.lines),
        )
        first, first_size = table.fixed(FROM, columns.DATE_SIZE)
        last, last_size = table.fixed(TO, columns.DATE_SIZE)
        first_day, first_right = columns.date(first)
        last_day, last_right = columns.date(last)
        open_ended = table.sizes(TO) == 0
        left, changes = self._changes(table, open_ended)
        priority, priority_size = table.fixed(PRIORITY, 1)
        one_or_two = (priority[:, 0] == ord("1")) | (priority[:, 0] == ord("2"))
        return [
            Check(PACKAGE, known, "a package that packages.json does not list"),
            Check(FROM, first_size & first_right, "not a date as YYYY-MM-DD"),
            Check(TO, open_ended | (last_size & last_right), "neither empty nor YYYY-MM-DD"),
            Check(TO, open_ended | left | (last_day >= first_day), "before valid_from"),
            Check(PRIORITY, priority_size & one_or_two, "neither 1 nor 2"),
            *changes,
        ]

    def _changes(
        self, table: Table, open_ended: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], list[Check]]:
        """Tell which rows are of people who left, and check what a delta's rows say happened."""
        if len(self._columns) == len(COLUMNS):
            return np.zeros(len(table.lines), dtype=np.bool_), []
        happened = table.values(CHANGE, CHANGE)
        left = np.array([change == _LEAVE for change in happened], dtype=np.bool_)
        known = np.array(
            [change.decode("utf-8", "replace") in CHANGES for change in happened], bool
        )
        return left, [
            Check(CHANGE, known, f"none of {', '.join(CHANGES)}"),
            Check(TO, ~(left & open_ended), "who leaves has a last day"),
        ]

    def _blobs(self, table: Table, read: Columns, accepted: NDArray[np.bool_]) -> Accepted:
        covers = table.values(PACKAGE, len(self._columns) - 1)
        rows = np.flatnonzero(accepted)
        return Accepted(
            read.persons.take(rows, axis=0).tobytes(),
            read.cards.take(rows, axis=0).tobytes(),
            read.references.take(rows, axis=0).tobytes(),
            [covers[row] for row in rows.tolist()],
        )

    def _explain(
        self,
        table: Table,
        checks: list[Check],
        verdict: NDArray[np.int64],
        doubles: list[Check],
    ) -> tuple[list[Reject], screen.Finding | None]:
        """List the rows that were not taken, and look into them for what is not held."""
        rejects, finding = self._explain_odd(table.odd)
        for row in np.flatnonzero(verdict >= 0).tolist():
            if finding or self._full(rejects):
                break
            line = int(table.lines[row])
            failed = checks[verdict[row]]
            rejects.append(_reject(table, row, failed))
            finding = self._strays(line, table, row)
        for double in doubles:
            for row in np.flatnonzero((verdict < 0) & ~double.holds).tolist():
                if not self._full(rejects):
                    rejects.append(_reject(table, row, double))
        rejects = _once_a_line(rejects)
        self._listed += len(rejects)
        return rejects, finding

    def _full(self, rejects: list[Reject]) -> bool:
        return self._listed + len(rejects) >= MOST_LISTED

    def _explain_odd(self, odd: list[OddRow]) -> tuple[list[Reject], screen.Finding | None]:
        rejects: list[Reject] = []
        for row in odd:
            if len(row.values) > len(self._columns):
                return rejects, screen.too_many_values(row.line, row.values, self._columns)
            for place, value in enumerate(row.values):
                finding = screen.stray(row.line, f"column {place + 1}", value)
                if finding:
                    return rejects, finding
            empty = not any(row.values)
            reason = "the line is empty" if empty else "fewer values than columns"
            if not self._full(rejects):
                rejects.append(Reject(row.line, "row", reason, ""))
        return rejects, None

    def _strays(self, line: int, table: Table, row: int) -> screen.Finding | None:
        for place, column in enumerate(self._columns):
            if column == "member_ref" and not self._sealed:
                continue  # the census looks at these
            value = table.value(row, place)
            if column == "package" and value.encode() in self._packages:
                continue
            finding = screen.stray(line, column, value)
            if finding:
                return finding
        return None


def _first_failure(checks: list[Check], rows: int) -> NDArray[np.int64]:
    """Return, for each row, the number of the first rule that does not hold; -1 for none."""
    verdict = np.full(rows, -1, dtype=np.int64)
    for number, check in reversed(list(enumerate(checks))):
        verdict[~check.holds] = number
    return verdict


def _reject(table: Table, row: int, failed: Check) -> Reject:
    return Reject(
        int(table.lines[row]),
        DELTA_COLUMNS[failed.column],
        failed.reason,
        masked(table.value(row, failed.column)),
    )


def _once_a_line(rejects: list[Reject]) -> list[Reject]:
    """Return rejects by line, the first reason for each."""
    by_line: dict[int, Reject] = {}
    for reject in rejects:
        by_line.setdefault(reject.line, reject)
    return [by_line[line] for line in sorted(by_line)]
