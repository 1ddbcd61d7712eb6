"""The pipe: carries requests to a gate and answers back, and can do nothing else.

It holds no database, no key, no session and no cookie. A captured pipe can drop a request, but
neither invent nor alter one: each is signed by a device over its whole content (RFC 9421).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount

from ecluse.errors import EcluseError
from ecluse.portal import border
from ecluse.portal.gates import DIED, NOT_SENT, Gates
from ecluse.portal.origin import checked_origin


if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send


#: Seconds. The gate answers refusals on a time grid well below a second.
TIMEOUTS = httpx2.Timeout(connect=2.0, read=10.0, write=5.0, pool=2.0)
BODY_SECONDS = 10.0

PREFLIGHT_SECONDS = 7200

CONSOLE = b"/v1/console/"

BARE_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class PipeConfig:
    """Where the pipe leads, and for which pages."""

    #: `http://host:port` of each gate, or the path of its Unix socket.
    gates: tuple[str, ...]
    #: The one browser origin that may ask and read answers.
    pages_origin: str
    #: Likewise of the console; without one nobody answers below `CONSOLE`.
    console: str | None = None


class NotCarriedError(EcluseError):
    """A request that the pipe answers itself, with a status and a code of its own."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


UNAVAILABLE = NotCarriedError(
    503, "unavailable", "The operator cannot answer now. Try again shortly."
)


class Pipe:
    """An ASGI application around the connections to each gate and to the console."""

    def __init__(self, config: PipeConfig) -> None:
        self._pages_origin = checked_origin(config.pages_origin)
        self._gates = Gates(config.gates)
        self._console = Gates((config.console,) if config.console else ())

    async def aclose(self) -> None:
        """Close the connections."""
        await self._gates.aclose()
        await self._console.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except NotCarriedError as refusal:
            facts = {"error": refusal.code, "message": refusal.problem}
            response = JSONResponse(facts, refusal.status, {"cache-control": "no-store"})
        response.headers.update(BARE_HEADERS)
        response.headers.update(self._cors(request))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.headers.get("origin", self._pages_origin) != self._pages_origin:
            raise NotCarriedError(
                403, "origin", "Only the operator's own pages may ask from a browser."
            )
        if not border.crosses(target := _target(request.scope)):
            raise NotCarriedError(404, "not_found", "There is nothing at this address.")
        if request.method == "OPTIONS":
            return Response(status_code=204)
        if request.method not in border.METHODS:
            raise NotCarriedError(405, "method", "Use GET or POST.")
        answer = await self._carry(request.method, target, request)
        headers = border.downward(answer.headers.raw)
        return StreamingResponse(
            _stream(answer),
            answer.status_code,
            {name.decode("latin-1"): value.decode("latin-1") for name, value in headers},
        )

    async def _carry(self, method: str, target: bytes, request: Request) -> httpx2.Response:
        """Have a gate answer: the device's own, or the next one if that is not there.

        A gate that dies on a request may have spent its nonce. A signed request is then tried
        elsewhere, and if it counts as sent before, or as anybody's it is not, its sender is asked
        to sign it anew.

        Raises:
            NotCarriedError: No gate answers.
        """
        body, headers = await _body(request), border.upward(request.headers.raw)
        signed = dict(headers).get(b"signature-input", b"")
        died = False
        doors = self._console if target.startswith(CONSOLE) else self._gates
        for gate in doors.order(signed):
            upstream = httpx2.Request(
                method,
                gate.url,
                headers=headers,
                content=body,
                extensions={"timeout": TIMEOUTS.as_dict(), "target": target},
            )
            try:
                answer = await gate.transport.handle_async_request(upstream)
            except NOT_SENT:
                doors.failed(gate)
            except DIED as error:
                doors.failed(gate)
                died = True
                if not signed:
                    raise UNAVAILABLE from error
            except httpx2.TransportError as error:
                raise UNAVAILABLE from error
            else:
                if died and answer.status_code == httpx2.codes.UNAUTHORIZED:
                    await answer.aclose()
                    break
                return answer
        raise UNAVAILABLE

    def _cors(self, request: Request) -> dict[str, str]:
        """Headers of the fetch standard's CORS protocol, for the pages' origin only."""
        if request.headers.get("origin") != self._pages_origin:
            return {"vary": "origin"}
        headers = {
            "access-control-allow-origin": self._pages_origin,
            "access-control-expose-headers": "date, retry-after",
            "vary": "origin",
        }
        if request.method == "OPTIONS":
            headers |= {
                "access-control-allow-methods": ", ".join(border.METHODS),
                "access-control-allow-headers": b", ".join(border.HEADERS_UP).decode(),
                "access-control-max-age": str(PREFLIGHT_SECONDS),
            }
        return headers


def create_app(config: PipeConfig) -> Starlette:
    """Build the application that carries requests to the gate."""
    pipe = Pipe(config)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await pipe.aclose()

    return Starlette(routes=[Mount("/", app=pipe)], lifespan=lifespan)


def _target(scope: Scope) -> bytes:
    """Return path and query exactly as they came over the wire (RFC 9112, section 3.2)."""
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return path + b"?" + query if query else path


async def _body(request: Request) -> bytes:
    """Read the whole body before the gate hears of it.

    Raises:
        NotCarriedError: the body is too large, too slow, or the client left.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > border.BODY_LIMIT:
                    raise NotCarriedError(413, "too_large", "The request body is over 64 kB.")
    except TimeoutError as error:
        raise NotCarriedError(408, "timeout", "The request took too long to arrive.") from error
    except ClientDisconnect as error:
        raise NotCarriedError(400, "malformed", "The request broke off.") from error
    return bytes(body)


async def _stream(answer: httpx2.Response) -> AsyncIterator[bytes]:
    try:
        async for part in answer.aiter_raw():
            yield part
    finally:
        await answer.aclose()
