"""The member's page: a card on one's own phone, and the square that it shows at a counter."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ecluse.cards import presentation
from ecluse.portal.pages_server import PAGES
from portal.stand_in_gate import COVERED_CARD, ORGANISATION


if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from portal.conftest import Portal

pytestmark = pytest.mark.browser

GRANT = "A" * 300
SHOP = ORGANISATION["finess"]
#: Reads a picture, given in base64, with what the counter's page reads cards with.
READ = """async (picture) => {
    const { readSquare } = await import("/js/square.js");
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    return readSquare(bitmap, bitmap.width, bitmap.height);
}"""


@pytest.fixture
def phone(portal: Portal, browser: Browser) -> Iterator[Page]:
    """A member's phone, French, on which nothing was activated."""
    portal.gate.grants = {GRANT}
    context = browser.new_context(locale="fr-FR", viewport={"width": 360, "height": 740})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    opened.goto(f"{portal.pages}/carte/")
    expect(opened.locator("#name")).to_have_text(re.compile(r"^[\w-]{44}$"))
    yield opened
    context.close()


def activate(portal: Portal, page: Page) -> None:
    page.goto(f"{portal.pages}/carte/#{GRANT}")
    expect(page.locator("#grant-hint")).to_have_text("Activation reçue")
    page.locator("#card").fill(COVERED_CARD)
    page.locator("#card").press("Enter")
    expect(page.locator("#show-title")).to_have_text("Mutuelle des Bateliers")
    expect(page.locator("#square svg")).to_be_visible()


def shown(page: Page) -> presentation.Presentation:
    return presentation.parse(presentation.decode(page.locator("#text").text_content() or ""))


def reveal(page: Page, number: int) -> None:
    page.locator("#show details").nth(number).locator("summary").click()


def test_a_grant_comes_by_link_and_binds_the_phones_own_key(portal: Portal, phone: Page) -> None:
    name = phone.locator("#name").inner_text()
    activate(portal, phone)
    (body,) = portal.gate.bodies("/v1/phones")
    assert (body["grant"], body["card"]) == (GRANT, COVERED_CARD)
    assert GRANT not in phone.url
    reveal(phone, 1)
    key = presentation.compressed(_point(body["device"]))
    assert shown(phone).key == key
    assert base64.urlsafe_b64encode(key).decode() == name


def _point(jwk: dict[str, str]) -> bytes:
    x, y = (base64.urlsafe_b64decode(jwk[name] + "=") for name in ("x", "y"))
    return b"\x04" + x + y


def test_the_square_reads_back_as_the_text_and_holds(portal: Portal, phone: Page) -> None:
    activate(portal, phone)
    reveal(phone, 1)
    picture = base64.b64encode(phone.locator("#square").screenshot()).decode()
    text = phone.locator("#text").inner_text().replace(" ", "")
    assert phone.evaluate(READ, picture) == text
    assert shown(phone).holds(SHOP, time.time())
    assert len(text) < 224  # as much as version 8 holds: a phone's screen has room for it


def test_the_square_changes_and_its_key_outlives_a_visit(portal: Portal, phone: Page) -> None:
    phone.clock.install()
    activate(portal, phone)
    reveal(phone, 1)
    first = shown(phone)
    phone.clock.run_for(31_000)
    expect(phone.locator("#left")).to_contain_text(re.compile(r"[12]\d s"))
    later = shown(phone)
    assert (later.key, later.made >= first.made + 30) == (first.key, True)
    phone.reload()
    expect(phone.locator("#square svg")).to_be_visible()
    assert shown(phone).key == first.key
    assert len(portal.gate.bodies("/v1/phones")) == 1


def test_a_counters_number_binds_the_square_to_it(portal: Portal, phone: Page) -> None:
    activate(portal, phone)
    reveal(phone, 1)
    reveal(phone, 0)
    phone.locator("#finess").fill("12")
    phone.locator("#finess").press("Enter")
    expect(phone.locator("#finess-hint")).to_contain_text("9 caractères")
    phone.locator("#finess").fill("75 000 001 7")
    phone.locator("#finess").press("Enter")
    expect(phone.locator("#show-what")).to_have_text(
        re.compile("Réservé à l.établissement 75 000 001 7")
    )
    assert shown(phone).holds(SHOP, time.time())
    assert not shown(phone).holds("750000025", time.time())
    reveal(phone, 0)
    phone.locator("#bound-end").click()
    expect(phone.locator("#show-what")).to_contain_text("Présentez ce carré au comptoir.")
    assert shown(phone).holds("750000025", time.time())


