"""`ecluse keyring`: make the keys."""

from __future__ import annotations

import typer

from ecluse.cli.memory import keep_private
from ecluse.cli.output import JsonOption, result
from ecluse.local.installation import Installation


app = typer.Typer(no_args_is_help=True, help="The keyring's keys.")


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
