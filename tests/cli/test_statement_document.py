"""The printed statement: its sums are the statement's, in both languages."""

from __future__ import annotations

import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ecluse.breach.document import LANGUAGES
from ecluse.breach.render import Press
from ecluse.cli.statement_document import document
from ecluse.settle.statement import Line, Statement, statement


if TYPE_CHECKING:
    from ecluse.breach.document import Language

PRESS = Press()
AT = datetime(2026, 11, 27, tzinfo=UTC)
SINCE, UNTIL = date(2026, 11, 1), date(2026, 12, 1)


def line(claim: str, outcome: str, amount: str) -> Line:
    return Line(
        claim,
        "990000001",
        "Mutuelle",
        "750000001",
        date(2026, 11, 5),
        "optics",
        outcome,
        "",
        Decimal(amount),
    )


def printed(told: Statement, language: Language) -> str:
    pdf = PRESS.pdf(document(told, language), AT)
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return done.stdout.decode().replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_is_owed_and_for_which_claims(language: Language) -> None:
    lines = [line("first", "accepted", "1200.50"), line("waits", "queued", "77.77")]
    told = statement(lines, SINCE, UNTIL)
    text = printed(told, language)
    assert told.owed[0].reference in text
    # The sum, and the one claim that it is made of.
    assert text.count("1 200,50" if language == "fr" else "1,200.50") == 2
    assert "first" in text
    assert "waits" not in text
    assert "optics" not in text


def test_a_period_without_claims_says_that_nothing_is_owed() -> None:
    assert "Nothing is owed" in printed(statement([], SINCE, UNTIL), "en")
