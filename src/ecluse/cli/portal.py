"""`ecluse portal`: serve the pages, serve the pipe. Two processes, two origins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn

from ecluse.cli.output import JsonOption, result
from ecluse.portal import pages_server, pipe


if TYPE_CHECKING:
    from starlette.applications import Starlette


app = typer.Typer(help="The public tier: static pages, and a pipe to the gate.")

PAGES_PORT = 8470
PIPE_PORT = 8471

HostOption = Annotated[str, typer.Option(help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(help="Port to listen on.")]


@app.command("pages")
def serve_pages(
    *,
    host: HostOption = "127.0.0.1",
    port: PortOption = PAGES_PORT,
    pipe_origin: Annotated[
        str, typer.Option(help="Origin of the pipe, as browsers reach it.")
    ] = f"http://localhost:{PIPE_PORT}",
    rp_id: Annotated[
        str, typer.Option(help="Domain that passkeys are bound to: the pages' own.")
    ] = "localhost",
    as_json: JsonOption = False,
) -> None:
    """Serve the pages: static files that hold nothing of anybody."""
    config = pages_server.PagesConfig(pipe_origin, rp_id)
    files = len(pages_server.release(config))
    result(
        {"serving": "pages", "host": host, "port": port, "files": files},
        as_json=as_json,
        text=f"Pages: {files} files on {host}, port {port}.",
    )
    _run(pages_server.create_app(config), host, port)


@app.command("pipe")
def serve_pipe(
    *,
    gate: Annotated[str, typer.Option(help="http://host:port of the gate, or its Unix socket.")],
    host: HostOption = "127.0.0.1",
    port: PortOption = PIPE_PORT,
    pages_origin: Annotated[
        str, typer.Option(help="Origin of the pages, as browsers reach it.")
    ] = f"http://localhost:{PAGES_PORT}",
    as_json: JsonOption = False,
) -> None:
    """Carry signed requests to the gate and answers back, and nothing else."""
    result(
        {"serving": "pipe", "host": host, "port": port, "gate": gate},
        as_json=as_json,
        text=f"Pipe: {host}, port {port}, to the gate at {gate}.",
    )
    _run(pipe.create_app(pipe.PipeConfig(gate, pages_origin)), host, port)


def _run(application: Starlette, host: str, port: int) -> None:
    """Serve until told to stop; nothing of a request is logged."""
    uvicorn.run(
        application,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
    )
