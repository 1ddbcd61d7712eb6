"""Forbidden data in odd places: a roster, its packages, and where the finding should point."""

from __future__ import annotations

import json
from typing import NamedTuple

from ecluse.feeds.roster import HEADER
from feeds import rosters
from feeds.rosters import PACKAGES, row


IBAN = "FR7630006000011234567890189"


class Planted(NamedTuple):
    """A spoiled roster.

    Attributes:
        name: what was planted where.
        text: the roster.
        line: where the finding points; 0 for the packages.
        column: where it points.
        packages: the packages, when they are what is spoiled.
    """

    name: str
    text: str
    line: int
    column: str
    packages: str | None = None


def _value(name: str, column: str, value: str, at: int = 41) -> Planted:
    """Plant a value in one row of a hundred."""
    lines = rosters.rows(100)
    lines[at] = lines[at].but(**{column: value})
    return Planted(name, rosters.text(lines), at + 2, column)


def _header(name: str, header: str, column: str) -> Planted:
    body = rosters.text(rosters.rows(20)).split("\n", 1)[1]
    return Planted(name, f"{header}\n{body}", 1, column)


def _line(name: str, line: str, column: str) -> Planted:
    """Plant a whole line."""
    return Planted(name, rosters.text([*rosters.rows(30), line, *rosters.rows(30, 50)]), 32, column)


def _packages(name: str, packages: object, column: str) -> Planted:
    text = json.dumps(packages, ensure_ascii=False)
    return Planted(name, rosters.text(rosters.rows(20)), 0, column, text)


VALUES = [
    _value("IBAN as member number", "member_ref", IBAN),
    _value("IBAN with spaces", "member_ref", "FR76 3000 6000 0112 3456 7890 189"),
    _value("IBAN in small letters with dashes", "member_ref", "fr76-3000-6000-0112-3456-7890-189"),
    _value("foreign IBAN as package", "package", "DE89370400440532013000"),
    _value(
        "IBAN in full-width digits",
        "package",
        IBAN.translate({n: n + 0xFEE0 for n in range(48, 58)}),
    ),
    _value("RIB", "member_ref", "30006 00001 12345678901 89"),
    _value("payment card", "member_ref", "4111 1111 1111 1111"),
    _value("payment card as NIR", "nir", "4111111111111111"),
    _value("e-mail address", "valid_from", "jean.dupont@example.fr"),
    _value("e-mail address as package", "package", "jean\uff20example.fr"),
    _value("phone number with dots", "valid_to", "06.12.34.56.78"),
    _value("phone number abroad's way", "card", "+33 (0)6 12 34 56 78"),
    _value("bare phone number among others", "member_ref", "0612345678"),
    _value("phone number in Arabic-Indic digits", "birth_rank", "٠٦١٢٣٤٥٦٧٨"),
    _value("phone number cut by an invisible space", "priority", "06\u200b12345678"),
    _value("street", "package", "12 bis rue des Lilas"),
    _value("post code and town", "member_ref", "75011 PARIS"),
    _value("diagnosis code", "birth_rank", "E11.9"),
    _value("act code with a Cyrillic letter", "package", "HBLD038".replace("H", "\u041d")),
    _value("act code as member number", "member_ref", "\u041dBLD038"),
    _value("illness", "member_ref", "DIABETE TYPE 2"),
    _value("in the last row of all", "valid_to", "0033612345678", at=99),
]

PLACES = [
    _header("a column more", f"{HEADER},iban", "column 10"),
    _header("a column renamed", HEADER.replace("member_ref", "Téléphone"), "column 1"),
    _header("a value as header", HEADER.replace("card", "jean.dupont@example.fr"), "column 5"),
    _header("a column twice", HEADER.replace("card", "nir"), "nir"),
    _line("a value beyond the last column", f"{row(30).line()},0612345678", "column 10"),
    _line(
        "several lines in quotes",
        row(30).line().replace("M0000030", '"M0000030\nFR76 3000 6000 0112 3456 7890 189"'),
        "member_ref",
    ),
    _line("a remark", "# appeler le 06 12 34 56 78", "column 1"),
    _line(
        "quoted value beyond the last column", f'{row(30).line()},"12, rue de la Paix"', "column 10"
    ),
]

IN_PACKAGES = [
    _packages(
        "IBAN in a label",
        [PACKAGES[0] | {"label_fr": f"Prélèvement {IBAN}"}, PACKAGES[1]],
        "packages[0].label_fr",
    ),
    _packages(
        "phone number in an act",
        [
            PACKAGES[0]
            | {
                "families": {
                    "everyday": [
                        {"act_fr": "Appeler 01 23 45 67 89", "act_en": "Call", "basis": "100% BR"}
                    ]
                }
            },
            PACKAGES[1],
        ],
        "packages[0].families.everyday[0].act_fr",
    ),
    _packages(
        "diagnosis code in a label",
        [PACKAGES[0] | {"label_en": "For E11.9 only"}, PACKAGES[1]],
        "packages[0].label_en",
    ),
]
UNKNOWN_KEY = _packages(
    "e-mail address under a name of its own",
    [PACKAGES[0] | {"contact": "jean.dupont@example.fr"}, PACKAGES[1]],
    "packages[0].contact",
)
EVERYTHING = [*VALUES, *PLACES, *IN_PACKAGES, UNKNOWN_KEY]
