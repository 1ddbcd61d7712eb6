"""P6 and P7: a real Chromium at a real operator, and what a thief makes of all that passes there.

The browser enrols, signs in and checks as a clerk does. The thief has every byte that left it,
everything that it keeps, the same pages on an origin of their own, and another device.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import httpx2
import pytest
from playwright.sync_api import expect, sync_playwright
from starlette.applications import Starlette
from starlette.routing import Mount

from ecluse.client.device import DeviceKey
from ecluse.siege import wire
from ecluse.siege.live.relay import Relay
from portal.conftest import ARGUMENTS, CHROMIUM, open_context, with_security_key
from portal.serving import loopback, port_of, serving


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Request

    from ecluse.siege.scene import Member
    from towns import Town

pytestmark = [pytest.mark.browser, pytest.mark.attack]

_SIGNED = ("content-type", "content-digest", "signature", "signature-input")


class Counter(NamedTuple):
    """A clerk's page, signed in, and every request that left it."""

    page: Page
    sent: list[Request]


@pytest.fixture(scope="module")
def chromium(town: Town) -> Iterator[Browser]:
    # The town comes first: a running Playwright lets nothing else start an event loop.
    del town
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: install it with `apt-get install chromium`.")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def profile(chromium: Browser) -> Iterator[BrowserContext]:
    opened = open_context(chromium)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def counter(town: Town, profile: BrowserContext) -> Counter:
    """A clerk who has enrolled through the page, was accepted by an officer, and signed in."""
    page = with_security_key(profile.new_page())
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))  # noqa: PLW0108 - it marks its handler
    pages = town.operator.ports.pages_origin
    page.goto(f"{pages}/#enrol")
    page.locator("#enrol-finess").fill(town.cast.finess[0])
    page.locator("#enrol-label").fill("Comptoir 1")
    page.locator("#enrol-label").press("Enter")
    page.locator("#enrol-fingerprint").wait_for()
    accept(town, page.locator("#enrol-fingerprint").inner_text())
    expect(page.locator("#enrol-state")).to_contain_text("acceptée", timeout=10_000)
    page.goto(f"{pages}/#signin")
    page.reload()
    page.locator("#signin-go").click()
    page.locator("#card").wait_for()
    return Counter(page, sent)


def accept(town: Town, fingerprint: str) -> None:
    """Accept a passkey as an officer does, with the command."""
    command = [sys.executable, "-m", "ecluse", "login", "accept", fingerprint, "--json"]
    home = {**os.environ, "ECLUSE_HOME": str(town.operator.installation.folder)}
    subprocess.run(command, env=home, check=True, capture_output=True)


def scan(page: Page, member: Member) -> None:
    """Choose a family that the card covers, and type as a handheld reader does."""
    page.locator(f"input[name=family][value={member.families[0]}]").check(force=True)
    page.locator("#card").focus()
    page.keyboard.type(member.card)
    page.keyboard.press("Enter")


def captured(counter: Counter) -> wire.Captured:
    """Return the last check that left the browser."""
    request = next(r for r in reversed(counter.sent) if r.url.endswith("/v1/checks"))
    headers = request.all_headers()
    signed = {name: headers[name] for name in _SIGNED}
    return wire.Captured("POST", request.url, signed, request.post_data_buffer or b"")


def told(request: wire.Captured) -> tuple[int, str]:
    """Send what a thief has; return the status and the gate's word for what is wrong."""
    with httpx2.Client(trust_env=False, timeout=30) as thief:
        answer = thief.request(
            request.method, request.url, content=request.body, headers=request.headers
        )
    return answer.status_code, str(answer.json().get("error", answer.json()))


def test_a_card_is_covered_and_the_answer_names_whom_to_bill(town: Town, counter: Counter) -> None:
    scan(counter.page, town.cast.members[0])
    expect(counter.page.locator(".covered h2")).to_have_text("Couvert")
    expect(counter.page.locator(".insurer")).not_to_be_empty()
    expect(counter.page.locator(".reference-text")).not_to_be_empty()


def test_without_the_card_each_check_takes_a_gesture(town: Town, counter: Counter) -> None:
    page, member = counter.page, town.cast.members[1]
    page.locator(f"input[name=family][value={member.families[0]}]").check(force=True)
    page.keyboard.press("F2")
    page.locator("#nir").fill(member.person.nir)
    born = member.person.birth_date
    page.locator("#birth").fill(f"{born[6:]}/{born[4:6]}/{born[:4]}")
    page.locator("#rank").fill(str(member.person.birth_rank))
    page.locator("#rank").press("Enter")
    expect(page.locator(".covered h2")).to_have_text("Couvert")
    expect(page.locator("table")).to_have_count(0)
    assert b'"gesture":{' in captured(counter).body
    page.keyboard.press("F2")


