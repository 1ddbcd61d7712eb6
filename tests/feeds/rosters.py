"""Small honest rosters to spoil."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecluse.cards import code
from ecluse.feeds.roster import COLUMNS, DELTA_COLUMNS
from ecluse.ids import nir


if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PACKAGES: list[dict[str, Any]] = [
    {
        "code": "CONF-1",
        "label_fr": "Confort : soins courants, optique",
        "label_en": "Comfort: everyday care, optics",
        "families": {
            "everyday": [{"act_fr": "Spécialiste", "act_en": "Specialist", "basis": "150% BR"}],
            "optics": [
                {"act_fr": "Monture", "act_en": "Frame", "basis": "100 EUR/2 years"},
            ],
        },
    },
    {
        "code": "ECO-2",
        "label_fr": "Éco : dépistage du diabète et du cancer compris",
        "label_en": "Basic, screening included",
        "families": {
            "hospital": [
                {
                    "act_fr": "Chambre particulière",
                    "act_en": "Private room",
                    "basis": "50 EUR/night",
                }
            ]
        },
    },
]


@dataclass(frozen=True)
class Row:
    """One row, every value as it is written."""

    member_ref: str
    nir: str
    birth_date: str
    birth_rank: str
    card: str
    package: str
    valid_from: str
    valid_to: str
    priority: str
    #: Of a delta's row: join, change, leave.
    change: str = ""

    def line(self) -> str:
        return ",".join(list(vars(self).values())[: None if self.change else -1])

    def but(self, **changes: str) -> Row:
        return replace(self, **changes)


def secret(number: int) -> bytes:
    return hashlib.sha256(b"card %d" % number).digest()[:16]


def row(number: int) -> Row:
    """Return honest row `number`: another person, another card, another member number."""
    department = ("75", "13", "2A", "2B", "99")[number % 5]
    month = 1 + number % 12
    nir13 = f"{1 + number % 2}{number % 90:02}{month:02}{department}{number % 990 + 1:03}"
    nir13 += f"{number // 990 % 999 + 1:03}"
    return Row(
        member_ref=f"M{number:07}",
        nir=nir13 + nir.key(nir13),
        birth_date=f"19{number % 90:02}{month:02}{number % 28 + 1:02}",
        birth_rank="1",
        card=code.encode(secret(number)),
        package=PACKAGES[number % 2]["code"],
        valid_from="2026-01-01",
        valid_to="2026-12-31" if number % 3 else "",
        priority=str(1 + number % 2),
    )


def rows(count: int, first: int = 0) -> list[Row]:
    return [row(number) for number in range(first, first + count)]


def text(lines: Iterable[Row | str]) -> str:
    """Return a roster, or a delta when its rows say what changed."""
    lines = list(lines)
    delta = any(isinstance(line, Row) and line.change for line in lines)
    header = ",".join(DELTA_COLUMNS if delta else COLUMNS)
    return "".join(
        f"{line if isinstance(line, str) else line.line()}\n" for line in (header, *lines)
    )


def write(folder: Path, content: str | bytes, packages: str | None = None) -> Path:
    """Write a roster and its packages; return the roster's path."""
    folder.mkdir(parents=True, exist_ok=True)
    roster = folder / "roster.csv"
    roster.write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "packages.json").write_text(packages or json.dumps(PACKAGES, ensure_ascii=False))
    return roster
