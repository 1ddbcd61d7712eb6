"""`ecluse exchange`: other operators, whose alarms about professionals are heard and who hear ours."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ecluse.cli.output import JsonOption, result
from ecluse.exchange import peers
from ecluse.local import neighbours
from ecluse.local.installation import Installation
from ecluse.login import fingerprint
from ecluse.policy.exchange import Following


app = typer.Typer(no_args_is_help=True, help="Alarms between operators: nothing about members.")
peer = typer.Typer(no_args_is_help=True, help="The operators that hear and are heard.")
app.add_typer(peer, name="peer")


@app.command()
def card(
    *,
    name: Annotated[str, typer.Option(help="This operator's name, as the other reads it.")],
    public_origin: Annotated[str, typer.Option(help="Origin by which peers reach the exchange.")],
    out: Annotated[Path, typer.Option(help="A file to hand over: it holds nothing secret.")],
    as_json: JsonOption = False,
) -> None:
    """Write what another operator needs to add this one."""
    made = asyncio.run(
        neighbours.card(Installation.from_environment(), name, public_origin.rstrip("/"))
    )
    out.write_bytes(msgspec.json.format(msgspec.json.encode(made)) + b"\n")
    mark = fingerprint.fingerprint(made.public_key)
    result(
        {"card": str(out), "fingerprint": mark, "collection": made.collection},
        as_json=as_json,
        text=f"{out} is for the other operator. Read its fingerprint to them: {mark}",
    )


@app.command()
def status(*, as_json: JsonOption = False) -> None:
    """Tell what was told and heard, and what peers' words brought."""
    now = asyncio.run(neighbours.status(Installation.from_environment()))
    mark = fingerprint.fingerprint(now.key)
    last = f", the last one {now.told_at:%Y-%m-%d %H:%M}" if now.told_at else ""
    result(
        {
            "fingerprint": mark,
            "told": now.told,
            "told_at": now.told_at,
            "peers": msgspec.to_builtins(now.peers),
        },
        as_json=as_json,
        text="\n".join([f"Key {mark}. {now.told} alarms told{last}.", *_lines(now.peers)]),
    )


@peer.command()
def add(
    file: Annotated[Path, typer.Argument(help="The other operator's card.")],
    *,
    most: Annotated[
        Following, typer.Option(help="The strongest measure that its word may bring.")
    ] = Following.CLOSE,
    as_json: JsonOption = False,
) -> None:
    """Tell and hear another operator from now on, once its fingerprint was compared by voice."""
    theirs = peers.read_card(file)
    asyncio.run(neighbours.add_peer(Installation.from_environment(), theirs, most))
    mark = fingerprint.fingerprint(theirs.public_key)
    result(
        {"peer": mark, "name": theirs.name, "most": most.value},
        as_json=as_json,
        text=f"{theirs.name} ({mark}) is a peer; its word brings `{most}` at most.",
    )


@peer.command("list")
def listed(*, as_json: JsonOption = False) -> None:
    """List the peers: what each one's word may bring, when it last answered."""
    found = asyncio.run(neighbours.status(Installation.from_environment())).peers
    result(
        {"peers": msgspec.to_builtins(found)},
        as_json=as_json,
        text="\n".join(_lines(found)) or "No peer was added yet.",
    )


@peer.command()
def remove(
    mark: Annotated[str, typer.Argument(metavar="FINGERPRINT", help="Of the peer's key.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Tell and hear a peer no more; what its word brought stays as it is."""
    parsed = fingerprint.parse(mark)
    asyncio.run(neighbours.remove_peer(Installation.from_environment(), parsed))
    result({"removed": parsed}, as_json=as_json, text=f"{parsed} is no peer any more.")


def _lines(found: list[peers.ListedPeer]) -> list[str]:
    return [
        f"{each.peer}  {each.most:<6}  last answer "
        f"{f'{each.heard_at:%Y-%m-%d %H:%M:%S}' if each.heard_at else 'none yet'}"
        f"  {each.heard_day} alarms in a day, {each.closed_hour} closed in the hour  {each.name}"
        for each in found
    ]
