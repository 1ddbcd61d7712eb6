"""`ecluse act`: what waits for a second person.

Only to look: an act is signed by two officers' passkeys at the console, and no command stands in
for a signature.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec
import typer

from ecluse.acts import book
from ecluse.acts.act import Act, digest
from ecluse.cli.output import JsonOption, result
from ecluse.local import officer
from ecluse.local.installation import Installation
from ecluse.login import base64url


app = typer.Typer(no_args_is_help=True, help="Acts that take two officers: what waits.")


@app.callback()
def acts() -> None:
    """Look at the acts that take two officers."""


@app.command("list")
def list_acts(*, as_json: JsonOption = False) -> None:
    """List the acts that wait for a second officer, or to be done."""

    async def waiting() -> list[Act]:
        async with officer.connected(Installation.from_environment()) as connection:
            return await book.waiting(connection, datetime.now(UTC))

    found = asyncio.run(waiting())
    facts = [
        {
            "act": base64url.encode(act.act),
            "state": act.state,
            "content": msgspec.to_builtins(act.content),
            "digest": digest(act.content).hex(),
            "proposer": base64url.encode(act.proposer),
            "expires_at": act.expires_at.isoformat(),
        }
        for act in found
    ]
    lines = [
        f"{base64url.encode(act.act)}  {act.state:<9}  until {act.expires_at:%Y-%m-%d %H:%M}  "
        f"{msgspec.json.encode(act.content).decode()}"
        for act in found
    ]
    result({"acts": facts}, as_json=as_json, text="\n".join(lines) or "No act waits.")
