"""P6 and P7 in a real Chromium: nothing that a page keeps or an imitation sees grants anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest
from playwright.sync_api import expect

from portal.conftest import running_portal, with_security_key
from portal.stand_in_gate import COVERED_CARD


if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from portal.conftest import Portal

pytestmark = [pytest.mark.browser, pytest.mark.attack]

_KEPT_DEVICE = """
new Promise((resolve, reject) => {
  const opening = indexedDB.open("ecluse");
  opening.onsuccess = () => {
    const reading = opening.result.transaction("device").objectStore("device").get("counter");
    reading.onsuccess = () => resolve(reading.result);
  };
})
"""


def test_the_device_key_cannot_be_exported(counter: Page) -> None:
    told = counter.evaluate(
        f"""async () => {{
          const {{ privateKey }} = await {_KEPT_DEVICE};
          const tries = ["jwk", "pkcs8", "raw"].map((form) =>
            crypto.subtle.exportKey(form, privateKey).then(() => form, (error) => error.name));
          return [privateKey.extractable, privateKey.usages, JSON.stringify(privateKey),
                  ...await Promise.all(tries)];
        }}"""
    )
    extractable, usages, as_text, *tries = told
    assert extractable is False
    assert usages == ["sign"]
    assert as_text == "{}"
    assert all("Error" in outcome for outcome in tries)


def test_no_cookie_and_nothing_in_storage_grants_anything(portal: Portal, counter: Page) -> None:
    counter.keyboard.type(COVERED_CARD)
    counter.keyboard.press("Enter")
    counter.locator("#answer.covered").wait_for()
    assert counter.context.cookies() == []
    stored = counter.evaluate("({...localStorage, ...sessionStorage})")
    assert stored.keys() <= {"ecluse.language", "ecluse.family", "ecluse.check"}
    kept = counter.evaluate(f"async () => Object.keys(await {_KEPT_DEVICE})")
    assert sorted(kept) == ["expires_at", "keyid", "label", "organisation", "privateKey", "role"]


def test_a_captured_request_is_worth_nothing_again_or_altered(
    portal: Portal, counter: Page
) -> None:
    counter.keyboard.type(COVERED_CARD)
    with counter.expect_request("**/v1/checks") as seen:
        counter.keyboard.press("Enter")
    counter.locator("#answer.covered").wait_for()
    captured = seen.value
    headers = {
        name: captured.headers[name]
        for name in ("content-type", "content-digest", "signature", "signature-input")
    }
    body = captured.post_data_buffer or b""
    with httpx2.Client(base_url=portal.pipe, trust_env=False) as thief:
        replayed = thief.post("/v1/checks", content=body, headers=headers)
        altered = thief.post(
            "/v1/checks", content=body.replace(b"everyday", b"hospital"), headers=headers
        )
        moved = thief.post("/v1/logout", content=body, headers=headers)
    assert (replayed.status_code, replayed.json()["error"]) == (401, "replayed")
    assert (altered.status_code, altered.json()["error"]) == (401, "signature")
    assert (moved.status_code, moved.json()["error"]) == (401, "signature")


def test_the_same_pages_on_another_origin_cannot_sign_in(portal: Portal, counter: Page) -> None:
    # What the real page asks by itself after a sign-in has been asked.
    counter.wait_for_load_state("networkidle")
    heard = len(portal.gate.heard)
    # An imitation with a pipe of its own: the browser will not present the passkey there.
    with running_portal(pages_host="127.0.0.1", gate=portal.gate) as imitation:
        counter.goto(imitation.pages)
        counter.locator("#signin-go").click()
        expect(counter.locator("#banner")).to_contain_text("est pas celle d")
    paths = [path for _, path, _ in portal.gate.heard[heard:]]
    assert paths == ["/v1/login/begin"]


def test_an_imitation_cannot_even_ask_the_real_pipe(portal: Portal, page: Page) -> None:
    with running_portal(pages_host="127.0.0.1", gate=portal.gate) as imitation:
        page.goto(imitation.pages)
        asked = page.evaluate(
            "(url) => fetch(url, {method: 'POST'}).then(() => 'answered', (error) => error.name)",
            f"{portal.pipe}/v1/login/begin",
        )
    assert asked == "TypeError"


def test_a_passkey_that_can_be_copied_is_refused_in_words(
    portal: Portal, context: BrowserContext
) -> None:
    page = with_security_key(context.new_page(), copyable=True)
    page.goto(f"{portal.pages}/#enrol")
    page.locator("#enrol-finess").fill("750000017")
    page.locator("#enrol-label").fill("Comptoir 2")
    page.keyboard.press("Enter")
    expect(page.locator("#banner")).to_contain_text("peut être copiée")
    assert portal.gate.bodies("/v1/enrolments/finish") == []


def test_injected_markup_and_script_do_not_run(counter: Page) -> None:
    refused = counter.evaluate(
        """async () => {
          const tries = [
            () => { document.body.innerHTML = "<img src=x onerror='window.ran = 1'>"; },
            () => { document.write("<p>"); },
            () => { setTimeout("window.ran = 1"); },
            () => { document.createElement("script").text = "window.ran = 1"; },
          ];
          return tries.map((act) => { try { act(); return "ran"; } catch (e) { return e.name; } });
        }"""
    )
    assert refused == ["TypeError"] * 4
    counter.evaluate(
        """() => {
          const link = document.createElement("a");
          link.href = "javascript:window.ran = 1";
          document.body.append(link);
          link.click();
        }"""
    )
    assert counter.evaluate("window.ran ?? null") is None
