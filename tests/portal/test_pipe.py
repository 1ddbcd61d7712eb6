"""The pipe between a real client and a real upstream server."""

from __future__ import annotations

import os
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ecluse.portal import pipe
from ecluse.portal.border import BODY_LIMIT
from portal.serving import loopback, port_of, serving


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request

PAGES = "http://localhost:8470"
SIGNED = {
    "content-type": "application/json",
    "content-digest": "sha-256=:AAAA:",
    "signature": "ecluse=:AAAA:",
    "signature-input": 'ecluse=("@method");created=1',
}


class Upstream:
    """A server in the gate's place that remembers exactly what reached it."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, bytes, bytes, dict[str, str], bytes]] = []

    async def answer(self, request: Request) -> Response:
        scope = request.scope
        body = await request.body()
        self.requests.append(
            (request.method, scope["raw_path"], scope["query_string"], dict(request.headers), body)
        )
        headers = {"set-cookie": "session=1", "x-secret": "inside", "content-encoding": "gzip"}
        return Response(body, 418, headers, media_type="application/json")

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/broken", _broken),
                Route("/v1/unauthorised", _unauthorised, methods=["POST"]),
                Route("/{rest:path}", self.answer, methods=["GET", "POST"]),
            ]
        )


async def _broken(_request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        yield b'{"outcome":'

    return StreamingResponse(parts(), headers={"content-length": "100"})


async def _unauthorised(_request: Request) -> Response:
    return Response(status_code=401)


@contextmanager
def piped(*gates: str) -> Iterator[httpx2.Client]:
    listening = loopback()
    url = f"http://127.0.0.1:{port_of(listening)}"
    app = pipe.create_app(pipe.PipeConfig(gates, PAGES))
    with serving(app, listening), httpx2.Client(base_url=url, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture(scope="module")
def client(upstream: Upstream) -> Iterator[httpx2.Client]:
    listening = loopback()
    with (
        serving(upstream.app(), listening),
        piped(f"http://127.0.0.1:{port_of(listening)}") as connected,
    ):
        yield connected


def test_every_byte_of_a_request_arrives_and_every_byte_of_an_answer_returns(
    upstream: Upstream, client: httpx2.Client
) -> None:
    body = os.urandom(BODY_LIMIT)
    with client.stream("POST", "/v1/checks?a=1&b=%20", content=body, headers=SIGNED) as answer:
        returned = b"".join(answer.iter_raw())
    method, path, query, headers, arrived = upstream.requests[-1]
    assert (method, path, query) == ("POST", b"/v1/checks", b"a=1&b=%20")
    assert arrived == body
    assert returned == body
    assert answer.status_code == 418
    assert {name: headers[name] for name in SIGNED} == SIGNED


def test_no_other_header_goes_up(upstream: Upstream, client: httpx2.Client) -> None:
    client.get("/v1/me", headers={**SIGNED, "cookie": "a=b", "authorization": "x", "x-a": "1"})
    assert upstream.requests[-1][3].keys() == SIGNED.keys() | {"host"}


def test_no_cookie_and_no_inner_header_comes_down(client: httpx2.Client) -> None:
    answer = client.post("/v1/checks", headers={"accept-encoding": "identity"})
    assert not {"set-cookie", "x-secret", "server", "content-encoding"} & answer.headers.keys()
    assert answer.headers["cache-control"] == "no-store"


def test_a_cookie_of_one_answer_never_joins_the_next_request(
    upstream: Upstream, client: httpx2.Client
) -> None:
    client.get("/v1/me")
    client.get("/v1/me")
    assert "cookie" not in upstream.requests[-1][3]


def test_it_reaches_a_gate_behind_a_unix_socket(upstream: Upstream) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gate"
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        with serving(upstream.app(), listening), piped(str(path)) as client:
            assert client.post("/v1/checks", content=b"{}").status_code == 418


@pytest.mark.parametrize("path", ["/", "/metrics", "/v1//me", "/v1/me%2f..", "/internal/x"])
def test_it_refuses_addresses_that_are_not_the_gates(
    upstream: Upstream, client: httpx2.Client, path: str
) -> None:
    heard = len(upstream.requests)
    assert client.get(path).json()["error"] == "not_found"
    assert len(upstream.requests) == heard


def test_it_refuses_methods_that_the_gate_does_not_have(client: httpx2.Client) -> None:
    assert client.delete("/v1/me").status_code == 405


def test_it_refuses_a_body_over_the_limit_before_the_gate_hears_of_it(
    upstream: Upstream, client: httpx2.Client
) -> None:
    heard = len(upstream.requests)
    answer = client.post("/v1/checks", content=bytes(BODY_LIMIT + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert len(upstream.requests) == heard


def test_a_gate_that_is_down_is_told_in_words_that_the_pages_can_read() -> None:
    closed = loopback()
    gate = f"http://127.0.0.1:{port_of(closed)}"
    closed.close()
    with piped(gate) as client:
        answer = client.get("/v1/me", headers={"origin": PAGES})
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert answer.headers["access-control-allow-origin"] == PAGES


def test_an_answer_that_breaks_off_is_never_passed_as_whole(client: httpx2.Client) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        client.get("/v1/broken")


def test_the_pages_may_ask_and_read_and_browsers_remember_it_for_two_hours(
    client: httpx2.Client,
) -> None:
    asked = {"origin": PAGES, "access-control-request-method": "POST"}
    preflight = client.options("/v1/checks", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == PAGES
    assert preflight.headers["access-control-max-age"] == "7200"
    allowed = preflight.headers["access-control-allow-headers"].split(", ")
    assert set(allowed) == SIGNED.keys()
    assert "access-control-allow-credentials" not in preflight.headers
    answer = client.get("/v1/me", headers={"origin": PAGES})
    assert answer.headers["access-control-expose-headers"] == "date, retry-after"
    assert "date" in answer.headers


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8470", "https://evil.example", "null"])
@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
def test_no_other_origin_may_ask_or_read(
    upstream: Upstream, client: httpx2.Client, origin: str, method: str
) -> None:
    heard = len(upstream.requests)
    answer = client.request(method, "/v1/me", headers={"origin": origin})
    assert (answer.status_code, answer.json()["error"]) == (403, "origin")
    assert "access-control-allow-origin" not in answer.headers
    assert len(upstream.requests) == heard
