"""`ecluse ledger witness`: an insurer's or the regulator's own process, that cosigns checkpoints.

It works on one folder of its own and needs nothing else of Écluse: neither database nor keyring.
"""

from __future__ import annotations

import base64
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ecluse.cli.output import JsonOption, result
from ecluse.cli.serving import announce, serve_http
from ecluse.ledger.note import VerifierKey
from ecluse.witness.app import create_app
from ecluse.witness.book import Kind
from ecluse.witness.folder import Folder, Refusal


app = typer.Typer(
    no_args_is_help=True, help="Cosign the checkpoints of others' ledgers, as their witness."
)

PORT = 8475

StateOption = Annotated[
    Path, typer.Option("--state", metavar="DIR", help="The witness's own folder.")
]
NameOption = Annotated[
    str, typer.Option(help="The witness's name: an address without its scheme, by custom.")
]

_AGAINST = {
    Kind.FORK: "FORK: two signed checkpoints over as many entries. The two notes prove it.",
    Kind.SHORTER: "SHORTER: fewer entries than were cosigned: rolled back, or an old one resent.",
    Kind.UNPROVED: "UNPROVED: not shown to go on from what was cosigned: a fork, or nonsense sent.",
}


@app.command("key")
def print_key(*, state: StateOption, name: NameOption, as_json: JsonOption = False) -> None:
    """Print the witness's verifier key, after drawing it at the first time."""
    identity = Folder(state).make(name)
    facts = {"name": identity.name, "key": identity.key.text()}
    result(facts, as_json=as_json, text=identity.key.text())


@app.command("follow")
def follow_log(
    key: Annotated[str, typer.Argument(metavar="NAME+ID+KEY", help="From: ecluse ledger key")],
    *,
    state: StateOption,
    as_json: JsonOption = False,
) -> None:
    """Cosign that log from now on, once its key was compared with the operator by voice."""
    log = VerifierKey.parse(key)
    Folder(state).follow(log)
    result({"origin": log.name}, as_json=as_json, text=f"{log.name} is followed.")


@app.command()
def serve(
    *,
    state: StateOption,
    name: NameOption,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = PORT,
    as_json: JsonOption = False,
) -> None:
    """Cosign what goes on from what was cosigned; refuse and remember what does not."""
    logging.basicConfig(level=logging.WARNING)
    folder = Folder(state)
    identity = folder.make(name)

    def listens(port: int) -> None:
        if as_json:
            announce("witness", port=port, key=identity.key.text())
        else:
            typer.echo(f"{name} listens on http://{host}:{port}\nKey: {identity.key.text()}")

    with folder.held():
        serve_http(create_app(folder), "witness", host, port, listens=listens)


@app.command()
def seen(*, state: StateOption, as_json: JsonOption = False) -> None:
    """List the logs that are followed, each with its latest cosigned checkpoint."""
    logs = [
        {
            "origin": each.verifier.name,
            "size": each.seen.size if each.seen.note else None,
            "root": base64.b64encode(each.seen.root).decode() if each.seen.note else None,
            "at": _time(each.seen.at) if each.seen.note else None,
            "note": each.seen.note or None,
        }
        for each in Folder(state).all_followed()
    ]
    lines = [
        f"{each['origin']}: {each['size']} entries, cosigned {each['at']:%Y-%m-%d %H:%M:%S} UTC"
        if isinstance(each["at"], datetime)
        else f"{each['origin']}: nothing cosigned yet"
        for each in logs
    ]
    result({"logs": logs}, as_json=as_json, text="\n".join(lines) or "No log is followed.")


@app.command()
def refused(*, state: StateOption, as_json: JsonOption = False) -> None:
    """List what was refused, with both notes; exit 1 when anything speaks against a log."""
    found = Folder(state).refused()
    facts = [
        {
            "origin": each.origin,
            "kind": each.kind,
            "at": _time(each.at),
            "cosigned": each.cosigned,
            "offered": each.offered,
            "hashes": [base64.b64encode(one).decode() for one in each.hashes],
        }
        for each in found
    ]
    text = "\n\n".join(_told(each) for each in found) or "Nothing was refused."
    result({"refused": facts}, as_json=as_json, text=text)
    if found:
        raise typer.Exit(1)


def _told(refusal: Refusal) -> str:
    return (
        f"{_time(refusal.at):%Y-%m-%d %H:%M:%S} UTC {refusal.origin}\n{_AGAINST[refusal.kind]}\n"
        f"--- cosigned\n{refusal.cosigned}--- offered\n{refusal.offered}"
    )


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
