"""A gate with a flaw planted in it: what mentions one person is answered a little later.

The real gate, served as it always is, and a layer around it that lets the reply to each request
that holds `marker` wait, once it is ready to leave:

    python planted_gate.py PORT PUBLIC_ORIGIN PAGES_ORIGIN MARKER MICROSECONDS
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from ecluse.cli.serving import serve_http
from ecluse.gate.app import create_app
from ecluse.gate.gate import GateConfig
from ecluse.local.installation import Installation
from ecluse.login.passkey import RelyingParty
from ecluse.policy import policy as policies
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Flaw:
    """Delays replies to requests that hold `marker` by `seconds`."""

    def __init__(self, app: ASGIApp, marker: bytes, seconds: float) -> None:
        self._app = app
        self._marker = marker
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        body = bytearray()

        async def hear() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start" and self._marker in body:
                # As work would: a timer of the event loop is not that fine.
                until = time.perf_counter() + self._seconds
                while time.perf_counter() < until:
                    pass
            await send(message)

        await self._app(scope, hear, tell)


def main(port: int, public_origin: str, pages_origin: str, marker: str, microseconds: int) -> None:
    """Serve until told to stop."""
    installation = Installation.from_environment()
    rules, digest = policies.read()
    app = create_app(
        GateConfig(
            dsn=installation.database.dsn(Role.GATE),
            sockets=installation.sockets,
            public_origin=public_origin,
            party=RelyingParty("localhost", pages_origin),
            policy=rules,
            policy_digest=bytes.fromhex(digest),
            policies=installation.policies.folder,
        )
    )
    serve_http(Flaw(app, marker.encode(), microseconds / 1e6), "gate", "127.0.0.1", port)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
