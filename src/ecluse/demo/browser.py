"""A Chromium with a virtual authenticator, for a machine without a passkey of its own.

Playwright comes with the development requirements; the launcher installs them for `--browser`.
"""

from __future__ import annotations

import os
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ecluse.errors import EcluseError


if TYPE_CHECKING:
    from collections.abc import AsyncIterator


_LABEL = "document.title = '[passkey simulated] ' + document.title"
_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class BrowserError(EcluseError):
    """No browser can be opened here."""


@asynccontextmanager
async def simulated_passkey(url: str) -> AsyncIterator[None]:
    """Open `url` in a Chromium whose passkey is simulated; close it at the end.

    Raises:
        BrowserError: No Chromium, no screen, or no Playwright.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise BrowserError("Chromium is not installed.", hint="apt-get install chromium")
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise BrowserError(
            "There is no screen to open a browser on.",
            hint="Run without --browser and open the address from another machine's tunnel.",
        )
    try:
        from playwright.async_api import async_playwright  # noqa: PLC0415 - a development requirement
    except ImportError:
        raise BrowserError(
            "Playwright is not installed.", hint="Start through ./ecluse demo --browser"
        ) from None
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium,
            headless=False,
            args=["--no-first-run", "--no-sandbox"] if os.geteuid() == 0 else ["--no-first-run"],
        )
        page = await browser.new_page()
        session = await page.context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        await session.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})
        await page.add_init_script(f"addEventListener('load', () => {{ {_LABEL} }})")
        await page.goto(url)
        yield
        await browser.close()
