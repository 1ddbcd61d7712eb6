"""Every state of the pages under axe-core, wide and narrow, light and dark, French and English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe

from portal.conftest import enrol, sign_in, with_security_key
from portal.stand_in_gate import COVERED_CARD, EXPIRED_CARD, UNKNOWN_CARD


if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from portal.conftest import Portal

pytestmark = pytest.mark.browser

WIDER = "document.documentElement.scrollWidth > innerWidth"
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page) -> list[object]:
    """Return what axe-core finds, and whether the page is wider than its window."""
    found = Axe().run(page, options=_RULES).response["violations"]
    wide = page.evaluate(WIDER)
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] + (
        ["wider than the window"] if wide else []
    )


@pytest.mark.parametrize(
    ("width", "scheme", "locale"),
    [(1440, "light", "fr-FR"), (360, "dark", "en-GB")],
)
def test_no_page_has_a_barrier(
    portal: Portal, browser: Browser, width: int, scheme: Literal["light", "dark"], locale: str
) -> None:
    context = browser.new_context(
        locale=locale,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    page = with_security_key(context.new_page())
    page.goto(portal.pages)
    page.locator("#signin-go").wait_for()
    assert violations(page) == []
    page.goto(f"{portal.pages}/#enrol")
    page.locator("#enrol-finess").wait_for()
    assert violations(page) == []
    enrol(portal, page)
    assert violations(page) == []
    portal.gate.late.append(
        {"amc": "1", "name": "Mutuelle du Halage", "fed_at": None, "late": True}
    )
    sign_in(portal, page)
    page.locator("#late").wait_for()
    assert violations(page) == []
    for card, outcome in (
        (COVERED_CARD, "covered"),
        (EXPIRED_CARD, "not_covered"),
        (UNKNOWN_CARD, "refused"),
    ):
        page.keyboard.type(card)
        page.keyboard.press("Enter")
        page.locator(f"#answer.{outcome}").wait_for()
        for folded in page.locator("summary").all():
            folded.click()
        assert violations(page) == []
    page.keyboard.press("F2")
    page.keyboard.type("855081416802538")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.type("ECL")
    page.keyboard.press("Enter")
    assert violations(page) == []
    page.keyboard.press("F4")
    page.locator("#scan").wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.goto(f"{portal.pages}/#day")
    page.locator(".checks").wait_for()
    assert violations(page) == []
    portal.gate.account["locked"] = "four unknown persons in one minute"
    page.goto(f"{portal.pages}/#account")
    page.locator(".stop").wait_for()
    assert violations(page) == []
    portal.gate.devices.clear()
    page.goto(f"{portal.pages}/#check")
    page.keyboard.type(COVERED_CARD)
    page.keyboard.press("Enter")
    page.locator("#banner").wait_for()
    assert violations(page) == []
    context.close()


def test_the_counters_own_number_has_no_barrier(counter: Page) -> None:
    counter.locator("#ours-open").click()
    counter.locator("#ours-square svg").wait_for()
    assert violations(counter) == []


@pytest.mark.parametrize(
    ("width", "scheme", "locale"), [(360, "dark", "fr-FR"), (1440, "light", "en-GB")]
)
def test_the_members_page_has_no_barrier(
    portal: Portal, browser: Browser, width: int, scheme: Literal["light", "dark"], locale: str
) -> None:
    context = browser.new_context(
        locale=locale,
        viewport={"width": width, "height": 740},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    grant = "A" * 300
    page.goto(f"{portal.pages}/carte/#{grant}")
    page.locator("#name").wait_for()
    assert violations(page) == []
    page.locator("#card").fill(COVERED_CARD)
    page.locator("#bind-go").click()
    page.locator("#banner").wait_for()
    assert violations(page) == []
    portal.gate.grants.add(grant)
    page.locator("#bind-go").click()
    page.locator("#square svg").wait_for()
    for folded in page.locator("#show summary").all():
        folded.click()
    page.locator("#remove").click()
    assert violations(page) == []
    context.close()


@pytest.mark.parametrize("width", [1024, 768, 600])
def test_no_width_in_between_needs_sideways_scrolling(counter: Page, width: int) -> None:
    counter.set_viewport_size({"width": width, "height": 800})
    counter.keyboard.type(COVERED_CARD)
    counter.keyboard.press("Enter")
    for folded in counter.locator("#answer.covered summary").all():
        folded.click()
    assert not counter.evaluate(WIDER)
    counter.keyboard.press("F2")
    assert not counter.evaluate(WIDER)


def test_nothing_moves_when_no_motion_is_asked_for(portal: Portal, browser: Browser) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(portal.pages)
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter((element) =>"
        " getComputedStyle(element).transitionDuration !== '0s').length"
    )
    context.close()
    assert moving == 0
