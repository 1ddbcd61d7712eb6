"""`ecluse keyring`: make the keys, and plant invented members."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ecluse.cli.memory import keep_private
from ecluse.cli.output import JsonOption, result
from ecluse.local import honey as honey_members
from ecluse.local.installation import Installation


app = typer.Typer(no_args_is_help=True, help="The keyring's keys.")
honey = typer.Typer(
    no_args_is_help=True,
    help="Honey members: invented people on file, whom only a thief can ask about.",
)
app.add_typer(honey, name="honey")


@app.callback()
def keyring() -> None:
    """The keyring's keys."""


@app.command()
def init(*, as_json: JsonOption = False) -> None:
    """Make the keys, sealed by a passphrase; keys that exist are left alone."""
    keep_private()
    installation = Installation.from_environment()
    installation.make_keyring()
    installation.open_vault()
    folder = str(installation.keyring_folder)
    result({"folder": folder}, as_json=as_json, text=f"The keys are in {folder}. Back them up.")


@honey.command()
def plant(
    *,
    insurer: Annotated[str, typer.Option(help="The insurer's AMC number.")],
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many more.")],
    as_json: JsonOption = False,
) -> None:
    """Invent members of an insurer; its next full feed brings them on file among its own."""
    now = asyncio.run(honey_members.plant(Installation.from_environment(), insurer, count))
    result(
        {"insurer": insurer, "honey": now},
        as_json=as_json,
        text=f"{now} members of {insurer} are invented; its next full feed brings them on file.",
    )


@honey.command("list")
def listed(
    *,
    out: Annotated[Path, typer.Option(help="A new file, as a stolen roster would look.")],
    as_json: JsonOption = False,
) -> None:
    """Write a list of invented members to plant where a thief would look for real ones."""
    written = asyncio.run(honey_members.write_list(Installation.from_environment(), out))
    result(
        {"out": str(out), "members": written},
        as_json=as_json,
        text=f"{written} invented members stand in {out}. Plant it, and keep no other copy.",
    )
