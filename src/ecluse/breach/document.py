"""A document as its content: headings, sentences, facts; in French or English (pure)."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any, Literal

import msgspec

from ecluse.breach.clocks import PARIS


Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")


class Section(msgspec.Struct, frozen=True):
    """A heading and what stands below it."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    #: (what, how much or which), as a table of two columns.
    rows: tuple[tuple[str, str], ...] = ()
    items: tuple[str, ...] = ()


class Document(msgspec.Struct, frozen=True):
    """One document in one language."""

    language: Language
    title: str
    subtitle: str
    sections: tuple[Section, ...]


class _Figures(Formatter):
    """Formats a sentence's numbers and times as its language writes them."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 - as the base says
        if isinstance(value, int) and not format_spec:
            return number(value, self._language)
        if isinstance(value, float) and not format_spec:
            return decimal(value, self._language)
        if isinstance(value, datetime) and not format_spec:
            return moment(value, self._language)
        return str(super().format_field(value, format_spec))


class Words:
    """The sentences of one language, from `texts/`."""

    def __init__(self, language: Language) -> None:
        self.language = language
        text = resources.files("ecluse.breach").joinpath(f"texts/{language}.json").read_bytes()
        self._texts = msgspec.json.decode(text, type=dict[str, dict[str, str]])
        self._formatter = _Figures(language)

    def __call__(self, name: str, **facts: object) -> str:
        """Return the sentence `group.key` with its facts filled in."""
        group, _, key = name.partition(".")
        return self._formatter.vformat(self._texts[group][key], (), facts)

    def say(self, value: datetime | None, otherwise: str = "") -> str:
        """Return an instant as this language writes it; without one, the sentence `otherwise`."""
        return self(otherwise) if value is None else moment(value, self.language)

    def group(self, name: str) -> dict[str, str]:
        """Return all sentences of a group, as they stand."""
        return self._texts[name]


@cache
def words(language: Language) -> Words:
    """Return the sentences of a language."""
    return Words(language)


def both(name: str, **facts: object) -> dict[Language, str]:
    """Return one sentence in every language, for a page that has a choice of them."""
    return {language: words(language)(name, **facts) for language in LANGUAGES}


def number(value: int, language: Language) -> str:
    """Return a number as a language writes it: 1 234 or 1,234."""
    text = f"{value:,}"
    return text.replace(",", "\u202f") if language == "fr" else text


def decimal(value: float, language: Language) -> str:
    """Return a number with its decimals as a language writes them: 0,75 or 0.75."""
    text = f"{value:g}"
    return text.replace(".", ",") if language == "fr" else text


def moment(value: datetime, language: Language) -> str:
    """Return an instant in Paris time, with the zone's name, so that no hour is told twice."""
    there = value.astimezone(PARIS)
    day = f"{there:%d/%m/%Y}" if language == "fr" else f"{there:%d %b %Y}"
    at = "à" if language == "fr" else "at"
    return f"{day} {at} {there:%H:%M:%S} ({there.tzname()})"
