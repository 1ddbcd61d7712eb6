"""An insurer's file: dossier, notification, letters and the list of its members, for it alone.

A ZIP archive inside an `age` file (age-encryption.org/v1) to the insurer's own recipient. Whoever
builds it cannot open it again; the member references in it are sealed under another key of the
insurer's, so that not even the builder reads a member number.
"""

from __future__ import annotations

import base64
import csv
import io
import zipfile
from datetime import UTC
from typing import TYPE_CHECKING

import msgspec
import pyrage

from ecluse.breach.cnil import notification
from ecluse.breach.disclosed import Field, fields_of
from ecluse.breach.document import LANGUAGES, words
from ecluse.breach.dossier import dossier
from ecluse.breach.letter import letter


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecluse.breach.document import Document
    from ecluse.breach.dossier import Case
    from ecluse.breach.render import Press
    from ecluse.breach.scope import Told

MEMBERS = "members.csv"
CASE = "case.json"
#: Columns of the list: who; whether the answer left; whether it is shared with other insurers, of
#: which one was named at least; when; at which kind of organisation; how asked; what was told.
COLUMNS = ("member_ref", "answer", "shared", "at", "profession", "lane", "family", "fields")
#: ZIP cannot tell an earlier moment.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def package(
    case: Case,
    told: Sequence[Told],
    references: Mapping[tuple[bytes, int], bytes],
    professions: Mapping[bytes, str],
    press: Press,
    recipient: str,
) -> bytes:
    """Return an insurer's file.

    Args:
        case: What the documents are made of.
        told: The answers about its members.
        references: (index, feed) to the sealed member reference; a purged one is missing.
        professions: TRE_G15 code of each organisation.
        press: Prints.
        recipient: The insurer's age recipient.
    """
    files = {
        MEMBERS: _members(told, references, professions),
        CASE: msgspec.json.format(msgspec.json.encode(_facts(case))),
    }
    for name, document in documents(case).items():
        files[f"{name}.json"] = msgspec.json.format(msgspec.json.encode(document))
        files[f"{name}.pdf"] = press.pdf(document, case.built)
    sealed: bytes = pyrage.encrypt(_zipped(files), [pyrage.x25519.Recipient.from_str(recipient)])
    return sealed


def documents(case: Case) -> dict[str, Document]:
    """Return every document by its name in the archive."""
    made = {}
    for language in LANGUAGES:
        made[f"dossier-{language}"] = dossier(case, words(language))
        made[f"cnil-{language}"] = notification(case, words(language))
        if case.figures.persons:
            made[f"letter-{language}"] = letter(case, words(language))
    return made


def _facts(case: Case) -> dict[str, object]:
    """Return the figures for the insurer's own software."""
    return {
        "incident": case.incident,
        "version": case.version,
        "built": case.built,
        "amc": case.amc,
        "cause": case.cause,
        "discovered": case.discovered,
        "figures": case.figures,
        "severity": {
            "score": case.severity.score,
            "level": case.severity.level,
            "context": case.severity.context,
            "identification": case.severity.identification,
            "circumstances": case.severity.circumstances,
        },
        "clocks": case.clocks,
        "change": case.change,
        "ledger": {"begin": case.begin, "end": case.end, "root": case.root, "unread": case.unread},
    }


def _members(
    told: Sequence[Told],
    references: Mapping[tuple[bytes, int], bytes],
    professions: Mapping[bytes, str],
) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in told:
        sealed = references.get((each.subject, each.feed), b"")
        told_fields = fields_of(each.lane)
        writer.writerow(
            (
                base64.b64encode(sealed).decode(),
                each.answer,
                "yes" if each.shared else "no",
                each.at.astimezone(UTC).isoformat(),
                professions.get(each.organisation, ""),
                each.lane,
                each.family,
                " ".join(field for field in Field if field in told_fields),
            )
        )
    return out.getvalue().encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()
