"""The counter in a real Chromium: sign in, scan, type, read the answer."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from portal.conftest import enrol, sign_in
from portal.stand_in_gate import (
    COVERED_CARD,
    COVERED_NIR,
    EXPIRED_CARD,
    REFERENCE,
    UNKNOWN_CARD,
)


if TYPE_CHECKING:
    from playwright.sync_api import Page

    from portal.conftest import Portal

pytestmark = pytest.mark.browser


#: A reader set to AZERTY at a computer set to BÉPO.
BEPO = str.maketrans("BCDEFGHIJKLNOPRS", "KXIPE,CTHSRWLJOU")


def scan(page: Page, text: str) -> None:
    """Type as a handheld reader does: into whatever has the focus, then Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_an_enrolled_passkey_signs_in(portal: Portal, page: Page) -> None:
    fingerprint = enrol(portal, page)
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", fingerprint)
    expect(page.locator("#enrol-state")).to_contain_text("Clé acceptée", timeout=8000)
    sign_in(portal, page)
    expect(page.locator("#who")).to_have_text("Pharmacie du Pont-Canal")
    page.reload()
    expect(page.locator("#card")).to_be_focused()


def test_a_scan_shows_the_cover_and_the_next_scan_starts_the_next_check(
    portal: Portal, counter: Page
) -> None:
    # A reader set to another layout, or with the capitals lock on, types lower case.
    scan(counter, COVERED_CARD.lower())
    expect(counter.locator(".covered h2")).to_have_text("Couvert")
    expect(counter.locator(".insurer")).to_have_text("Mutuelle des Bateliers")
    expect(counter.locator(".do")).to_contain_text("Facturez la part complémentaire")
    expect(counter.locator(".reference-text")).to_have_text(REFERENCE)
    expect(counter.locator("table")).not_to_be_visible()
    expect(counter.locator("#spoken")).to_contain_text("Couvert. Mutuelle des Bateliers")
    scan(counter, EXPIRED_CARD)
    expect(counter.locator(".not_covered h2")).to_have_text("Non couvert à cette date")
    scan(counter, UNKNOWN_CARD)
    expect(counter.locator(".refused h2")).to_have_text("Vérification impossible")
    expect(counter.locator(".steps")).to_contain_text("hors tiers payant")
    asked = portal.gate.bodies("/v1/checks")
    assert [body["subject"]["card"] for body in asked] == [COVERED_CARD, EXPIRED_CARD, UNKNOWN_CARD]
    assert len({body["check_id"] for body in asked}) == 3


def test_a_reference_stands_for_the_card_that_it_came_with(portal: Portal, counter: Page) -> None:
    counter.locator("#card").fill(f" {REFERENCE[:4]} {REFERENCE[4:]} ")
    counter.keyboard.press("Enter")
    expect(counter.locator(".covered h2")).to_have_text("Couvert")
    expect(counter.locator("table")).to_have_count(0)
    scan(counter, "A" * 22)
    expect(counter.locator(".refused h2")).to_have_text("Vérification impossible")
    expect(counter.locator(".steps")).to_contain_text("votre réserve par référence")
    counter.locator("nav a[href='#day']").click()
    expect(counter.locator(".counts")).to_contain_text("0 avec carte2 par référence")
    first, _ = portal.gate.bodies("/v1/checks")
    assert first["subject"] == {"kind": "reference", "reference": REFERENCE}
    assert first["gesture"] is None


def test_the_question_holds_exactly_what_the_gate_takes(portal: Portal, counter: Page) -> None:
    scan(counter, COVERED_CARD)
    counter.locator("#answer.covered").wait_for()
    (body,) = portal.gate.bodies("/v1/checks")
    check_id = body.pop("check_id")
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", check_id)
    assert body == {
        "subject": {"kind": "card", "card": COVERED_CARD},
        "care_date": datetime.now(UTC).astimezone().date().isoformat(),
        "family": "everyday",
        "gesture": None,
    }


def test_without_a_card_each_check_takes_a_gesture_over_its_subject(
    portal: Portal, counter: Page
) -> None:
    counter.keyboard.press("F2")
    counter.keyboard.type(COVERED_NIR)
    expect(counter.locator("#nir")).to_have_value("2 55 08 14 168 025 38")
    expect(counter.locator("#nir-hint")).to_have_text("La clé correspond")
    counter.locator("#birth").press_sequentially("31021945")
    counter.locator("#rank").fill("2")
    counter.locator("#amc").fill("755 000 17")
    counter.keyboard.press("Enter")
    expect(counter.locator(".covered h2")).to_have_text("Couvert")
    expect(counter.locator(".do")).to_contain_text("avec la carte")
    (body,) = portal.gate.bodies("/v1/checks")
    assert body["subject"] == {
        "kind": "person",
        "nir": COVERED_NIR,
        "birth_date": "19450231",
        "birth_rank": 2,
        "amc": "75500017",
    }
    assert body["gesture"]["assertion"]["response"]["signature"]


