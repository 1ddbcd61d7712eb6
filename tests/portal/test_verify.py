"""A page server compared with the release: every way to send something else is named."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx2
import pytest
from starlette.responses import RedirectResponse, Response

from ecluse.errors import EcluseError
from ecluse.portal.pages_server import PagesConfig, create_app, served_files
from ecluse.portal.verify import Fault, verify


if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from starlette.types import ASGIApp, Receive, Scope, Send


ORIGIN = "http://localhost:8470"
CONFIG = PagesConfig("http://localhost:8471", "localhost")
RELEASED = {path: file.sha256 for path, file in served_files(CONFIG).items()}


def faults(server: ASGIApp) -> list[Fault]:
    async def ask() -> list[Fault]:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(server)) as http:
            return await verify(http, ORIGIN, RELEASED)

    return asyncio.run(ask())


def captured(path: str, instead: ASGIApp) -> ASGIApp:
    """Return the pages' own server, but for what it sends at `path`."""
    honest = create_app(CONFIG)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await (instead if scope["path"] == path else honest)(scope, receive, send)

    return serve


def with_header(name: bytes, value: bytes | None) -> ASGIApp:
    """Return the pages' own server with one header set otherwise, or left out."""
    honest = create_app(CONFIG)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def change(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                kept = [header for header in message["headers"] if header[0] != name]
                message["headers"] = kept if value is None else [*kept, (name, value)]
            await send(message)

        await honest(scope, receive, change)

    return serve


def test_an_honest_server_has_no_fault() -> None:
    assert faults(create_app(CONFIG)) == []


@pytest.mark.parametrize(
    "instead",
    [Response("fetch('/v1/me')"), Response(status_code=404), RedirectResponse("//evil.example/")],
)
@pytest.mark.parametrize("path", ["/", "/js/sign.js", "/config.json"])
def test_it_names_the_file_that_is_another(path: str, instead: Response) -> None:
    assert [fault.path for fault in faults(captured(path, instead))] == [path]


def test_it_finds_pages_that_send_their_requests_elsewhere() -> None:
    moved = create_app(PagesConfig("https://elsewhere.example", "localhost"))
    assert [fault.path for fault in faults(moved)] == ["/config.json"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"content-security-policy", None),
        (b"content-security-policy", b"default-src *"),
        (b"link", b"<https://evil.example/x.js>; rel=modulepreload"),
        (b"refresh", b"0; url=https://evil.example"),
        (b"service-worker-allowed", b"/"),
    ],
)
def test_it_names_headers_that_would_let_other_code_in(name: bytes, value: bytes | None) -> None:
    found = faults(with_header(name, value))
    assert {fault.path for fault in found} == RELEASED.keys()
    assert all(name.decode() in fault.problem for fault in found)


def test_nobody_there_is_an_error_and_no_verdict() -> None:
    async def ask() -> None:
        async with httpx2.AsyncClient() as http:
            await verify(http, "http://localhost:1", RELEASED)

    with pytest.raises(EcluseError, match="does not answer"):
        asyncio.run(ask())
