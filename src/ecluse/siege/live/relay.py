"""A reverse proxy between a clerk and the operator: on an origin of its own, or as the pipe itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
from starlette.requests import Request
from starlette.responses import Response

from ecluse.siege.wire import Captured


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Receive, Scope, Send


_UP = frozenset({"content-type", "content-digest", "signature", "signature-input", "accept"})
_DOWN = frozenset({"content-type", "cache-control", "etag"})


class Relay:
    """An ASGI application that passes everything on, pages and requests.

    Whatever names the operator's origins on its way down names this one instead, so that a page
    from here keeps talking to here.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        pages: str,
        pipe: str,
        meddle: Callable[[Captured], Awaitable[None]] | None = None,
    ) -> None:
        self._http = http
        self._pages, self._pipe = pages, pipe
        self._meddle = meddle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on; what `meddle` does with it comes after its answer is there."""
        request = Request(scope, receive)
        path, query = request.url.path, f"?{request.url.query}" if request.url.query else ""
        behind = self._pipe if path.startswith("/v1/") else self._pages
        passing = Captured(
            request.method,
            f"{behind}{path}{query}",
            {name: value for name, value in request.headers.items() if name in _UP},
            await request.body(),
        )
        answer = await self._http.request(
            passing.method, passing.url, content=passing.body, headers=passing.headers
        )
        body = answer.content
        for real in (self._pages, self._pipe):
            body = body.replace(real.encode(), f"http://{request.headers['host']}".encode())
        if self._meddle is not None:
            await self._meddle(passing)
        headers = {name: value for name, value in answer.headers.items() if name in _DOWN}
        await Response(body, answer.status_code, headers)(scope, receive, send)


class Detour(httpx2.AsyncHTTPTransport):
    """Leads what is sent to the public door to another address: that of a captured pipe."""

    def __init__(self, door: str) -> None:
        super().__init__()
        self._door = httpx2.URL(door)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request there; what it says of where it goes stays as it was signed."""
        request.url = request.url.copy_with(host=self._door.host, port=self._door.port)
        return await super().handle_async_request(request)
