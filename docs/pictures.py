"""Take the README's pictures from a real operator, in a real Chromium: `python docs/pictures.py`.

Needs the development requirements and Chromium, as the tests do. The nation is invented, and so is
everybody on the pictures. The siege's figures come from

    ./ecluse siege --all --seeds 1-5 --report report.html --json |
        python3 -m json.tool --indent 1 --no-ensure-ascii > docs/figures/siege.json
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import sync_playwright

from ecluse.cards import code
from ecluse.cover.family import CareFamily
from ecluse.demo.town import open_town
from ecluse.siege.live import malware
from ecluse.siege.report import page as report
from ecluse.siege.report import words


if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, FloatRect, Page, Playwright

    from ecluse.demo.town import Town
    from ecluse.local.processes import Operator
    from ecluse.siege.scene import Member


IMAGES = Path(__file__).with_name("images")
FIGURES = Path(__file__).with_name("figures") / "siege.json"
WIDE, PHONE = (1180, 860), (390, 844)


def main() -> None:
    """Take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with open_town(3000, 1, watched=True) as town:
        asyncio.run(attack(town))
        take(town.operator, town.cast.finess[0], town.cast.members)
    take_report()


def take_report() -> None:
    """Take the first screen of the siege's report, with the figures that stand in `docs/figures`."""
    facts = json.loads(FIGURES.read_text("utf-8"))
    with sync_playwright() as playwright:
        browser = launched(playwright)
        page = browser.new_page(viewport={"width": WIDE[0], "height": WIDE[1]})
        page.set_content(report.page(facts, words.read("en")))
        ends = page.locator(".chart").first.evaluate("it => it.getBoundingClientRect().bottom")
        whole: FloatRect = {"x": 0, "y": 0, "width": WIDE[0], "height": ends + 24}
        page.screenshot(path=IMAGES / "siege.png", full_page=True, clip=whole)
        browser.close()


def launched(playwright: Playwright) -> Browser:
    """Start Chromium."""
    return playwright.chromium.launch(
        executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
    )


async def attack(town: Town) -> None:
    """Have a counter work, and a thief sweep beside it until the watch locks the account."""
    (sweep,) = [theft for theft in malware.THEFTS if theft.name == "fast_sweep"]
    async with town.scene() as scene:
        clerk = await scene.hire()
        for member in scene.members[:40]:
            for family in member.families[:1]:
                await clerk.gate.check_card(
                    member.card, care_date=scene.today, family=CareFamily(family)
                )
        await sweep.commit(scene)


def take(operator: Operator, finess: str, members: list[Member]) -> None:
    """Drive a clerk's day and take pictures of it."""
    pharmacy = [member for member in members if "pharmacy" in member.families]
    with sync_playwright() as playwright:
        browser = launched(playwright)
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
        for size, scheme, name in ((WIDE, "light", "console"), (PHONE, "dark", "console-phone")):
            page = desk(browser, operator, size, scheme)
            page.locator("#alarms .case").first.wait_for()
            shoot(page, name)
            page.context.close()
        browser.close()


def counter(
    browser: Browser, operator: Operator, finess: str, locale: str, size: tuple[int, int]
) -> Page:
    """Enrol and sign a clerk in; return the page."""
    context = browser.new_context(
        locale=locale, viewport={"width": size[0], "height": size[1]}, device_scale_factor=1
    )
    page = with_passkey(context)
    pages = operator.ports.pages_origin
    page.goto(f"{pages}/#enrol")
    page.locator("#enrol-finess").fill(finess)
    page.locator("#enrol-label").fill("Comptoir 1")
    page.locator("#enrol-label").press("Enter")
    page.locator("#enrol-fingerprint").wait_for()
    mark = page.locator("#enrol-fingerprint").inner_text()
    ecluse(operator, "login", "accept", mark)
    page.goto(f"{pages}/#signin")
    page.reload()
    page.locator("#signin-go").click()
    page.locator("#card").wait_for()
    page.locator("input[name=family][value=pharmacy]").check(force=True)
    return page


def desk(
    browser: Browser, operator: Operator, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> Page:
    """Enrol and sign a security officer in; return their page."""
    context = browser.new_context(
        locale="fr-FR", viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
    )
    page = with_passkey(context)
    console = f"{operator.ports.pages_origin}/console/"
    page.goto(f"{console}#enrol")
    page.locator("#enrol-label").fill("Camille D.")
    page.locator("#enrol-label").press("Enter")
    page.locator("#enrol-fingerprint").wait_for()
    mark = page.locator("#enrol-fingerprint").inner_text()
    ecluse(operator, "login", "officer", "accept", mark, "--role", "security")
    page.goto(f"{console}#signin")
    page.reload()
    page.locator("#signin-go").click()
    return page


def with_passkey(context: BrowserContext) -> Page:
    """Open a page with a security key plugged in."""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    key |= {"hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    return page


def ecluse(operator: Operator, *command: str) -> None:
    """Run one of our commands at the operator's."""
    home = {**os.environ, "ECLUSE_HOME": str(operator.installation.folder)}
    subprocess.run([sys.executable, "-m", "ecluse", *command], env=home, check=True)


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
