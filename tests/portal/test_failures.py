"""When something does not work, the page says what, keeps what was typed, and goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from portal.stand_in_gate import COVERED_CARD, COVERED_NIR


if TYPE_CHECKING:
    from playwright.sync_api import Page

    from portal.conftest import Portal

pytestmark = pytest.mark.browser


def scan(page: Page) -> None:
    page.keyboard.type(COVERED_CARD)
    page.keyboard.press("Enter")


def test_a_lost_answer_is_asked_for_again_under_the_same_check(
    portal: Portal, counter: Page
) -> None:
    portal.gate.failing.extend([503, 429])
    scan(counter)
    expect(counter.locator(".covered h2")).to_be_visible(timeout=8000)
    expect(counter.locator("#banner")).not_to_be_visible()
    asked = portal.gate.bodies("/v1/checks")
    assert len(asked) == 3
    assert asked[0] == asked[1] == asked[2]


def test_an_operator_that_is_down_costs_no_second_scan(portal: Portal, counter: Page) -> None:
    portal.gate.failing.extend([503] * 3)
    scan(counter)
    expect(counter.locator("#banner")).to_contain_text("opérateur ne répond pas", timeout=8000)
    expect(counter.locator("#card")).to_have_value(COVERED_CARD)
    counter.keyboard.press("Enter")
    expect(counter.locator(".covered h2")).to_be_visible()
    asked = portal.gate.bodies("/v1/checks")
    assert len({body["check_id"] for body in asked}) == 1


def test_a_busy_operator_is_said_to_be_busy(portal: Portal, counter: Page) -> None:
    portal.gate.failing.extend([429] * 3)
    scan(counter)
    expect(counter.locator("#banner")).to_contain_text("Beaucoup de demandes", timeout=8000)


def test_a_computer_without_network_says_so_and_keeps_the_card(counter: Page) -> None:
    counter.context.set_offline(True)
    scan(counter)
    expect(counter.locator("#banner")).to_contain_text("a plus de réseau")
    expect(counter.locator("#card")).to_have_value(COVERED_CARD)
    counter.context.set_offline(False)
    counter.keyboard.press("Enter")
    expect(counter.locator(".covered h2")).to_be_visible()


def test_a_registration_that_ended_leads_to_sign_in_and_loses_nothing(
    portal: Portal, counter: Page
) -> None:
    portal.gate.devices.clear()
    counter.keyboard.press("F2")
    counter.keyboard.type(COVERED_NIR)
    counter.locator("#birth").fill("12/08/1955")
    counter.keyboard.press("Enter")
    expect(counter.locator("#signin-go")).to_be_focused()
    expect(counter.locator("#banner")).to_contain_text("est plus connecté")
    counter.keyboard.press("Enter")
    expect(counter.locator("#banner")).to_contain_text("de nouveau connecté")
    expect(counter.locator("#nir")).to_have_value("2 55 08 14 168 025 38")
    expect(counter.locator("#nir")).to_be_focused()
    counter.keyboard.press("Enter")
    expect(counter.locator(".covered h2")).to_be_visible()


def test_a_wrong_clock_is_named(counter: Page) -> None:
    counter.evaluate("{ const now = Date.now; Date.now = () => now() + 4 * 60_000; }")
    scan(counter)
    expect(counter.locator("#banner")).to_contain_text("décalée de 4 min")
    expect(counter.locator("#card")).to_have_value(COVERED_CARD)


def test_a_gesture_that_is_not_made_sends_nothing(portal: Portal, counter: Page) -> None:
    counter.evaluate(
        """() => {
          const refuse = async () => { throw new DOMException("", "NotAllowedError"); };
          CredentialsContainer.prototype.get = refuse;
        }"""
    )
    counter.keyboard.press("F2")
    counter.keyboard.type(COVERED_NIR)
    counter.locator("#birth").fill("12/08/1955")
    counter.keyboard.press("Enter")
    expect(counter.locator("#banner")).to_contain_text("a pas confirmé")
    expect(counter.locator("#nir")).to_have_value("2 55 08 14 168 025 38")
    assert portal.gate.bodies("/v1/checks") == []


def test_an_insurers_late_feed_is_said_beside_the_form(portal: Portal, counter: Page) -> None:
    expect(counter.locator("#late")).not_to_be_visible()
    portal.gate.late.append(
        {
            "amc": "75500018",
            "name": "Mutuelle du Halage",
            "since": "2026-01-01",
            "fed_at": "2026-11-01T06:00:00Z",
            "late": True,
        }
    )
    counter.reload()
    expect(counter.locator("#late")).to_contain_text(
        "Mutuelle du Halage (dernière le 1 novembre 2026)"
    )
    expect(counter.locator("#late")).not_to_contain_text("Bateliers")
    counter.locator("#language").click()
    expect(counter.locator("#late")).to_contain_text("Whoever joined since may be refused")


def test_an_officers_key_is_told_where_it_belongs_and_keeps_no_registration(
    portal: Portal, counter: Page
) -> None:
    portal.gate.organisation = None
    counter.goto(f"{portal.pages}/#account")
    counter.get_by_text("Déconnecter ce poste").click()
    expect(counter.locator("#signin-go")).to_be_visible()
    before = set(portal.gate.devices)
    counter.locator("#signin-go").click()
    expect(counter.locator("#banner")).to_contain_text("pas celle d\u2019un comptoir")
    expect(counter.locator("#banner a")).to_have_attribute("href", "/console/")
    assert set(portal.gate.devices) == before
    counter.reload()
    expect(counter.locator("#signin-go")).to_be_focused()


def test_an_answer_prints_on_one_page_with_its_reference(counter: Page) -> None:
    scan(counter)
    counter.locator("#answer.covered").wait_for()
    counter.emulate_media(media="print")
    for shown in (".verdict h2", ".insurer", ".reference-text", ".printed", ".proof"):
        expect(counter.locator(shown)).to_be_visible()
    for left_out in (".top", "#ask", "#copy", "#keep"):
        expect(counter.locator(left_out)).not_to_be_visible()
    printed = counter.pdf(format="A4")
    counter.emulate_media(media="screen")
    assert printed.count(b"/Type /Page\n") == 1
