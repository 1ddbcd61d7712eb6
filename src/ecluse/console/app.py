"""The console over HTTP: every route there is, and the right that each takes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
from starlette.applications import Starlette
from starlette.routing import Route

from ecluse.breach.incident import IncidentError
from ecluse.console import asker as askers
from ecluse.console import deeds, desk
from ecluse.console.acts_door import ActsDoor
from ecluse.console.claims_door import claims
from ecluse.console.door import ConsoleDoor
from ecluse.console.incidents_door import IncidentsDoor
from ecluse.errors import EcluseError
from ecluse.gate import replies
from ecluse.gate.caller import Callers
from ecluse.keyring.client import OfficerKeyring
from ecluse.login.passkey import RelyingParty
from ecluse.login.roles import Right
from ecluse.store.errors import FAILURES


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from ecluse.console.asker import Asker, Outcome

    Handler = Callable[[Asker, Request, bytes], Awaitable[Outcome]]


class ConsoleConfig(msgspec.Struct, frozen=True):
    """What a console is told when it starts."""

    #: As the officer.
    dsn: str
    sockets: Path
    #: The pipe's origin: what `@target-uri` is built from.
    public_origin: str
    party: RelyingParty
    terms: deeds.Terms


class Console:
    """Runs each request in one transaction: who asks, may they, what happens, the ledger entry."""

    def __init__(self, pool: asyncpg.Pool[Any], keyring: OfficerKeyring, origin: str) -> None:
        self._pool = pool
        self._keyring = keyring
        # Nothing is remembered: a device signed out or an account locked is so at once.
        self._callers = Callers(pool, origin, remembered=0)

    def endpoint(
        self, right: Right | None, handler: Handler
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return the route's function: `handler`, for whoever has `right`."""

        async def answer(request: Request) -> Response:
            raw = await replies.body_of(request)
            caller = await self._callers.identify(request, raw)
            async with self._pool.acquire() as connection:
                # On its own: a request that fails is not to be sent again either.
                await askers.spend(connection, caller)
                async with connection.transaction():
                    asking = await askers.admit(connection, caller, right)
                    outcome = await handler(asking, request, raw)
                    await deeds.write(connection, self._keyring, outcome.events, asking.now)
            return replies.json(outcome.reply)

        return answer


def create_app(config: ConsoleConfig) -> Starlette:
    """Return the console as an ASGI application; it opens its connections when it starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # It connects when it is first needed: the console may start before the keyring.
        keyring = OfficerKeyring(config.sockets)
        async with asyncpg.create_pool(config.dsn, min_size=1, max_size=4) as pool:
            console = Console(pool, keyring, config.public_origin)
            doors = (
                ConsoleDoor(keyring, config.terms),
                ActsDoor(config.party),
                IncidentsDoor(keyring),
            )
            app.router.routes.extend(routes(console, *doors))
            try:
                yield
            finally:
                await keyring.close()

    return Starlette(
        lifespan=lifespan,
        exception_handlers={
            IncidentError: _conflict,
            EcluseError: replies.failure,
            **dict.fromkeys(FAILURES, replies.unavailable),
            Exception: replies.fault,
        },
    )


async def _conflict(_: Request, error: Exception) -> Response:
    """Answer for what cannot be done to an incident or a notice."""
    return replies.json({"error": "incident", "message": str(error)}, 409)


def routes(
    console: Console, door: ConsoleDoor, acts: ActsDoor, incidents: IncidentsDoor
) -> list[Route]:
    """Return every route of the console."""
    at: list[tuple[str, str, Right | None, Handler]] = [
        ("GET", "me", None, door.me),
        ("GET", "enrolments", Right.ENROLMENTS, door.enrolments),
        ("POST", "enrolments/{fingerprint}/accept", Right.ENROLMENTS, door.accept),
        ("POST", "enrolments/{fingerprint}/refuse", Right.ENROLMENTS, door.refuse),
        ("GET", "accounts", Right.ACCOUNTS, door.accounts),
        ("POST", "accounts/{account}/lock", Right.ACCOUNTS, door.lock),
        ("POST", "accounts/{account}/sign-out", Right.ACCOUNTS, door.sign_out),
        ("GET", "live", Right.ALARMS, desk.live),
        ("GET", "alarms", Right.ALARMS, desk.alarms),
        ("GET", "alarms/{alarm}", Right.ALARMS, desk.evidence),
        ("GET", "acts", Right.ACTS, acts.waiting),
        ("POST", "acts", Right.ACTS, acts.propose),
        ("POST", "acts/{act}/second", Right.ACTS, acts.second),
        ("POST", "acts/{act}/withdraw", Right.ACTS, acts.withdraw),
        ("GET", "incidents", Right.INCIDENTS, incidents.incidents),
        ("POST", "incidents", Right.INCIDENTS, incidents.open),
        ("GET", "incidents/{incident:int}", Right.INCIDENTS, incidents.incident),
        ("POST", "incidents/{incident:int}/clear", Right.INCIDENTS, incidents.clear),
        ("POST", "incidents/{incident:int}/close", Right.INCIDENTS, incidents.close),
        ("POST", "incidents/{incident:int}/work", Right.INCIDENTS, incidents.work),
        (
            *("GET", "incidents/{incident:int}/documents/{version:int}/{amc}"),
            *(Right.INCIDENTS, incidents.documents),
        ),
        ("GET", "notices", Right.NOTICES, incidents.notices),
        ("GET", "notices/{incident:int}/{version:int}", Right.NOTICES, incidents.notice),
        (
            *("POST", "notices/{incident:int}/{version:int}/acknowledge"),
            *(Right.NOTICES, incidents.acknowledge),
        ),
        ("GET", "claims", Right.CLAIMS, claims),
        ("GET", "feeds", Right.FEEDS, door.feeds),
        ("GET", "ledger", Right.LEDGER, door.ledger),
    ]
    return [
        Route(f"/v1/console/{path}", console.endpoint(right, handler), methods=[method])
        for method, path, right, handler in at
    ]
