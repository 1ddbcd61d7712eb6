"""The report for a board: its numbers are the siege's, it needs nothing else, and anybody can read it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from typer.testing import CliRunner

from ecluse.cli import app
from ecluse.demo import sieges
from ecluse.demo.sieges import Asked, attackers
from ecluse.policy.policy import read
from ecluse.siege.curve import curve
from ecluse.siege.report import peers, words
from ecluse.siege.report.page import page
from ecluse.siege.report.scale import Scale
from portal.conftest import ARGUMENTS, CHROMIUM


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Literal

    from playwright.sync_api import Browser

    from ecluse.cover.step import Language


_PLAYED = {"portal_2024", "relayed_login", "fast_sweep", "leaked_list"}
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    """A small siege, as the command prints it."""
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(sieges, "SCRAPE_SECONDS", 1.0)
    chosen = [a for a in attackers() if a.strategy in _PLAYED and a.played != "live"]
    asked = Asked(chosen, range(1, 3), None, 1, 33_000_000, 1000, 20, False, None)
    points = curve(read()[0], 33_000_000, 20, 1, lambda _: None, caps=(4,))
    played = sieges.besiege(asked, lambda _: None)
    monkeypatch.undo()
    return played | {
        "curve": [msgspec.structs.asdict(point) for point in points],
        "command": "ecluse siege --all --report report.html",
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield launched
        launched.close()


class Rows(HTMLParser):
    """The cells of every table row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in {"th", "td"}:
            self.rows[-1].append("")
            self._inside = True
        elif tag == "small":
            self._inside = False

    def handle_endtag(self, tag: str) -> None:
        if tag in {"th", "td", "small"}:
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data


def number(cell: str) -> float:
    return float(cell.split("(", maxsplit=1)[0].replace(",", ""))


def test_every_number_of_the_table_is_the_siege_s(facts: dict[str, Any]) -> None:
    said = words.read("en")
    shown = {(row[0], row[1]): row for row in Rows(page(facts, said)).rows if len(row) == 8}
    for part in facts["strategies"]:
        row = shown[said.attacker(part["strategy"]).name, part["played"]]
        mine = [
            r
            for r in facts["runs"]
            if (r["strategy"], r["played"]) == (part["strategy"], part["played"])
        ]
        assert number(row[2]) == mine[0]["accounts"]
        assert number(row[4]) == part["bound"] == mine[0]["bound"]
        mean = sum(run["persons"] for run in mine) / len(mine)
        assert number(row[5]) == pytest.approx(mean, abs=0.51 if mean > 1000 else 0.051)


def test_the_headline_and_the_curve_tell_the_siege_s_numbers(facts: dict[str, Any]) -> None:
    text = page(facts, words.read("en"))
    relayed = max(r["persons"] for r in facts["runs"] if r["strategy"] == "relayed_login")
    leaked = max(r["persons_24h"] for r in facts["runs"] if r["strategy"] == "leaked_list")
    (headline,) = re.findall("<h1>(.*)</h1>", text)
    assert f"33,000,000 people on file. Here, the same attack: {relayed}." in headline
    assert f"{leaked} in a day" in text
    rows = Rows(text).rows
    for point in facts["curve"]:
        expected = [
            point[k] for k in ("typed_day", "bound", "persons", "checks", "wrongly_refused")
        ]
        assert [float(value) for value in expected] in [
            [number(cell) for cell in row] for row in rows if len(row) == 5 and row[0].isdigit()
        ]
    assert facts["sha256"] in text
    assert facts["command"] in text


def test_the_page_needs_nothing_else(facts: dict[str, Any]) -> None:
    text = page(facts, words.read("fr"))
    assert "<script" not in text
    assert not re.search(r"(src|href|url\()=?[\"']?(?!data:)\w+:", text)
    assert re.findall(r"<link[^>]*href=\"(.{5})", text) == ["data:"]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "width", "scheme"), [("fr", 1440, "light"), ("en", 360, "dark")]
)
def test_the_report_has_no_barrier(
    facts: dict[str, Any],
    browser: Browser,
    tmp_path: Path,
    language: Language,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    path = tmp_path / "report.html"
    path.write_text(page(facts, words.read(language)), encoding="utf-8")
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True
    )
    shown = context.new_page()
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.goto(path.as_uri())
    found = Axe().run(shown, options=_RULES).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()


def test_both_languages_say_the_same_things_and_name_every_attacker() -> None:
    french, english = words.read("fr"), words.read("en")
    assert french.said.keys() == english.said.keys()
    assert french.attackers.keys() == english.attackers.keys()
    for key, said in english.said.items():
        assert set(re.findall(r"{\w+}", said)) == set(re.findall(r"{\w+}", french.said[key]))
    assert {name for name, each in french.attackers.items() if each.remains} == {
        name for name, each in english.attackers.items() if each.remains
    }


def test_what_others_lost_comes_from_the_list_of_peers() -> None:
    told = {each.name: each.persons for each in peers.exposures(peers.read())}
    assert told["Medplum 2.2.0 (Dec 2023)"] == 10_001
    assert told["2024 portal of the seed"] == 33_000_000
    assert told["France Travail 2024"] == 36_820_828


def test_nobody_stands_left_of_one_and_each_ten_is_as_far() -> None:
    scale = Scale(100.0, 900.0, 1_000_000)
    assert scale.at(0) == 100
    assert 100 < scale.at(0.5) < scale.at(1)
    steps = [scale.at(10**n) for n in range(7)]
    assert [after - before for before, after in pairwise(steps)] == pytest.approx(
        [(900 - steps[0]) / 6] * 6
    )


def test_a_report_of_some_attackers_alone_is_refused(tmp_path: Path) -> None:
    asked = ["siege", "--strategy", "fast_sweep", "--report", str(tmp_path / "r.html")]
    refused = CliRunner().invoke(app, asked)
    assert refused.exit_code == 1
    assert "all attackers" in str(refused.exception)
