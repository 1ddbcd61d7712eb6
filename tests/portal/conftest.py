"""The pages, the pipe and a stand-in for the gate on real sockets, and a real Chromium."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from ecluse.portal import pages_server, pipe
from portal.serving import loopback, port_of, serving
from portal.stand_in_gate import ORGANISATION, StandInGate


if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Portal:
    """A running portal in front of a stand-in gate."""

    gate: StandInGate
    pages: str
    pipe: str


@contextlib.contextmanager
def running_portal(
    pages_host: str = "localhost", gate: StandInGate | None = None
) -> Iterator[Portal]:
    """Run pages, pipe and gate; with `gate`, the pipe leads to that running one instead."""
    sockets = [loopback() for _ in range(3)]
    pages, piped, inner = (port_of(listening) for listening in sockets)
    pages_origin, pipe_origin = f"http://{pages_host}:{pages}", f"http://localhost:{piped}"
    stand_in = gate or StandInGate(pages_origin, pipe_origin)
    pages_app = pages_server.create_app(pages_server.PagesConfig(pipe_origin, "localhost"))
    pipe_app = pipe.create_app(pipe.PipeConfig((f"http://127.0.0.1:{inner}",), pages_origin))
    with (
        serving(stand_in.app(), sockets[2]),
        serving(pipe_app, sockets[1]),
        serving(pages_app, sockets[0]),
    ):
        yield Portal(stand_in, pages_origin, pipe_origin)


@pytest.fixture(scope="module")
def running() -> Iterator[Portal]:
    with running_portal() as started:
        yield started


@pytest.fixture
def portal(running: Portal) -> Portal:
    """A running portal whose gate has heard nothing yet."""
    running.gate.heard.clear()
    running.gate.failing.clear()
    running.gate.account.clear()
    running.gate.late.clear()
    running.gate.grants.clear()
    running.gate.organisation = ORGANISATION
    return running


@pytest.fixture(scope="module")
def playwright_of() -> Iterator[Playwright]:
    """What launches browsers; a module has one."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: install it with `apt-get install chromium`.")
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright_of: Playwright) -> Iterator[Browser]:
    launched = playwright_of.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
    yield launched
    launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = open_context(browser)
    yield opened
    opened.close()


def open_context(browser: Browser) -> BrowserContext:
    """Open a profile of its own, as on a French computer at a counter."""
    return browser.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A blank page with a security key plugged in: device-bound, unlocked at every touch."""
    return with_security_key(context.new_page())


def with_security_key(page: Page, *, copyable: bool = False) -> Page:
    """Plug a virtual security key into `page` (Chrome DevTools Protocol, WebAuthn domain).

    A `copyable` one makes passkeys that a cloud account may take to other devices.
    """
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "defaultBackupEligibility": copyable,
                "defaultBackupState": copyable,
            }
        },
    )
    return page


@pytest.fixture(scope="module")
def enrolled(running: Portal, browser: Browser) -> Iterator[Page]:
    """A page whose security key an officer has accepted."""
    context = open_context(browser)
    page = with_security_key(context.new_page())
    enrol(running, page)
    yield page
    context.close()


@pytest.fixture
def counter(portal: Portal, enrolled: Page) -> Page:
    """The counter at the start of a day: signed in, nothing chosen, nothing on screen."""
    enrolled.goto(f"{portal.pages}/mark.svg")
    enrolled.evaluate("localStorage.clear(); sessionStorage.clear()")
    sign_in(portal, enrolled)
    portal.gate.heard.clear()
    return enrolled


def sign_in(portal: Portal, page: Page) -> None:
    """Present the passkey at the pages."""
    page.goto(f"{portal.pages}/#signin")
    page.reload()
    page.locator("#signin-go").click()
    page.locator("#card").wait_for()


def enrol(portal: Portal, page: Page) -> str:
    """Make a passkey at the pages and have it accepted; return its fingerprint."""
    page.goto(f"{portal.pages}/#enrol")
    page.locator("#enrol-finess").fill("750000017")
    page.locator("#enrol-label").fill("Comptoir 2")
    page.locator("#enrol-label").press("Enter")
    mark = page.locator("#enrol-fingerprint")
    mark.wait_for()
    fingerprint = mark.inner_text()
    portal.gate.enrolments[fingerprint] = "accepted"
    return fingerprint
