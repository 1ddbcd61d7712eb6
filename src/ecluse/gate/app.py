"""The gate over HTTP: every route there is, and none that lists, searches or exports (P1)."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ecluse.errors import EcluseError
from ecluse.gate import replies
from ecluse.gate.account_door import AccountDoor
from ecluse.gate.caller import Callers
from ecluse.gate.check_door import CheckDoor
from ecluse.gate.client_door import ClientDoor
from ecluse.gate.gate import Gate, GateConfig, open_gate
from ecluse.gate.insurers_door import InsurersDoor
from ecluse.gate.login_door import LoginDoor
from ecluse.gate.phone_door import PhoneDoor
from ecluse.gate.price_door import PriceDoor
from ecluse.gate.settle_door import SettleDoor
from ecluse.ledger import proofs
from ecluse.store.errors import FAILURES


if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from ecluse.ledger.reader import KnownRoots


_CHECK = ("http", "POST", "/v1/checks")


def create_app(config: GateConfig) -> Starlette:
    """Return the gate as an ASGI application; it opens its connections when it starts."""

    @asynccontextmanager
    async def lifespan(app: _Application) -> AsyncIterator[None]:
        async with open_gate(config) as gate:
            app.open(gate)
            yield

    return _Application(
        lifespan=lifespan,
        exception_handlers={
            EcluseError: replies.failure,
            **dict.fromkeys(FAILURES, replies.unavailable),
            Exception: replies.fault,
        },
    )


class _Application(Starlette):
    """Everything by its route, but for a check: nearly all requests are, so it skips the search.

    It skips middleware with it: what is to lie around every request is an application around this.
    """

    _check: CheckDoor | None = None

    def open(self, gate: Gate) -> None:
        callers = Callers(gate.pool, gate.config.public_origin)
        self._check = CheckDoor(gate, callers)
        self.router.routes.extend(_routes(gate, callers, self._check))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._check is None or (scope["type"], scope.get("method"), scope.get("path")) != _CHECK:
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await self._check.check(request)
        except EcluseError as error:
            response = await replies.failure(request, error)
        except FAILURES as error:
            response = await replies.unavailable(request, error)
        except Exception as error:
            await (await replies.fault(request, error))(scope, receive, send)
            raise
        await response(scope, receive, send)


def _routes(gate: Gate, callers: Callers, checks: CheckDoor) -> list[Route]:
    login, client = LoginDoor(gate, callers), ClientDoor(gate, callers)
    ledger, prices, phones = _LedgerDoor(gate), PriceDoor(gate, callers), PhoneDoor(gate)
    settle = SettleDoor(gate, callers)
    return [
        Route("/v1/checks", checks.check, methods=["POST"]),
        Route("/v1/checks/batch", checks.batch, methods=["POST"]),
        Route("/v1/checks/{check_id}", checks.again, methods=["GET"]),
        Route("/v1/me", AccountDoor(gate, callers).me, methods=["GET"]),
        Route("/v1/insurers", InsurersDoor(gate, callers).insurers, methods=["GET"]),
        Route("/v1/prices", prices.price, methods=["POST"]),
        Route("/v1/acts", prices.acts, methods=["GET"]),
        Route("/v1/quotes", settle.quote, methods=["POST"]),
        Route("/v1/claims", settle.claims, methods=["POST"]),
        Route("/v1/statement", settle.statement, methods=["GET"]),
        Route("/v1/phones", phones.enrol, methods=["POST"]),
        Route("/v1/phones/end", phones.end, methods=["POST"]),
        Route("/v1/login/begin", login.begin, methods=["POST"]),
        Route("/v1/login/finish", login.finish, methods=["POST"]),
        Route("/v1/logout", login.logout, methods=["POST"]),
        Route("/v1/enrolments/begin", login.join, methods=["POST"]),
        Route("/v1/enrolments/finish", login.joined, methods=["POST"]),
        Route("/v1/enrolments/client", client.join, methods=["POST"]),
        Route("/v1/client/rotate", client.rotate, methods=["POST"]),
        Route("/v1/enrolments/{fingerprint}", login.state, methods=["GET"]),
        Route("/v1/ledger/checkpoint", ledger.checkpoint, methods=["GET"]),
        Route("/v1/ledger/checkpoint/cosigned", ledger.cosigned, methods=["GET"]),
        Route("/v1/ledger/proof/{position:int}", ledger.proof, methods=["GET"]),
        Route("/v1/ledger/consistency/{size:int}", ledger.consistency, methods=["GET"]),
        Route("/openapi.json", _description, methods=["GET"]),
        Route("/health/live", _live, methods=["GET"]),
        Route("/health/ready", ledger.ready, methods=["GET"]),
    ]


class _LedgerDoor:
    """What anybody may see of the ledger: its checkpoint, and proofs of positions."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._known: KnownRoots = {}

    async def checkpoint(self, _: Request) -> Response:
        return PlainTextResponse(self._gate.cosigned, headers=replies.HEADERS)

    async def cosigned(self, _: Request) -> Response:
        """Return the newest checkpoint that enough witnesses cosigned."""
        note = self._gate.witnessing.note
        if not note:
            return replies.json({"error": "unknown", "message": "No witness cosigned yet."}, 404)
        return PlainTextResponse(note, headers=replies.HEADERS)

    async def proof(self, request: Request) -> Response:
        async with self._gate.pool.acquire() as connection:
            return replies.json(
                await proofs.inclusion(
                    connection, request.path_params["position"], known=self._known
                )
            )

    async def consistency(self, request: Request) -> Response:
        """Prove to whoever kept a checkpoint over `size` entries that the latest goes on from it."""
        async with self._gate.pool.acquire() as connection:
            return replies.json(
                await proofs.consistency(connection, request.path_params["size"], known=self._known)
            )

    async def ready(self, _: Request) -> Response:
        """Tell whether database and keyring answer, and whether witnesses cosign as they should."""
        await self._gate.pool.fetchval("SELECT 1")
        await self._gate.keyring.hello()
        witnessed = self._gate.witnessing.holds(datetime.now(UTC))
        return replies.json({"ready": True, "witnessed": witnessed})


async def _live(_: Request) -> Response:
    return replies.json({"live": True})


async def _description(_: Request) -> Response:
    """Describe every route for machines: a file that `client.openapi` makes."""
    return replies.json((resources.files("ecluse.gate") / "openapi.json").read_bytes())
