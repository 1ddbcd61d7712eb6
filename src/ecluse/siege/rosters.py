"""Members as their insurers know them, and everything about each that must lie nowhere else."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from ecluse.cards import code
from ecluse.ids.subject import person_identifier
from ecluse.siege.spellings import hashes, spellings


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Row(NamedTuple):
    """A line of a roster."""

    member_ref: str
    nir: str
    birth_date: str
    birth_rank: int
    card: str
    package: str

    @property
    def identifier(self) -> bytes:
        """What the keyring evaluates: NIR, birth date, birth rank."""
        return person_identifier(self.nir[:13], self.birth_date, self.birth_rank)


def read(folder: Path) -> list[Row]:
    """Return every line of every roster of the nation in `folder`."""
    rows = [
        Row(**{**line, "birth_rank": int(line["birth_rank"])})
        for path in sorted(folder.glob("insurers/*/roster.csv"))
        for line in pl.read_csv(path, columns=list(Row._fields), infer_schema=False).iter_rows(
            named=True
        )
    ]
    random.Random(5).shuffle(rows)  # noqa: S311 - a sample, no secret
    return rows


def secrets(row: Row) -> Iterator[tuple[str, bytes]]:
    """Yield (what, value) of all that a thief would look for."""
    n = row.nir
    spaced = (n[0], n[1:3], n[3:5], n[5:7], n[7:10], n[10:13], n[13:])
    yield "NIR", n[:13].encode()
    yield "NIR with key", n.encode()
    yield "NIR with spaces", " ".join(spaced[:6]).encode()
    yield "NIR and birth date", f"{n},{row.birth_date}".encode()
    yield "birth date and NIR", f"{row.birth_date},{n}".encode()
    yield "person", row.identifier
    yield "member number", row.member_ref.encode()
    yield "card code", row.card.encode()
    yield "card secret", code.decode(row.card)


def needles(rows: list[Row]) -> dict[bytes, str]:
    """Return every spelling and every plain hash of everything about these members."""
    return {
        spelled: f"{what}, {how}"
        for row in rows
        for what, value in secrets(row)
        for how, spelled in (*spellings(value), *hashes(value))
    }