def test_a_refusal_keeps_what_was_typed_for_comparison_and_says_what_to_do(
    counter: Page,
) -> None:
    counter.keyboard.press("F2")
    counter.keyboard.type("253072b07300470")
    counter.locator("#birth").fill("00/00/1962")
    counter.keyboard.press("Enter")
    steps = counter.locator(".refused .steps")
    for words in ("Relisez chaque chiffre", "Demandez la carte", "hors tiers payant", "Mon compte"):
        expect(steps).to_contain_text(words)
    expect(counter.locator("#nir")).to_have_value("2 53 07 2B 073 004 70")
    expect(counter.locator("#answer")).to_contain_text("elle ne dit rien du patient")


def test_the_key_of_a_nir_is_checked_as_one_types(counter: Page) -> None:
    counter.keyboard.press("F2")
    for typed, words in (
        ("255081416802539", "La clé ne correspond pas"),
        ("25508141680253", "Encore 1 à saisir"),
        ("855081416802538", "la forme d"),
        ("2550814168025380", "Trop de chiffres"),
        ("2 53 07 2b 073 004 70", "La clé correspond"),
    ):
        counter.locator("#nir").clear()
        counter.locator("#nir").press_sequentially(typed)
        expect(counter.locator("#nir-hint")).to_contain_text(words)


def test_a_misread_card_is_said_so_and_nothing_is_asked(portal: Portal, counter: Page) -> None:
    misread = COVERED_CARD[:-1] + ("B" if COVERED_CARD[-1] != "B" else "C")
    for scanned, words in (
        (COVERED_CARD[:20], "Lecture incomplète"),
        (misread, "mal lue"),
        ("3400930000120", "pas le code"),
        ("\"'àà(-è&é_çà", "un autre clavier"),
        (COVERED_CARD.translate(BEPO), "un autre clavier"),
    ):
        scan(counter, scanned)
        expect(counter.locator("#card-hint")).to_contain_text(words)
    scan(counter, COVERED_CARD)
    expect(counter.locator(".covered h2")).to_be_visible()
    assert len(portal.gate.bodies("/v1/checks")) == 1


def test_a_scan_is_a_scan_wherever_the_focus_is(portal: Portal, counter: Page) -> None:
    for place in ("input[value=optics]", "#care-date", "#help-open", "#language"):
        counter.locator(place).focus()
        scan(counter, COVERED_CARD)
        counter.locator("#answer.covered").wait_for()
        counter.keyboard.press("Escape")
    counter.keyboard.press("F2")
    scan(counter, COVERED_CARD)
    counter.locator("#answer.covered").wait_for()
    counter.locator("a[href='#account']").click()
    scan(counter, COVERED_CARD)
    counter.locator("#answer.covered").wait_for()
    assert len(portal.gate.bodies("/v1/checks")) == 6


def test_the_keyboard_alone_is_enough(portal: Portal, counter: Page) -> None:
    counter.context.grant_permissions(["clipboard-read", "clipboard-write"])
    counter.keyboard.press("ArrowDown")
    scan(counter, COVERED_CARD)
    expect(counter.locator(".covered .about")).to_contain_text("Pharmacie")
    counter.keyboard.press("F8")
    expect(counter.locator("#copy")).to_have_text("Copiée")
    assert counter.evaluate("navigator.clipboard.readText()") == REFERENCE
    counter.keyboard.press("Escape")
    expect(counter.locator("#answer")).not_to_be_visible()
    counter.keyboard.press("?")
    expect(counter.locator("#help")).to_be_visible()
    counter.keyboard.press("Escape")
    expect(counter.locator("#help")).not_to_be_visible()
    counter.reload()
    expect(counter.locator("input[value=pharmacy]")).to_be_checked()


def test_the_answer_clears_itself_after_a_minute_unless_kept(portal: Portal, page: Page) -> None:
    enrol(portal, page)
    sign_in(portal, page)
    page.clock.install()
    scan(page, COVERED_CARD)
    page.locator("#answer.covered").wait_for()
    page.clock.run_for(59_000)
    expect(page.locator("#answer")).to_be_visible()
    page.clock.run_for(2_000)
    expect(page.locator("#answer")).not_to_be_visible()
    assert REFERENCE not in page.content()
    page.clock.set_system_time(time.time())
    scan(page, COVERED_CARD)
    page.locator("#keep").click()
    page.clock.run_for(600_000)
    expect(page.locator("#answer")).to_be_visible()


