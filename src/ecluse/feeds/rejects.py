"""Rows that were not taken: line, column, reason, and the value masked."""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING, NamedTuple

from ecluse.home import private_folder


if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: A rejects file lists no more than this; the counts are always whole.
MOST_LISTED = 100_000

_SHOWN = 2
_LONG_ENOUGH = 4
_MASK = "\u2022"


class Reject(NamedTuple):
    """One row that was not taken.

    Attributes:
        line: of the roster, the header being 1.
        column: the first column that is wrong; "row" for the row as a whole.
        reason: what is wrong with it.
        value: masked.
    """

    line: int
    column: str
    reason: str
    value: str


def masked(value: str) -> str:
    """Return a value's first two characters and a dot; only the dot for a short value."""
    if len(value) <= _LONG_ENOUGH:
        return _MASK if value else ""
    return "".join(letter if letter.isprintable() else "?" for letter in value[:_SHOWN]) + _MASK


def write(path: Path, rejects: Sequence[Reject], *, more: int = 0) -> None:
    """Write `rejects` as CSV (line, column, reason, value) into a folder closed to others.

    Args:
        path: the file; replaced whole.
        rejects: what to list.
        more: how many rows were not taken beyond those listed.
    """
    private_folder(path.parent)
    unfinished = path.with_name(path.name + ".part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Reject._fields)
        writer.writerows(rejects)
        if more:
            writer.writerow(("", "row", f"{more} more rows were not taken", ""))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
