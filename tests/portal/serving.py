"""Applications on real sockets, each in a thread of its own, for as long as a test needs them."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn


if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp


def loopback() -> socket.socket:
    """Return a listening TCP socket on a free port of 127.0.0.1."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    return listening


def port_of(listening: socket.socket) -> int:
    """Return the port of a TCP socket."""
    port: int = listening.getsockname()[1]
    return port


@contextlib.contextmanager
def serving(app: ASGIApp, listening: socket.socket) -> Iterator[None]:
    """Serve `app` on `listening` until the block ends."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    started = threading.Event()
    thread = threading.Thread(target=_run, args=(server, listening, started), daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            started.wait(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _run(server: uvicorn.Server, listening: socket.socket, started: threading.Event) -> None:
    server.run(sockets=[listening])
    started.set()