def test_the_account_page_shows_the_reserve_and_signs_out(portal: Portal, counter: Page) -> None:
    counter.locator("a[href='#account']").click()
    expect(counter.locator(".tanks")).to_contain_text("7 sur 10")
    water = counter.locator(".tank .water").first.bounding_box()
    tank = counter.locator(".tank").first.bounding_box()
    assert water
    assert tank
    assert 0.6 < water["height"] / tank["height"] < 0.75
    expect(counter.locator(".reserve .lanes")).to_have_count(0)
    expect(counter.locator(".others")).to_contain_text("588 restantes sur 600 avec carte")
    expect(counter.locator(".others")).to_contain_text("29 restantes sur 30 par référence")
    expect(counter.locator(".together")).to_contain_text("41 avec carte")
    expect(counter.locator(".reserve")).not_to_contain_text("suspendues")
    portal.gate.account["typed_frozen_until"] = "2026-11-30T06:00:00Z"
    portal.gate.account["locked"] = "four unknown persons in one minute"
    counter.locator("nav a[href='#check']").click()
    counter.locator("a[href='#account']").click()
    expect(counter.locator(".stop")).to_contain_text("Ce compte est arrêté")
    expect(counter.locator(".reserve")).to_contain_text("suspendues jusqu")
    counter.get_by_text("Déconnecter ce poste").click()
    expect(counter.locator("#signin-go")).to_be_visible()
    assert portal.gate.bodies("/v1/logout") == [{"everywhere": False}]


def test_the_language_is_the_browsers_until_somebody_chooses(counter: Page) -> None:
    scan(counter, COVERED_CARD)
    expect(counter.locator("#answer h2")).to_have_text("Couvert")
    counter.locator("#language").click()
    expect(counter.locator("#answer h2")).to_have_text("Covered")
    expect(counter.locator("html")).to_have_attribute("lang", "en")
    counter.reload()
    expect(counter.locator("#check-title")).to_have_text("Check cover")


def test_the_day_lists_what_was_told_and_nobody_and_is_wiped_at_sign_out(counter: Page) -> None:
    counter.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for card, outcome in ((COVERED_CARD, "covered"), (UNKNOWN_CARD, "refused")):
        scan(counter, card)
        counter.locator(f"#answer.{outcome}").wait_for()
    counter.locator("nav a[href='#day']").click()
    expect(counter.locator(".counts")).to_contain_text("2 avec carte")
    lines = counter.locator(".checks li")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("Vérification impossible")
    expect(lines.nth(1)).to_contain_text("Mutuelle des Bateliers")
    shown = counter.locator("#day").inner_html()
    assert COVERED_CARD not in shown
    assert UNKNOWN_CARD not in shown
    copy = lines.nth(1).locator("button").first
    copy.click()
    expect(copy).to_have_text("Copiée")
    assert counter.evaluate("navigator.clipboard.readText()") == REFERENCE
    counter.locator("nav a[href='#account']").click()
    counter.get_by_text("Déconnecter ce poste").click()
    counter.locator("#signin-go").click()
    counter.locator("#card").wait_for()
    counter.locator("nav a[href='#day']").click()
    expect(counter.locator("#day")).to_contain_text("Aucune vérification")


def test_a_check_of_the_day_is_asked_again_by_its_reference_and_no_typed_one_is(
    portal: Portal, counter: Page
) -> None:
    counter.locator("input[value=optics]").check(force=True)
    scan(counter, COVERED_CARD)
    counter.locator("#answer.covered").wait_for()
    counter.locator("input[value=dental]").check(force=True)
    counter.locator("nav a[href='#day']").click()
    counter.get_by_role("button", name="Vérifier à nouveau").click()
    expect(counter.locator(".covered .do")).to_contain_text("avec la carte")
    first, again = portal.gate.bodies("/v1/checks")
    assert again["subject"] == {"kind": "reference", "reference": REFERENCE}
    assert again["check_id"] != first["check_id"]
    assert (again["family"], again["gesture"]) == ("optics", None)
    counter.keyboard.press("Escape")
    counter.keyboard.press("F2")
    counter.keyboard.type(COVERED_NIR)
    counter.locator("#birth").press_sequentially("31021945")
    counter.keyboard.press("Enter")
    expect(counter.locator(".covered h2")).to_be_visible()
    counter.locator("nav a[href='#day']").click()
    typed, known, card = (counter.locator(".checks li").nth(line) for line in range(3))
    expect(card).to_contain_text("avec carte")
    expect(known).to_contain_text("par référence")
    expect(known.get_by_role("button")).to_have_count(2)
    expect(typed).to_contain_text("sans carte")
    expect(typed.get_by_role("button")).to_have_count(1)


