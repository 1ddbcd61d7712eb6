"""The pages' process: what it serves, with which headers, and nothing beside it."""

from __future__ import annotations

import hashlib
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from ecluse.errors import EcluseError
from ecluse.portal import pages_server
from ecluse.portal.pages_server import PagesConfig, create_app, served_files


if TYPE_CHECKING:
    from pathlib import Path

PIPE = "http://localhost:8471"
CONFIG = PagesConfig(PIPE, "localhost")


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app(CONFIG), base_url="http://localhost:8470")


def test_everything_served_is_in_the_release_byte_for_byte(client: TestClient) -> None:
    listed = served_files(CONFIG)
    assert {"/", "/console/", "/config.json", "/mark.svg", "/js/sign.js"} <= listed.keys()
    for path, file in listed.items():
        answer = client.get(path)
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).digest() == file.sha256


def test_another_pipe_is_another_release() -> None:
    moved = served_files(PagesConfig("https://elsewhere.example", "localhost"))
    changed = {path for path, file in served_files(CONFIG).items() if moved[path] != file}
    assert changed == {"/config.json"}


@pytest.mark.parametrize(
    "path",
    [
        "/index.html",
        "/console/index.html",
        "/console",
        "/../pages_server.py",
        "/js/",
        "/fonts/metadata.json",
        "/%2e%2e/pipe.py",
        "/x",
    ],
)
def test_it_refuses_every_other_address_with_the_same_headers(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_policy_lets_the_pages_talk_to_the_pipe_alone(client: TestClient) -> None:
    policy = dict(
        part.split(" ", 1)
        for part in client.get("/").headers["content-security-policy"].split("; ")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": f"'self' {PIPE}",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_the_pages_are_closed_to_other_windows_and_devices(client: TestClient) -> None:
    headers = client.get("/").headers
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "publickey-credentials-get=(self)" in headers["permissions-policy"]
    assert "set-cookie" not in headers


def test_the_counters_and_the_members_page_alone_may_ask_for_the_camera(
    client: TestClient,
) -> None:
    with_camera = {"/", "/carte/"}
    for path in with_camera:
        assert "camera=(self)" in client.get(path).headers["permissions-policy"]
    for path in [*served_files(CONFIG).keys() - with_camera, "/nothing"]:
        assert "camera=()" in client.get(path).headers["permissions-policy"]


def test_what_was_fetched_is_what_was_reviewed_or_absent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pages_server, "FETCHED", tmp_path)
    without = served_files(CONFIG)
    assert not any(path.startswith("/fetched/") for path in without)
    settings = json.loads(without["/config.json"].body)
    assert (settings["reader"], settings["writer"]) == (None, None)
    for name in pages_server.FETCHED_SHA256:
        (tmp_path / name).write_bytes(b"another one")
        with pytest.raises(EcluseError, match=f"{name} .* reviewed"):
            served_files(CONFIG)
        (tmp_path / name).unlink()


def test_an_unchanged_page_costs_no_second_download(client: TestClient) -> None:
    first = client.get("/js/app.js")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/js/app.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


def test_it_takes_no_writing_request(client: TestClient) -> None:
    assert client.post("/", content=b"x").status_code == 405


def test_a_pipe_that_is_no_origin_is_refused_at_start() -> None:
    with pytest.raises(EcluseError):
        create_app(PagesConfig("http://localhost:8471; script-src *", "localhost"))


def test_no_page_names_an_outside_host(client: TestClient) -> None:
    for path in served_files(CONFIG):
        # What was fetched names its sources in comments; it was reviewed, and has one hash.
        ours = not path.startswith("/fetched/")
        if ours and path.endswith((".js", ".css", ".svg", "/")):
            hosts = set(re.findall(r"https?://([^/\"'\s]+)", client.get(path).text))
            assert hosts <= {"www.w3.org"}, path


@pytest.mark.parametrize("page", ["/", "/console/"])
def test_the_page_holds_no_inline_script_and_no_inline_style(client: TestClient, page: str) -> None:
    inline = _InlineCode()
    inline.feed(client.get(page).text)
    assert inline.found == []


class _InlineCode(HTMLParser):
    """Collects handlers, style attributes, style elements and scripts without a source."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        self.found += [name for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
