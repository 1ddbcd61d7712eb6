"""The two languages say the same things, and say everything that the pages ask for."""

from __future__ import annotations

import json
import re

from ecluse.portal.pages_server import PAGES


LANGUAGE = re.compile(r"words\.[a-z]{2}\.js")


def words(language: str) -> dict[str, str]:
    text = (PAGES / "js" / f"words.{language}.js").read_text()
    found: dict[str, str] = json.loads(text.removeprefix("export default ").rstrip().rstrip(";"))
    return found


def sources() -> str:
    modules = [
        path for path in sorted((PAGES / "js").iterdir()) if not LANGUAGE.fullmatch(path.name)
    ]
    return "\n".join(path.read_text() for path in [PAGES / "index.html", *modules])


def test_both_languages_have_the_same_words_with_the_same_placeholders() -> None:
    french, english = words("fr"), words("en")
    assert french.keys() == english.keys()
    for key, text in french.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key]))


def test_every_word_that_a_page_names_exists() -> None:
    text = sources()
    named = set(re.findall(r"data-word(?:-label)?=\"([^\"]+)\"", text))
    named |= set(re.findall(r"\bword\(\"([^\"]+)\"", text))
    named |= set(re.findall(r"\bhint\(\"[a-z-]+\", \"([^\"]+)\"", text))
    assert len(named) > 60
    assert named - words("fr").keys() == set()


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
    r"answer\.lines\.(act|basis)",
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
