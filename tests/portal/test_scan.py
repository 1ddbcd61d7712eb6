"""A card read by the page itself: by camera, or from a picture dropped, chosen or pasted."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import FilePayload, expect

from ecluse.cards.print import svg
from ecluse.portal import pages_server
from portal.conftest import (
    ARGUMENTS,
    CHROMIUM,
    enrol,
    open_context,
    running_portal,
    sign_in,
    with_security_key,
)
from portal.stand_in_gate import COVERED_CARD


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Playwright

    from portal.conftest import Portal

pytestmark = pytest.mark.browser

_CARD = "<body style='margin: 0; background: #c9bda8'><div style='{style}'>{drawn}</div>"
_HANDED = """([kind, type, bytes]) => {
  const data = new DataTransfer();
  const raw = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  data.items.add(new File([raw], "card", { type }));
  const init = { bubbles: true, cancelable: true };
  document.body.dispatchEvent(kind === "drop"
    ? new DragEvent("drop", { ...init, dataTransfer: data })
    : new ClipboardEvent("paste", { ...init, clipboardData: data }));
}"""


@pytest.fixture(scope="module", autouse=True)
def fetched() -> None:
    if not (pages_server.FETCHED / pages_server.READER).exists():
        pytest.fail("The pages' reader of squares is missing: `./ecluse test` fetches it.")


@pytest.fixture(scope="module")
def printed(browser: Browser) -> bytes:
    return picture(browser, COVERED_CARD, "png")


def picture(browser: Browser, card: str, kind: Literal["png", "jpeg"]) -> bytes:
    """Take a picture of a printed card that lies a little askew on a counter."""
    page = browser.new_page(viewport={"width": 640, "height": 480})
    page.set_content(_CARD.format(style="padding: 70px 160px; rotate: 5deg", drawn=svg(card)))
    taken = page.screenshot(type=kind)
    page.close()
    return taken


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_handed_to_the_page_is_a_scan(
    portal: Portal, counter: Page, printed: bytes, way: str
) -> None:
    counter.keyboard.press("F2")
    counter.evaluate(_HANDED, [way, "image/png", base64.b64encode(printed).decode()])
    expect(counter.locator(".covered h2")).to_be_visible()
    (body,) = portal.gate.bodies("/v1/checks")
    assert body["subject"] == {"kind": "card", "card": COVERED_CARD}


def test_without_a_camera_a_picture_is_chosen(
    portal: Portal, counter: Page, printed: bytes
) -> None:
    counter.keyboard.press("F4")
    expect(counter.locator("#scan-state")).to_contain_text("Pas de caméra utilisable")
    file = FilePayload(name="card.png", mimeType="image/png", buffer=printed)
    counter.locator("#scan-file").set_input_files(file)
    expect(counter.locator(".covered h2")).to_be_visible()
    expect(counter.locator("#scan")).not_to_be_visible()
    assert len(portal.gate.bodies("/v1/checks")) == 1


def test_a_picture_without_a_square_is_said_so_and_nothing_is_asked(
    portal: Portal, counter: Page
) -> None:
    counter.evaluate(_HANDED, ["drop", "image/png", base64.b64encode(b"no picture").decode()])
    expect(counter.locator("#card-hint")).to_contain_text("Aucun carré lisible")
    assert portal.gate.bodies("/v1/checks") == []
    counter.keyboard.type(COVERED_CARD)
    counter.keyboard.press("Enter")
    expect(counter.locator(".covered h2")).to_be_visible()


@pytest.fixture
def filmed(playwright_of: Playwright, browser: Browser, tmp_path: Path) -> Iterator[Browser]:
    """A browser whose camera sees a printed card, and nothing else."""
    film = tmp_path / "card.mjpeg"
    film.write_bytes(picture(browser, COVERED_CARD, "jpeg") * 3)
    camera = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    launched = playwright_of.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *camera])
    yield launched
    launched.close()


def test_a_card_before_the_camera_is_a_scan_and_the_camera_then_rests(
    portal: Portal, filmed: Browser
) -> None:
    page = with_security_key(open_context(filmed).new_page())
    enrol(portal, page)
    sign_in(portal, page)
    portal.gate.heard.clear()
    page.keyboard.press("F4")
    expect(page.locator(".covered h2")).to_be_visible(timeout=15_000)
    expect(page.locator("#scan")).not_to_be_visible()
    assert page.evaluate("document.getElementById('scan-video').srcObject") is None
    (body,) = portal.gate.bodies("/v1/checks")
    assert body["subject"] == {"kind": "card", "card": COVERED_CARD}


def test_pages_without_the_reader_work_and_offer_no_camera(
    page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pages_server, "FETCHED", tmp_path)
    with running_portal() as bare:
        enrol(bare, page)
        sign_in(bare, page)
        expect(page.locator("#scan-open")).not_to_be_visible()
        page.keyboard.press("F4")
        page.keyboard.type(COVERED_CARD)
        page.keyboard.press("Enter")
        expect(page.locator(".covered h2")).to_be_visible()
