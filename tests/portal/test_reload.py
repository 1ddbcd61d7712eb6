"""A reload, or an answer lost on its way, costs no second check; the page remembers nobody for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from portal.stand_in_gate import COVERED_CARD, COVERED_NIR, REFERENCE, UNKNOWN_CARD


if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from portal.conftest import Portal

pytestmark = pytest.mark.browser

_STORED = "JSON.stringify({...localStorage, ...sessionStorage})"


def scan(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def asked_again(portal: Portal) -> list[str]:
    """Return the ids under which answers were fetched once more."""
    places = [path for method, path, _ in portal.gate.heard if method == "GET"]
    return [path.removeprefix("/v1/checks/") for path in places if path.startswith("/v1/checks/")]


def test_a_reload_shows_the_last_answer_again_and_asks_nothing_new(
    portal: Portal, counter: Page
) -> None:
    counter.locator("input[value=optics]").check(force=True)
    counter.locator("#care-date").fill("2026-10-05")
    scan(counter, COVERED_CARD)
    counter.locator("#answer.covered").wait_for()
    counter.reload()
    expect(counter.locator(".covered .reference-text")).to_have_text(REFERENCE)
    expect(counter.locator(".about")).to_have_text("Optique, soins du 5 octobre 2026")
    expect(counter.locator("#card")).to_be_focused()
    (asked,) = portal.gate.bodies("/v1/checks")
    assert asked_again(portal) == [asked["check_id"]]
    counter.locator("nav a[href='#day']").click()
    expect(counter.locator(".checks li")).to_have_count(1)


def test_what_a_reload_needs_names_nobody(portal: Portal, counter: Page) -> None:
    counter.keyboard.press("F2")
    counter.keyboard.type("253072b07300470")
    counter.locator("#birth").fill("00/00/1962")
    counter.keyboard.press("Enter")
    counter.locator("#answer.refused").wait_for()
    (asked,) = portal.gate.bodies("/v1/checks")
    stored = counter.evaluate(_STORED)
    kept = json.loads(json.loads(stored)["ecluse.check"])
    assert kept.keys() == {"check_id", "lane", "care_date", "family", "at"}
    assert kept["check_id"] == asked["check_id"]
    assert "253072" not in stored
    assert "1962" not in stored
    counter.reload()
    expect(counter.locator(".refused .steps")).to_contain_text("Relisez chaque chiffre")


def test_an_answer_that_was_lost_is_fetched_after_a_reload(portal: Portal, counter: Page) -> None:
    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
        route.abort()

    counter.route("**/v1/checks", lose)
    scan(counter, COVERED_CARD)
    expect(counter.locator("#banner")).to_contain_text("ne mène pas", timeout=8000)
    counter.unroute("**/v1/checks")
    asked = len(portal.gate.bodies("/v1/checks"))
    counter.reload()
    expect(counter.locator(".covered .reference-text")).to_have_text(REFERENCE)
    assert len(portal.gate.bodies("/v1/checks")) == asked


def test_an_answer_that_is_gone_is_said_to_be_gone(portal: Portal, counter: Page) -> None:
    scan(counter, COVERED_CARD)
    counter.locator("#answer.covered").wait_for()
    portal.gate.answers.clear()
    counter.reload()
    expect(counter.locator("#banner")).to_contain_text("ne peut plus être affichée")
    counter.reload()
    expect(counter.locator("#card")).to_be_focused()
    assert len(asked_again(portal)) == 1


@pytest.mark.parametrize("end", ["Escape", "F2", "sign-out"])
def test_what_was_put_away_does_not_come_back(portal: Portal, counter: Page, end: str) -> None:
    scan(counter, UNKNOWN_CARD)
    counter.locator("#answer.refused").wait_for()
    if end == "sign-out":
        counter.locator("nav a[href='#account']").click()
        counter.get_by_text("Déconnecter ce poste").click()
        counter.locator("#signin-go").click()
        counter.locator("#card").wait_for()
    else:
        counter.keyboard.press(end)
    counter.reload()
    expect(counter.locator("#card")).to_be_focused()
    assert asked_again(portal) == []
    assert COVERED_NIR not in counter.evaluate(_STORED)
