"""`ecluse pages`: release the portal's pages, and see whether a server sends what was released."""

from __future__ import annotations

import asyncio
from typing import Annotated

import httpx2
import msgspec
import typer

from ecluse.cli.output import JsonOption, result
from ecluse.cli.serve import PIPE_ORIGIN, PipeOriginOption, RelyingPartyOption
from ecluse.local import pages
from ecluse.local.installation import Installation
from ecluse.portal.pages_server import PagesConfig
from ecluse.portal.verify import Fault, verify


app = typer.Typer(no_args_is_help=True, help="The portal's pages: release them, verify a server.")

_SECONDS = 30


@app.command()
def release(
    *,
    pipe_origin: PipeOriginOption = PIPE_ORIGIN,
    rp_id: RelyingPartyOption = "localhost",
    as_json: JsonOption = False,
) -> None:
    """Write the hashes of this version's pages, with their configuration, into the ledger."""
    config = PagesConfig(pipe_origin, rp_id)
    made = asyncio.run(pages.release(Installation.from_environment(), config))
    files = {path: sha256.hex() for path, sha256 in made.release.files.items()}
    text = f"{len(files)} files are released: entry {made.position} of the ledger."
    result({"position": made.position, "files": files}, as_json=as_json, text=text)


@app.command("verify")
def verify_pages(
    origin: Annotated[str, typer.Argument(metavar="URL", help="Origin of the pages.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Compare what a server sends with the release in the ledger; exit 0 only when it is that."""
    files, faults = asyncio.run(_verify(Installation.from_environment(), origin.rstrip("/")))
    lines = [f"FAULT {fault.path}: {fault.problem}" for fault in faults]
    lines.append(f"{files} files compared: {'NOT ' if faults else ''}as released.")
    facts = {"files": files, "verified": not faults, "faults": msgspec.to_builtins(faults)}
    result(facts, as_json=as_json, text="\n".join(lines))
    if faults:
        raise typer.Exit(1)


async def _verify(installation: Installation, origin: str) -> tuple[int, list[Fault]]:
    released = await pages.released(installation)
    async with httpx2.AsyncClient(timeout=_SECONDS) as http:
        return len(released.files), await verify(http, origin, released.files)
