"""`ecluse login client`: the security officer's part with practice software."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import typer

from ecluse.cli.output import JsonOption, result
from ecluse.local import officer
from ecluse.local.installation import Installation
from ecluse.login import base64url, clients, fingerprint


app = typer.Typer(help="Practice software and its keys.", no_args_is_help=True)


@app.command("list")
def listed(*, as_json: JsonOption = False) -> None:
    """List the keys of practice software that count now."""
    found = asyncio.run(officer.clients_now(Installation.from_environment()))
    facts = [
        {
            "fingerprint": one.fingerprint,
            "account": base64url.encode(one.account),
            "finess": one.finess,
            "name": one.name,
            "label": one.label,
            "locked": one.locked,
            "expires_at": one.expires_at.isoformat(),
        }
        for one in found
    ]
    text = "\n".join(_line(one) for one in found) or "No practice software has a key."
    result({"clients": facts}, as_json=as_json, text=text)


@app.command()
def revoke(mark: str, *, as_json: JsonOption = False) -> None:
    """End every key of the software that has a key with this fingerprint, for good."""
    installation = Installation.from_environment()
    revoked = asyncio.run(officer.revoke_client(installation, fingerprint.parse(mark)))
    result(
        {
            "account": base64url.encode(revoked.client.account),
            "finess": revoked.client.finess,
            "label": revoked.client.label,
            "keys": revoked.keys,
        },
        as_json=as_json,
        text=f"Revoked {revoked.client.label} of {revoked.client.name}: it needs a new key, and an"
        " officer to accept it.",
    )


def _line(one: clients.Client) -> str:
    days = (one.expires_at - datetime.now(UTC)).days
    locked = f"  locked: {one.locked}" if one.locked else ""
    return f"{one.fingerprint}  {one.finess}  {days} days left  {one.label}{locked}"
