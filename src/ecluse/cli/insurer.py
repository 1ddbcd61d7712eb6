"""`ecluse insurer`: an insurer's keys, and which insurers' feeds are taken."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ecluse.breach.opening import open_notice
from ecluse.cli.output import JsonOption, result
from ecluse.feeds import insurer_keys
from ecluse.feeds.insurers import FEED_DAYS, Contract
from ecluse.home import private_folder
from ecluse.local import officer
from ecluse.local.installation import Installation


app = typer.Typer(no_args_is_help=True, help="Insurers: their keys, and whose feeds are taken.")


@app.command()
def keygen(
    *,
    amc: Annotated[str, typer.Option(help="The insurer's AMC number.")],
    name: Annotated[str, typer.Option(help="Its name, as professionals read it.")],
    out: Annotated[Path, typer.Option(help="A new folder; it stays with the insurer.")],
    as_json: JsonOption = False,
) -> None:
    """Make an insurer's keys, on the insurer's own machine."""
    keys = insurer_keys.create(out, amc=amc, name=name)
    public = out / insurer_keys.PUBLIC_NAME
    result(
        {"amc": keys.public.amc, "keys": str(out), "public": str(public)},
        as_json=as_json,
        text=f"The keys are in {out}: back them up. The operator needs {public} alone.",
    )


@app.command()
def add(
    public: Annotated[Path, typer.Argument(help="The insurer's public.json.")],
    *,
    members: Annotated[
        int | None,
        typer.Option(min=1, help="Members by contract: a first feed far beyond is held."),
    ] = None,
    feed_days: Annotated[
        int, typer.Option(min=1, help="Days by contract between two feeds: beyond, it is late.")
    ] = FEED_DAYS,
    as_json: JsonOption = False,
) -> None:
    """Take an insurer's feeds from now on: the database and the keyring learn its public keys."""
    told = insurer_keys.read_public(public)
    contract = Contract(members, feed_days)
    added = asyncio.run(officer.add_insurer(Installation.from_environment(), told, contract))
    already = " already" if added.before else ""
    result(
        {"amc": told.amc, "insurer": added.insurer, "added": not added.before},
        as_json=as_json,
        text=f"{told.name} ({told.amc}) is insurer {added.insurer} here{already}.",
    )


@app.command("open")
def open_a_notice(
    notice: Annotated[Path, typer.Argument(help="The age file that the operator gave.")],
    *,
    keys: Annotated[Path, typer.Option(help="The insurer's folder of keys.")],
    out: Annotated[Path, typer.Option(help="A new folder; what it holds names members.")],
    as_json: JsonOption = False,
) -> None:
    """Open a notice on the insurer's own machine: documents, and the list with its own numbers."""
    opened = open_notice(notice.read_bytes(), insurer_keys.read(keys))
    private_folder(out)
    for name, body in opened.files.items():
        (out / name).write_bytes(body)
    members = len({row["member_ref"] for row in opened.rows})
    result(
        {"out": str(out), "files": sorted(opened.files), "members": members},
        as_json=as_json,
        text=f"{len(opened.files)} files in {out}; {members} of your members are concerned.",
    )


@app.command("list")
def listed(*, as_json: JsonOption = False) -> None:
    """List the insurers: since when, their last feed, and whether the next one is late."""
    insurers = asyncio.run(officer.list_insurers(Installation.from_environment()))
    lines = [
        f"{each.amc}  since {each.since}  last feed "
        f"{each.fed_at.date() if each.fed_at else 'none yet  '}  {'late' if each.late else '    '}"
        f"  {each.name}"
        for each in insurers
    ]
    result(
        {"insurers": [each._asdict() for each in insurers]},
        as_json=as_json,
        text="\n".join(lines) or "No insurer was added yet.",
    )
