"""Servers that a thief runs, or robs: on a loopback port, for as long as a theft needs them."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn


if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp


@asynccontextmanager
async def served(application: ASGIApp) -> AsyncIterator[str]:
    """Serve on a free port until the block ends; yield the origin."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        settings = uvicorn.Config(
            application,
            access_log=False,
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = _Server(settings)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await server.up.wait()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


class _Server(uvicorn.Server):
    def __init__(self, settings: uvicorn.Config) -> None:
        super().__init__(settings)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()
