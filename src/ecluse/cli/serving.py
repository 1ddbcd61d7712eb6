"""How every process of ours announces itself: one JSON line on standard output, once it listens."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn


if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.types import ASGIApp


#: Objects made beyond those let go until young ones are looked through; Python's own is 700.
_COLLECTED_EVERY = 20_000


def announce(name: str, **facts: object) -> None:
    """Say that `name` serves now; a supervisor waits for this line.

    What a process has by then it keeps: the collector of cycles is spared looking through it, and
    looks less often, since what serves a request leaves hardly any.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECTED_EVERY)
    sys.stdout.write(json.dumps({"serving": name, **facts}) + "\n")
    sys.stdout.flush()


def serve_http(
    application: ASGIApp,
    name: str,
    host: str,
    port: int,
    *,
    listens: Callable[[int], None] | None = None,
) -> None:
    """Serve until told to stop; nothing of a request is logged. Port 0 takes a free one.

    Args:
        application: What answers.
        name: What the process is announced as.
        host: Address to listen on.
        port: Port to listen on.
        listens: Told of the port in place of the announcement.
    """
    with socket.create_server((host, port), backlog=1024) as listening:
        server = _Announcing(
            uvicorn.Config(
                application,
                access_log=False,
                log_level="warning",
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=5,
            ),
            listens or (lambda port: announce(name, port=port)),
            listening.getsockname()[1],
        )
        server.run(sockets=[listening])
        if not server.started:
            sys.exit(1)


class _Announcing(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, listens: Callable[[int], None], port: int) -> None:
        super().__init__(config)
        self._listens = listens
        self._port = port

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._listens(self._port)


def run_until_stopped(work: Coroutine[object, object, None]) -> None:
    """Run `work` until it ends, or until SIGTERM or SIGINT cancels it."""

    async def run() -> None:
        task = asyncio.ensure_future(work)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())
