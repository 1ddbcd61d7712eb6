"""The two languages say the same things, and say everything that the pages ask for."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, get_args

import pytest

from ecluse.acts.act import Content
from ecluse.console.deeds import LockReason
from ecluse.exchange import hearing
from ecluse.gate.state import Lane, Reason
from ecluse.ids.region import REGIONS
from ecluse.login.roles import AccountRole
from ecluse.policy.watch import Measure
from ecluse.portal.pages_server import PAGES
from ecluse.watch import rows
from ecluse.watch.alarm import _WHY, Kind
from ecluse.watch.gauges import Level


if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


LANGUAGE = re.compile(r"words\.[a-z]{2}\.js")


CONSOLE = PAGES / "console"


def words(language: str, page: Path = PAGES) -> dict[str, str]:
    text = (page / "js" / f"words.{language}.js").read_text()
    found: dict[str, str] = json.loads(text.removeprefix("export default ").rstrip().rstrip(";"))
    return found


def sources(page: Path = PAGES) -> str:
    modules = [
        path for path in sorted((page / "js").iterdir()) if not LANGUAGE.fullmatch(path.name)
    ]
    return "\n".join(path.read_text() for path in [page / "index.html", *modules])


@pytest.mark.parametrize("page", [PAGES, CONSOLE])
def test_both_languages_have_the_same_words_with_the_same_placeholders(page: Path) -> None:
    french, english = words("fr", page), words("en", page)
    assert french.keys() == english.keys()
    for key, text in french.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key]))


def named(text: str) -> set[str]:
    """Return the keys that stand whole in a page's text."""
    found = set(re.findall(r"data-word(?:-label)?=\"([^\"]+)\"", text))
    found |= set(re.findall(r"\bword\(\"([^\"]+)\"", text))
    return found | set(re.findall(r"\bhint\(\"[a-z-]+\", \"([^\"]+)\"", text))


@pytest.mark.parametrize("page", [PAGES, CONSOLE])
def test_every_word_that_a_page_names_exists(page: Path) -> None:
    keys = named(sources(page))
    assert len(keys) > 60
    assert keys - (words("fr") | words("fr", page)).keys() == set()


def test_no_word_is_left_over() -> None:
    text = sources()
    built = [re.compile(pattern) for pattern in BUILT]
    unused = {
        key
        for key in words("fr")
        if f'"{key}"' not in text and not any(pattern.fullmatch(key) for pattern in built)
    }
    assert unused == set()


#: Keys that the modules put together from a part and what they know.
BUILT = (
    r"(signin|enrol|check|day|account)\.title",
    r"account\.\w+_until",
    r"answer\.(covered|not_covered|refused)",
    r"answer\.not_covered\.[123]",
    r"answer\.refused\.(card|known|phone|typed)\.[1234]",
    r"price\.(kind|amount|base|quantity|basket|ceiling|minor|off)",
    r"price\.basket\.(full|moderated|free)",
    r"answer\.lines\.(act|basis)",
    r"claim\.(accepted|queued|quoted|refused|waits)",
    r"claim\.reason\.\w+",
    r"banner\.(?!close|place|renew|retry$)\w+(\.what)?",
    r"birth\.(incomplete|year|right)",
    r"card\.(incomplete|layout|unknown|wrong)",
    r"check\.(amc|card|rank)\.hint",
    r"day\.lane\.(card|known|typed)",
    r"enrol\.(pending|accepted|refused)(\.next)?",
    r"family\.\w+",
    r"help\.\w+\.words",
    r"nir\.(key|left|long|right|shape)",
)


def test_no_word_of_the_console_is_left_over() -> None:
    """What it does not use itself stands in place of a word of the counter's."""
    text, inherited = sources(CONSOLE), words("fr").keys()
    built = [re.compile(pattern) for pattern in BUILT_AT_THE_CONSOLE]
    unused = {
        key
        for key in words("fr", CONSOLE).keys() - inherited
        if f'"{key}"' not in text and not any(pattern.fullmatch(key) for pattern in built)
    }
    assert unused == set()


@pytest.mark.parametrize(
    ("prefix", "codes"),
    [
        ("why", [*Kind, "neighbour"]),
        ("measure", Measure),
        ("reason", Reason),
        ("lane", Lane),
        ("level", Level),
        ("role", AccountRole),
        ("lock_reason", [*LockReason, rows.LOCKED, rows.CLOSED, hearing.LOCKED]),
        ("act", [each.__struct_config__.tag for each in get_args(Content)]),
        ("region", REGIONS),
    ],
)
def test_the_console_has_a_word_for_every_code(prefix: str, codes: Iterable[str]) -> None:
    missing = {f"{prefix}.{code}" for code in codes} - words("fr", CONSOLE).keys()
    assert missing == set()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_console_says_why_with_the_numbers_of_the_watchs_own_sentence(language: str) -> None:
    said = words(language, CONSOLE)
    for kind in Kind:
        names = re.findall(r"\{(\w+)[^}]*\}", _WHY[kind])
        assert sorted(re.findall(r"\{(\w+)\}", said[f"why.{kind}"])) == sorted(names)


BUILT_AT_THE_CONSOLE = (
    r"work\.(picture|notices)(\.failed)?",
    r"(now|acts|enrolments|accounts|feeds|ledger)\.title",
    r"act\.(unlock_account|brake_end|officer_accept|policy_change|feed_release|notices_send)",
    r"act\.(done|withdrawn)",
    r"banner\.(not_yours|over)(\.what)?",
    r"evidence\.(time|lane|outcome|list|account|entry)",
    r"feeds?\.\w+",
    r"ledger\.(covered|stopped)",
    r"level\.(account|organisation|region|platform)(\.told)?",
    r"(lane|lock_reason|measure|profession|reason|region|role|why)\.\w+",
)


def test_every_failure_has_its_sentences_and_no_other_has() -> None:
    text = sources()
    kinds = set(re.findall(r"showBanner\(\"(\w+)\"", text))
    kinds |= set(re.findall(r"new Failure\(\"(\w+)\"", text))
    table = re.search(r"BY_CODE = \{(.*?)\};\nconst BY_STATUS = \{(.*?)\};", text, re.DOTALL)
    assert table
    kinds |= set(re.findall(r"\"(\w+)\"", table[0]))
    kinds |= {"foreign", "gesture", "gone", "offline", "unexpected", "unreachable"}
    banners = {key.removeprefix("banner.") for key in words("en") if key.startswith("banner.")}
    assert banners == kinds | {f"{kind}.what" for kind in kinds} | {
        "close",
        "place",
        "renew",
        "retry",
    }