def test_a_request_that_was_seen_is_worth_nothing_again(town: Town, counter: Counter) -> None:
    scan(counter.page, town.cast.members[2])
    counter.page.locator(".covered h2").wait_for()
    assert told(captured(counter)) == (401, "replayed")


def test_a_request_that_was_altered_is_refused(town: Town, counter: Counter) -> None:
    mine, other = town.cast.members[3], town.cast.members[4]
    scan(counter.page, mine)
    counter.page.locator(".covered h2").wait_for()
    seen = captured(counter)
    lane = b'{"kind":"person","nir":"%s","birth_date":"%s","birth_rank":1}' % (
        other.person.nir.encode(),
        other.person.birth_date.encode(),
    )
    card = b'{"kind":"card","card":"%s"}' % mine.card.encode()
    altered = {
        "body": seen._replace(body=seen.body.replace(mine.card.encode(), other.card.encode())),
        "lane": seen._replace(body=seen.body.replace(card, lane)),
        "path": seen._replace(url=seen.url.replace("/checks", "/logout")),
        "query": seen._replace(url=seen.url + "?a=1"),
    }
    assert {name: told(each) for name, each in altered.items()} == dict.fromkeys(
        altered, (401, "signature")
    )
    assert all(each != seen for each in altered.values())


def test_another_device_cannot_sign_for_this_one(town: Town, counter: Counter) -> None:
    scan(counter.page, town.cast.members[5])
    counter.page.locator(".covered h2").wait_for()
    keyid = captured(counter).headers["signature-input"].split('keyid="')[1].split('"')[0]
    body = wire.card_check(town.cast.members[6].card, town.scene().today.isoformat())
    forged = wire.signed(town.operator.ports.pipe_origin, body, DeviceKey.generate(), keyid)
    assert told(forged) == (401, "signature")


def test_everything_that_the_browser_keeps_grants_nothing_elsewhere(
    counter: Counter, profile: BrowserContext, chromium: Browser, town: Town
) -> None:
    assert profile.cookies() == []
    kept = counter.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert town.cast.members[0].person.nir not in kept
    stolen = chromium.new_context(storage_state=profile.storage_state(indexed_db=True))
    page = stolen.new_page()
    page.goto(town.operator.ports.pages_origin)
    # The copy knows whose counter it was, and holds no key: it can ask nothing.
    if page.locator("#card").is_visible():
        scan(page, town.cast.members[7])
        expect(page.locator("#banner, #signin-go").first).to_be_visible()
    expect(page.locator(".covered")).to_have_count(0)
    assert not page.locator("#answer").is_visible()
    stolen.close()


def test_the_device_key_cannot_be_exported(counter: Counter) -> None:
    outcomes = counter.page.evaluate(
        """() => new Promise((resolve) => {
          const opening = indexedDB.open("ecluse");
          opening.onsuccess = () => {
            const reading = opening.result.transaction("device").objectStore("device").get("counter");
            reading.onsuccess = () => resolve(Promise.all(["jwk", "pkcs8", "raw"].map((form) =>
              crypto.subtle.exportKey(form, reading.result.privateKey)
                .then(() => "exported", (error) => error.name))));
          };
        })"""
    )
    assert len(outcomes) == 3
    assert "exported" not in outcomes


def test_a_relay_on_another_origin_gets_no_sign_in_out_of_a_browser(
    town: Town, counter: Counter
) -> None:
    ports, listening = town.operator.ports, loopback()
    http = httpx2.AsyncClient()
    relay = Relay(http, ports.pages_origin, ports.pipe_origin)

    @asynccontextmanager
    async def closing(_: Starlette) -> AsyncIterator[None]:
        async with http:
            yield

    app = Starlette(routes=[Mount("/", relay)], lifespan=closing)
    with serving(app, listening):
        # The browser knows the clerk's passkey; it will not present it to 127.0.0.1.
        counter.page.goto(f"http://127.0.0.1:{port_of(listening)}/")
        counter.page.locator("#signin-go").click()
        expect(counter.page.locator("#banner")).to_be_visible()
        assert not counter.page.locator("#card").is_visible()
        began = [each for each in counter.sent if each.url.endswith("/v1/login/begin")]
        assert began[-1].url.startswith("http://127.0.0.1")
        answer = began[-1].response()
        assert answer is not None
        assert answer.ok
    counter.page.goto(ports.pages_origin)


def test_a_passkey_that_can_be_copied_is_refused(town: Town, chromium: Browser) -> None:
    context = open_context(chromium)
    page = with_security_key(context.new_page(), copyable=True)
    page.goto(f"{town.operator.ports.pages_origin}/#enrol")
    page.locator("#enrol-finess").fill(town.cast.finess[1])
    page.locator("#enrol-label").fill("Comptoir 2")
    page.keyboard.press("Enter")
    expect(page.locator("#banner")).to_contain_text("peut être copiée")
    context.close()
