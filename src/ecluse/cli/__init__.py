"""The `ecluse` command: one module per group of commands, nothing but commands."""

from __future__ import annotations

import sys

import typer

from ecluse.cli import keyring, login, serve, store
from ecluse.cli.output import screen
from ecluse.errors import EcluseError


app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(keyring.app, name="keyring")
app.add_typer(login.app, name="login")
app.add_typer(serve.app, name="serve")
app.add_typer(store.app, name="store")


@app.callback()
def ecluse() -> None:
    """Third-party-payment infrastructure that cannot be emptied."""


def main() -> None:
    """Run the command line; an Écluse error becomes a sentence and exit code 1."""
    try:
        app()
    except EcluseError as error:
        screen.print(f"[bold red]Error:[/] {error.problem}", highlight=False)
        if error.hint:
            screen.print(error.hint, highlight=False)
        sys.exit(1)