def test_a_sign_in_that_ends_soon_is_renewed_and_what_was_typed_stays(
    portal: Portal, page: Page
) -> None:
    enrol(portal, page)
    sign_in(portal, page)
    page.clock.install()
    page.reload()
    expect(page.locator("#card")).to_be_focused()
    page.keyboard.press("F2")
    expect(page.locator("#nir")).to_be_focused()
    page.keyboard.type(COVERED_NIR)
    expect(page.locator("#nir")).to_have_value("2 55 08 14 168 025 38")
    page.clock.fast_forward((11 * 60 + 31) * 60_000)
    expect(page.locator("#banner")).to_contain_text("se termine à")
    page.clock.set_system_time(time.time())
    page.get_by_role("button", name="Prolonger").click()
    expect(page.locator("#banner")).to_contain_text("de nouveau connecté")
    expect(page.locator("#nir")).to_have_value("2 55 08 14 168 025 38")
    assert len(portal.gate.bodies("/v1/login/finish")) == 2


def priced(counter: Page) -> None:
    scan(counter, COVERED_CARD)
    counter.locator(".price > summary").click()
    counter.locator("[name=price]").fill("10,00")
    counter.locator("[name=base]").fill("10")
    counter.keyboard.press("Enter")
    expect(counter.locator(".due")).to_contain_text("0,00")


def test_a_price_is_guaranteed_and_claimed_with_the_checks_reference(
    portal: Portal, counter: Page
) -> None:
    priced(counter)
    counter.get_by_role("button", name="Garantir ce prix").click()
    expect(counter.locator(".settled")).to_contain_text("garantie jusqu\u2019au 15 janvier 2027")
    counter.get_by_role("button", name="Envoyer la demande").click()
    expect(counter.locator(".settled")).to_contain_text("Demande acceptée")
    (quoted,), (claimed,) = portal.gate.bodies("/v1/quotes"), portal.gate.bodies("/v1/claims")
    (claim,) = claimed["claims"]
    assert (claim["quote"], claim["reference"]) == (quoted["quote"], quoted["reference"])
    assert claim["acts"] == quoted["acts"]
    assert not {"subject", "amc"} & claim.keys()


def test_a_claim_waits_for_an_operator_that_is_down_and_is_sent_once_it_answers(
    portal: Portal, counter: Page
) -> None:
    priced(counter)
    portal.gate.away = True
    counter.get_by_role("button", name="Envoyer la demande").click()
    expect(counter.locator(".settled")).to_contain_text("attend sur ce poste")
    (lost,) = portal.gate.bodies("/v1/claims")
    portal.gate.away = False
    counter.reload()
    expect(counter.locator("#banner")).to_contain_text("1 acceptées sur 1")
    assert portal.gate.bodies("/v1/claims") == [lost, lost]
    counter.reload()
    expect(counter.locator("#card")).to_be_focused()
    assert len(portal.gate.bodies("/v1/claims")) == 2


def test_a_bill_is_priced_beside_the_answer_and_the_next_scan_still_checks(
    portal: Portal, counter: Page
) -> None:
    scan(counter, COVERED_CARD)
    counter.locator(".price > summary").click()
    counter.locator("[name=price]").fill("10,00")
    counter.locator("[name=base]").fill("10")
    counter.keyboard.press("Enter")
    expect(counter.locator(".due")).to_contain_text("0,00")
    expect(counter.locator(".price-result")).to_contain_text("Mutuelle des Bateliers")
    counter.locator(".why summary").click()
    expect(counter.locator(".why")).to_contain_text("franchise, que la caisse récupère plus tard")
    (asked,) = portal.gate.bodies("/v1/prices")
    assert asked["payers"] == [{"amc": "75500017", "package": "A" * 22}]
    assert not {"subject", "reference", "check_id"} & asked.keys()
    counter.locator("[name=price]").fill("ten")
    counter.keyboard.press("Enter")
    expect(counter.locator(".price-result")).to_contain_text("par exemple 30,00")
    scan(counter, UNKNOWN_CARD)
    expect(counter.locator(".refused h2")).to_have_text("Vérification impossible")
