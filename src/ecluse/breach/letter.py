"""A letter to the persons concerned (GDPR, art. 34), ready for an insurer to send (pure).

Écluse holds no address: the insurer sends it. It names nobody, and its advice fits the data told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.breach.disclosed import Field
from ecluse.breach.document import Document, Section


if TYPE_CHECKING:
    from ecluse.breach.document import Words
    from ecluse.breach.dossier import Case


def letter(case: Case, words: Words) -> Document:
    """Return the letter in one language."""
    told = [field for field in Field if field in case.figures.fields]
    what = words(
        "letter.what_text",
        cause=words(f"cause.{case.cause}"),
        first=case.figures.first,
        last=case.figures.last,
    )
    done = words("letter.done_text" if case.closed else "letter.done_text_open")
    return Document(
        words.language,
        words("letter.title"),
        words(
            "letter.subtitle", insurer=case.insurer, incident=case.incident, version=case.version
        ),
        (
            Section(words("letter.what"), (words("letter.greeting"), what)),
            Section(
                words("letter.which"),
                (words("letter.which_text"),),
                items=tuple(words(f"field.{field}") for field in told),
            ),
            Section(words("letter.not"), (words("letter.not_text"),)),
            Section(
                words("letter.may"),
                items=tuple(words(f"dossier.consequence_{field}") for field in told),
            ),
            Section(words("letter.done"), (done,)),
            Section(
                words("letter.advice"), items=tuple(words(f"advice.{field}") for field in told)
            ),
            Section(words("letter.contact"), (words("letter.contact_text"),)),
        ),
    )
