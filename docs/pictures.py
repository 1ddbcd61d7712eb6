"""Take the README's pictures from a real operator, in a real Chromium: `python docs/pictures.py`.

Needs the development requirements and Chromium, as the tests do. The nation is invented, and so is
everybody on the pictures.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from ecluse.cards import code
from ecluse.demo import stage
from ecluse.local.installation import Installation
from ecluse.local.processes import Operator


if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from ecluse.siege.scene import Member


IMAGES = Path(__file__).with_name("images")
WIDE, PHONE = (1180, 860), (390, 844)


def main() -> None:
    """Take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="ecluse-pictures-") as home,
        stage.insurers_side() as at,
    ):
        installation = Installation(Path(home))
        asyncio.run(installation.database.prepare())
        installation.make_keyring()
        with Operator(installation) as operator:
            stage.write_nation(at, 3000, 1, lambda *_: None)
            asyncio.run(stage.load_nation(installation, at, 1, lambda *_: None))
            finess = asyncio.run(stage.open_organisations(installation, at))
            cast = stage.cast(at, datetime.now(UTC).date(), finess, 0)
            take(operator, finess[0], cast.members)
        asyncio.run(installation.database.stop())


def take(operator: Operator, finess: str, members: list[Member]) -> None:
    """Drive a clerk's day and take pictures of it."""
    pharmacy = [member for member in members if "pharmacy" in member.families]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for locale, size, name in (
            ("fr-FR", WIDE, "answer"),
            ("en-GB", WIDE, "answer-en"),
            ("fr-FR", PHONE, "answer-phone"),
        ):
            page = counter(browser, operator, finess, locale, size)
            if name == "answer":
                shoot(page, "check")
            scan(page, pharmacy.pop().card)
            page.locator(".covered h2").wait_for()
            shoot(page, name)
            if name == "answer":
                scan(page, code.encode(bytes(code.SECRET_SIZE)))
                page.locator(".refused h2").wait_for()
                shoot(page, "refused")
            page.context.close()
        browser.close()


def counter(
    browser: Browser, operator: Operator, finess: str, locale: str, size: tuple[int, int]
) -> Page:
    """Enrol and sign a clerk in; return the page."""
    context = browser.new_context(
        locale=locale, viewport={"width": size[0], "height": size[1]}, device_scale_factor=1
    )
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    key |= {"hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    pages = operator.ports.pages_origin
    page.goto(f"{pages}/#enrol")
    page.locator("#enrol-finess").fill(finess)
    page.locator("#enrol-label").fill("Comptoir 1")
    page.locator("#enrol-label").press("Enter")
    page.locator("#enrol-fingerprint").wait_for()
    mark = page.locator("#enrol-fingerprint").inner_text()
    home = {**os.environ, "ECLUSE_HOME": str(operator.installation.folder)}
    subprocess.run([sys.executable, "-m", "ecluse", "login", "accept", mark], env=home, check=True)
    page.goto(f"{pages}/#signin")
    page.reload()
    page.locator("#signin-go").click()
    page.locator("#card").wait_for()
    page.locator("input[name=family][value=pharmacy]").check(force=True)
    return page


def scan(page: Page, text: str) -> None:
    """Type as a handheld reader does."""
    page.locator("#card").focus()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def shoot(page: Page, name: str) -> None:
    """Take one picture, without anything blinking."""
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled", caret="hide")


if __name__ == "__main__":
    main()