def test_what_is_not_accepted_says_so_and_what_to_do(portal: Portal, phone: Page) -> None:
    phone.locator("#bind-go").click()
    expect(phone.locator("#grant-hint")).to_contain_text("pas une activation")
    phone.locator("#grant").fill(f"https://assureur.example/carte/#{'B' * 300}")
    phone.locator("#card").fill("ECL")
    phone.locator("#bind-go").click()
    expect(phone.locator("#card-hint")).to_contain_text("incomplète")
    phone.locator("#card").fill(COVERED_CARD)
    phone.locator("#bind-go").click()
    expect(phone.locator("#banner")).to_contain_text("pas acceptée")
    expect(phone.locator("#bind")).to_be_visible()


def test_a_card_taken_off_the_phone_leaves_another_key(portal: Portal, phone: Page) -> None:
    name = phone.locator("#name").inner_text()
    activate(portal, phone)
    reveal(phone, 2)
    phone.locator("#remove").click()
    phone.locator("#remove-go").click()
    expect(phone.locator("#bind")).to_be_visible()
    expect(phone.locator("#name")).not_to_have_text(name)
    expect(phone.locator("#name")).to_have_text(re.compile(r"^[\w-]{44}$"))


def test_a_family_has_its_cards_on_one_phone_each_with_a_key_of_its_own(
    portal: Portal, phone: Page
) -> None:
    activate(portal, phone)
    mine = shown(phone).key
    phone.goto(f"{portal.pages}/carte/#{GRANT}")
    expect(phone.locator("#bind")).to_be_visible()
    phone.locator("#card").fill(COVERED_CARD)
    phone.locator("#whose").fill("Zoé")
    phone.locator("#whose").press("Enter")
    expect(phone.locator("#show-title")).to_have_text("Zoé")
    expect(phone.locator("#square svg")).to_be_visible()
    assert shown(phone).key != mine
    assert "Zoé" not in json.dumps(portal.gate.bodies("/v1/phones"))
    before = shown(phone).made
    phone.locator("#renew").click()
    expect(phone.locator("#text")).not_to_be_empty()
    assert shown(phone).made > before
    phone.locator("#cards button").first.click()
    expect(phone.locator("#show-title")).to_have_text("Mutuelle des Bateliers")
    expect(phone.locator("#square svg")).to_be_visible()
    assert shown(phone).key == mine


def test_no_script_can_take_the_phones_key_away(portal: Portal, phone: Page) -> None:
    activate(portal, phone)
    found = phone.evaluate(
        """async () => {
            const { recall } = await import("/js/device.js");
            const { cards: [{ privateKey }] } = await recall("member");
            return crypto.subtle.exportKey("pkcs8", privateKey).then(() => "", (e) => e.name);
        }"""
    )
    assert found == "InvalidAccessError"


def test_a_counter_takes_a_phones_code_like_a_cards(
    portal: Portal, phone: Page, counter: Page
) -> None:
    activate(portal, phone)
    reveal(phone, 1)
    text = phone.locator("#text").inner_text().replace(" ", "")
    counter.keyboard.type(text.lower())
    counter.keyboard.press("Enter")
    expect(counter.locator(".covered h2")).to_be_visible()
    (body,) = portal.gate.bodies("/v1/checks")
    assert body["subject"] == {"kind": "phone", "code": text}
    counter.keyboard.type(text[:-1] + ("B" if text[-1] != "B" else "C"))
    counter.keyboard.press("Enter")
    expect(counter.locator("#card-hint")).to_contain_text("mal lue")


def test_a_counter_shows_its_number_for_a_phone_to_read(portal: Portal, counter: Page) -> None:
    counter.locator("#ours-open").click()
    expect(counter.locator("#ours-number")).to_have_text("75 000 001 7")
    picture = base64.b64encode(counter.locator("#ours-square").screenshot()).decode()
    assert counter.evaluate(READ, picture) == SHOP
    counter.keyboard.press("Escape")
    expect(counter.locator("#ours")).not_to_be_visible()


def words(language: str) -> dict[str, str]:
    text = (PAGES / "carte" / f"words.{language}.js").read_text("utf-8")
    found: dict[str, str] = json.loads(text.removeprefix("export default ").rstrip().rstrip(";"))
    return found


def test_both_languages_say_all_that_the_page_asks_for() -> None:
    french, english = words("fr"), words("en")
    assert french.keys() == english.keys()
    for key, text in french.items():
        assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", english[key])
    modules = (path for path in (PAGES / "carte").iterdir() if not path.name.startswith("words"))
    source = "\n".join(path.read_text("utf-8") for path in modules)
    # Banners are named by what went wrong.
    named = {key for key in french if not key.startswith("banner.")}
    assert {key for key in named if f'"{key}"' not in source} == set()
