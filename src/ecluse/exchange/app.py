"""The exchange over HTTP: a TAXII 2.1 server with one collection, for registered peers alone.

Every request is signed by the one RFC 9421 profile (`login/profile.py`) with the peer's own key, so
there is no password to steal, and each counts once.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from ecluse.exchange import envelope, rows
from ecluse.exchange.envelope import TAXII, FilterError
from ecluse.exchange.peers import peers
from ecluse.exchange.running import Terms, keep_exchange
from ecluse.gate.caller import prove_possession
from ecluse.gate.rows import spend_nonces
from ecluse.keyring.client import ExchangeKeyring
from ecluse.login import signature
from ecluse.login.signature import SignatureError
from ecluse.store.errors import FAILURES


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from starlette.requests import Request

    Handler = Callable[[Request], Awaitable[Response]]


ROOT = "/taxii2/alarms/"
COLLECTION = "9c1f0a52-6d1b-4e0e-8f0c-2b7a6f5d3e11"
_TITLE = "Alarms about professionals' accounts in third-party payment"
_COLLECTION = {
    "id": COLLECTION,
    "title": _TITLE,
    "description": "Indicators signed by this operator. Nothing in them is about members.",
    "can_read": True,
    "can_write": False,
    "media_types": [envelope.STIX],
}
_PARAMETERS = 20
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class ExchangeConfig(msgspec.Struct, frozen=True):
    """What an exchange is told when it starts."""

    #: As the role `exchange`.
    dsn: str
    sockets: Path
    #: The origin that peers reach it by: what `@target-uri` is built from.
    public_origin: str
    terms: Terms


class TaxiiError(HTTPException):
    """An error as the standard writes it (section 3.6.1)."""


class Door:
    """The answers; each after its asker was found to be a peer."""

    def __init__(self, pool: asyncpg.Pool[Any], origin: str) -> None:
        self._pool = pool
        self._origin = origin

    def guarded(self, handler: Handler) -> Handler:
        """Return a handler that answers a peer's signed request, sent for the first time."""

        async def answer(request: Request) -> Response:
            if not envelope.accepts(request.headers.get("accept")):
                raise TaxiiError(406, f"This server speaks {TAXII}.")
            if request.headers.get("content-length", "0") != "0":
                raise TaxiiError(413, "A request here has no content.")
            await self._admit(request)
            return await handler(request)

        return answer

    async def _admit(self, request: Request) -> None:
        # The signature covers an empty content, whatever else may follow on the connection.
        named = signature.parse(request.scope["headers"])
        async with self._pool.acquire() as connection:
            known = {peer.peer: peer for peer in await peers(connection)}
            peer = known.get(named.thumbprint)
            if peer is None:
                raise SignatureError(signature.Fault.KEY)
            signed = prove_possession(request, b"", peer.public_key, self._origin)
            until = datetime.fromtimestamp(signed.expires + 60, UTC)
            if not await spend_nonces(connection, [(peer.peer, signed.nonce, until)]):
                raise TaxiiError(401, "This request was sent before.")

    async def discovery(self, _: Request) -> Response:
        """Name the API root (section 4.1)."""
        root = f"{self._origin}{ROOT}"
        return _json({"title": _TITLE, "default": root, "api_roots": [root]})

    async def root(self, _: Request) -> Response:
        """Describe the API root (section 4.2)."""
        # Nothing is taken: no collection here can be written to.
        return _json({"title": _TITLE, "versions": [TAXII], "max_content_length": 1})

    async def collections(self, _: Request) -> Response:
        """Name the collections (section 5.1)."""
        return _json({"collections": [_COLLECTION]})

    async def collection(self, request: Request) -> Response:
        """Describe the collection (section 5.2)."""
        _require_collection(request)
        return _json(_COLLECTION)

    async def manifest(self, request: Request) -> Response:
        """List what there is (section 5.3)."""
        return await self._page(request, envelope.manifest)

    async def objects(self, request: Request) -> Response:
        """Return objects (section 5.4)."""
        return await self._page(request, envelope.envelope)

    async def object(self, request: Request) -> Response:
        """Return one object (section 5.6)."""
        return await self._page(request, envelope.envelope, one=True)

    async def versions(self, request: Request) -> Response:
        """Name one object's versions (section 5.8)."""
        return await self._page(request, envelope.versions, one=True)

    async def _page(
        self, request: Request, form: Callable[..., dict[str, Any]], *, one: bool = False
    ) -> Response:
        _require_collection(request)
        if len(request.query_params.multi_items()) > _PARAMETERS:
            raise FilterError("There are more filters than any honest request has.")
        ids = [request.path_params["object"]] if one else None
        wanted = envelope.wanted(dict(request.query_params), ids=ids)
        async with self._pool.acquire() as connection:
            page, more = await rows.page(connection, wanted)
        if one and not page:
            raise TaxiiError(404, "There is no such object.")
        return _json(form(page, more=more), headers=envelope.dates(page))

    async def refuse_post(self, request: Request) -> Response:
        """Take nothing: the collection cannot be written to (section 5.5)."""
        _require_collection(request)
        raise TaxiiError(403, "This collection is read only.")


def create_app(config: ExchangeConfig, report: Callable[[Exception], None]) -> Starlette:
    """Return the exchange as an ASGI application; while it serves it also tells and hears."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        keyring = ExchangeKeyring(config.sockets)
        connect = partial(asyncpg.connect, config.dsn)
        async with asyncpg.create_pool(config.dsn, min_size=1, max_size=4) as pool:
            app.router.routes.extend(routes(Door(pool, config.public_origin)))
            work = asyncio.create_task(keep_exchange(connect, keyring, config.terms, report))
            try:
                yield
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
                await keyring.close()

    return Starlette(
        lifespan=lifespan,
        exception_handlers={
            HTTPException: _failure,
            SignatureError: _unsigned,
            FilterError: _malformed,
            **dict.fromkeys(FAILURES, _unavailable),
        },
    )


def routes(door: Door) -> list[Route]:
    """Return every route of the exchange."""
    below = ROOT + "collections/{collection}/"
    at = [
        ("/taxii2/", door.discovery),
        (ROOT, door.root),
        (f"{ROOT}collections/", door.collections),
        (below, door.collection),
        (f"{below}manifest/", door.manifest),
        (f"{below}objects/", door.objects),
        (f"{below}objects/{{object}}/", door.object),
        (f"{below}objects/{{object}}/versions/", door.versions),
    ]
    return [
        *(Route(path, door.guarded(handler), methods=["GET"]) for path, handler in at),
        Route(f"{below}objects/", door.refuse_post, methods=["POST"]),
    ]


def _require_collection(request: Request) -> None:
    if request.path_params["collection"] != COLLECTION:
        raise TaxiiError(404, "There is no such collection.")


def _json(
    content: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    body = msgspec.json.encode(content)
    return Response(body, status, {**_HEADERS, **(headers or {})}, TAXII)


def _problem(status: int, title: str, headers: Mapping[str, str] | None = None) -> Response:
    return _json({"title": title, "http_status": f"{status}"}, status, headers)


async def _failure(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker: it is registered so
    return _problem(error.status_code, error.detail)


async def _unsigned(_: Request, error: Exception) -> Response:
    # RFC 9110 section 11.6.1 wants a challenge: there is no registered scheme for RFC 9421.
    return _problem(401, str(error), {"WWW-Authenticate": "Signature"})


async def _malformed(_: Request, error: Exception) -> Response:
    return _problem(400, str(error))


async def _unavailable(_: Request, __: Exception) -> Response:
    return _problem(503, "The database does not answer. Try again.")
