"""A statement as a page to print: what each insurer owes, and for which claims (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.breach.document import Document, Section, number
from ecluse.cover.step import money


if TYPE_CHECKING:
    from ecluse.cover.step import Language
    from ecluse.settle.statement import Line, Owed, Statement

_WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "title": "Relevé des sommes dues",
        "period": "Demandes reçues du {since} au {until} exclu. Montants en euros.",
        "nothing": "Rien n'est dû pour cette période.",
        "reference": "Référence que porte le virement",
        "amount": "Somme due",
        "claims": "Demandes acceptées",
    },
    "en": {
        "title": "Statement of what is owed",
        "period": "Claims taken from {since} until before {until}. Amounts in euros.",
        "nothing": "Nothing is owed for that period.",
        "reference": "Reference that the payment bears",
        "amount": "Amount owed",
        "claims": "Claims accepted",
    },
}


def document(told: Statement, language: Language) -> Document:
    """Return a statement as a document; claims by their id and day, no care."""
    said = _WORDS[language]
    sections = tuple(_owed(each, told.lines, language) for each in told.owed)
    return Document(
        language,
        said["title"],
        said["period"].format(since=told.since, until=told.until),
        sections or (Section(said["nothing"]),),
    )


def _owed(owed: Owed, lines: tuple[Line, ...], language: Language) -> Section:
    said = _WORDS[language]
    mine = (
        line
        for line in lines
        if (line.amc, line.finess, line.outcome) == (owed.amc, owed.finess, "accepted")
    )
    return Section(
        f"{owed.insurer} ({owed.amc}), {owed.finess}",
        rows=(
            (said["reference"], owed.reference),
            (said["amount"], money(owed.amount, language)),
            (said["claims"], number(owed.claims, language)),
            *((f"{line.care_date} {line.claim}", money(line.amount, language)) for line in mine),
        ),
    )
