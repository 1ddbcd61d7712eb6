"""A pre-filled notification to CNIL, in the fields and words of its teleservice (pure).

Fields and vocabulary follow CNIL's open data on notified breaches and the form as published tools
copy it; the form itself is behind a login. What only the insurer knows stays empty and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.breach import dossier, timeline
from ecluse.breach.document import Document, Section, number
from ecluse.breach.incident import Cause


if TYPE_CHECKING:
    from ecluse.breach.document import Words
    from ecluse.breach.dossier import Case

#: CNIL's bands of how many persons.
_BANDS = (
    (5, "0-5"),
    (50, "6-50"),
    (300, "51-300"),
    (5000, "301-5000"),
)
_ORIGINS = {
    Cause.PHISHING: "origin_hack",
    Cause.MALWARE: "origin_hack",
    Cause.STOLEN_DEVICE: "origin_lost",
    Cause.UNKNOWN: "origin_unknown",
}


def band(persons: int) -> str:
    """Return CNIL's band for a number of persons."""
    return next((name for most, name in _BANDS if persons <= most), ">5000")


def notification(case: Case, words: Words) -> Document:
    """Return the notification in one language; the French one is the one to file."""
    kind = words("cnil.initial" if case.change is None else "cnil.complementary")
    sections = [
        _section("organisation", _organisation(case, words), words),
        _section("breach", _breach(case, words), words),
        _section("people", _people(case, words), words),
        _section("data", _data(case, words), words),
        *([_consequences(case, words)] if case.figures.persons else []),
        Section(
            words("cnil.measures"),
            (words("dossier.measures_before"),),
            _rows({"informed": "informed_value", "cross_border": "fill"}, words),
            timeline.told(case.moments, words),
        ),
    ]
    if case.change is not None:
        sections.insert(0, dossier.changed(case.change, words))
    return Document(
        words.language,
        words("cnil.title"),
        words(
            "cnil.subtitle",
            kind=kind,
            incident=case.incident,
            version=case.version,
            insurer=case.insurer,
            amc=case.amc,
        ),
        tuple(sections),
    )


def _section(name: str, facts: dict[str, str], words: Words) -> Section:
    return Section(
        words(f"cnil.{name}"),
        rows=tuple((words(f"cnil.{field}"), value) for field, value in facts.items()),
    )


def _rows(facts: dict[str, str], words: Words) -> tuple[tuple[str, str], ...]:
    return tuple((words(f"cnil.{field}"), words(f"cnil.{value}")) for field, value in facts.items())


def _organisation(case: Case, words: Words) -> dict[str, str]:
    fill = words("cnil.fill")
    return {
        "name": case.insurer,
        "siren": fill,
        "sector": words("cnil.sector_value"),
        "representative": fill,
        "contact": fill,
        "processor": words("cnil.processor_value"),
    }


def _breach(case: Case, words: Words) -> dict[str, str]:
    known = case.cause is not Cause.UNKNOWN
    if not known:
        cause = "cause_unknown"
    elif case.cause.external:
        cause = "cause_external"
    else:
        cause = "cause_internal" if case.cause.malicious else "cause_accident"
    return {
        "state": words("cnil.state_value" if case.figures.sure else "cnil.state_suspected"),
        "nature": words("cnil.nature_value"),
        "cause": words(f"cnil.{cause}"),
        "origin": words(f"cnil.{_ORIGINS.get(case.cause, 'origin_other')}"),
        "discovered": words.say(case.discovered),
        "circumstances": words("cnil.by_alarm" if case.by_alarm else "cnil.by_hand"),
        "told": words("cnil.not_told"),
        "started": words.say(case.figures.first, "cnil.unknown"),
        "ended": words.say(case.figures.last if case.closed else None, "cnil.unknown"),
    }


def _people(case: Case, words: Words) -> dict[str, str]:
    return {
        "categories": words("cnil.categories_value"),
        "count": number(case.figures.persons, words.language),
        "band": band(case.figures.persons),
        "direct": words("cnil.direct_value"),
    }


def _data(case: Case, words: Words) -> dict[str, str]:
    fields = {str(field): count for field, count in case.figures.fields.items()}
    kinds = "; ".join(f"{name} ({count})" for name, count in dossier.by("field", fields, words))
    sensitive = fields.keys() & {"cover", "presence"}
    return {
        "kinds": kinds,
        "nir": words("cnil.nir_value"),
        "civil": words("cnil.nir_value"),
        "sensitive": words("cnil.sensitive_yes" if sensitive else "cnil.sensitive_no"),
        "volume": number(case.figures.records, words.language),
    }


def _consequences(case: Case, words: Words) -> Section:
    severity = case.severity
    gravity = words(
        "cnil.gravity_value",
        score=severity.score,
        level=words(f"level.{severity.level}"),
    )
    return Section(
        words("cnil.consequences"),
        (words("cnil.consequence_list"), words("cnil.harm_list")),
        ((words("cnil.gravity"), gravity),),
    )
