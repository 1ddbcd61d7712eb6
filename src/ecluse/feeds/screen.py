"""Promise P9 at the door: a feed that carries what is not held is refused, with line and reason (pure).

Four places are looked at: the header, where only the roster's own columns may stand; the packages,
their every text; a value that is not what its column is for; and the member references, the one
column whose form the insurer chooses (`ecluse.feeds.census`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.errors import EcluseError
from ecluse.feeds.patterns import BANK, EMAIL, MEDICAL, PHONE, POSTAL, plain, signs, signs_in_words
from ecluse.feeds.roster import COLUMNS, MEANT


if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Finding(NamedTuple):
    """Where something that is not held was found, and what it looks like; never its value.

    Attributes:
        line: of the roster, the header being 1; 0 for the packages.
        column: a column of the roster, or a place in the packages.
        reason: what was found, as the end of a sentence.
    """

    line: int
    column: str
    reason: str


class ForbiddenDataError(EcluseError):
    """A feed carries data that Écluse does not hold; nothing of it is kept."""

    def __init__(self, finding: Finding) -> None:
        place = f"line {finding.line}, {finding.column}" if finding.line else finding.column
        super().__init__(
            f"The feed is refused: {place}: {finding.reason}.",
            hint="Bank, medical, postal, phone and e-mail data are not held. Remove it and prepare"
            " the feed again; a member number that only looks like one needs a letter before it.",
        )
        self.finding = finding


_NAMES = {
    BANK: re.compile(r"iban|\brib\b|\bbic\b|swift|bank|banque|bancaire|compte|account|payment"),
    PHONE: re.compile(r"phone|\btel\b|mobile|portable|\bgsm\b|\bfax\b|\bsms\b"),
    EMAIL: re.compile(r"mail|courriel|\bmel\b"),
    POSTAL: re.compile(
        r"adress|address|\brue\b|street|post|\bzip\b|\bcp\b|ville|city|town|commune|voie"
    ),
    MEDICAL: re.compile(
        r"diagnos|patholog|maladie|medic|\bald\b|\bcim|\bicd|ccam|ngap|\bact|soin|care|trait"
        r"|ordonnance|prescri|allerg|handicap|sang|blood|disease|symptom"
    ),
}


def header(names: list[str], columns: Sequence[str] = COLUMNS) -> Finding | None:
    """Return what is wrong with a header; None when it is exactly `columns`."""
    if names == list(columns):
        return None
    for place, name in enumerate(names):
        if name not in columns:
            return Finding(1, f"column {place + 1}", _unknown(name))
    repeated = next((name for name in columns if names.count(name) > 1), None)
    if repeated:
        return Finding(1, repeated, "the column stands there twice")
    return Finding(1, "header", f"it is not exactly {','.join(columns)}")


def _unknown(name: str) -> str:
    """Say what an unknown column is named after; its name is not repeated: it may be a value."""
    found = signs(name)
    if found:
        return f"where a column's name belongs stands {min(found).what}"
    words = re.sub(r"[^a-z]+", " ", plain(name))
    kind = next((kind for kind, pattern in _NAMES.items() if pattern.search(words)), None)
    named = f", named like {kind} data" if kind else ""
    return f"a column that a roster does not have{named}"


def too_many_values(line: int, values: list[str], columns: Sequence[str] = COLUMNS) -> Finding:
    """Return the finding for a row with more values than columns."""
    found = {sign for value in values[len(columns) :] for sign in signs(value)}
    looks = f", and it looks like {min(found).what}" if found else ""
    return Finding(
        line,
        f"column {len(columns) + 1}",
        f"the row has a value beyond the last column{looks}",
    )


def stray(line: int, column: str, value: str) -> Finding | None:
    """Return what a value looks like when it is not what its column is for; None for nothing.

    A value with its column's own form is a right or a mistyped one, and not looked at further;
    where the column is not known, with the form of any.
    """
    meant = [MEANT[column]] if column in MEANT else [] if column == "package" else MEANT.values()
    if any(form.fullmatch(value) for form in meant):
        return None
    found = signs(value)
    return Finding(line, column, f"the value looks like {min(found).what}") if found else None


def packages(raw: bytes) -> Finding | None:
    """Return what a packages file holds that it should not: in a key, a label, a basis."""
    try:
        content = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # reading it as packages says what is wrong
    for place, text in _texts(content, "packages"):
        found = signs_in_words(text)
        if found:
            return Finding(0, place, f"the text looks like {min(found).what}")
    return None


def _texts(content: object, place: str) -> Iterator[tuple[str, str]]:
    """Yield every text of a JSON value and where it stands; a number counts as its digits."""
    match content:
        case str():
            yield place, content
        case list():
            for number, item in enumerate(content):
                yield from _texts(item, f"{place}[{number}]")
        case dict():
            for number, (key, item) in enumerate(content.items()):
                yield f"{place}, name {number + 1}", key
                yield from _texts(item, f"{place}.{key}" if key.isidentifier() else place)
        case int() | float():
            yield place, str(content)
        case _:
            return
