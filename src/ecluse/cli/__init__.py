"""The `ecluse` command: one module per group of commands, nothing but commands."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup
from typer.main import get_command

from ecluse.cli.output import screen
from ecluse.errors import EcluseError


if TYPE_CHECKING:
    from typer._click.core import Command, Context


NAMES = (
    "check",
    "claim",
    "demo",
    "population",
    "act",
    "bench",
    "client",
    "cover",
    "evidence",
    "exchange",
    "feed",
    "incident",
    "insurer",
    "keyring",
    "ledger",
    "login",
    "openapi",
    "pages",
    "phone",
    "policy",
    "serve",
    "siege",
    "store",
    "watch",
)
"""Commands and groups; each is the `app` of the module of its name."""


class _Modules(TyperGroup):
    """Imports what is asked for alone: a gate's start does not wait for what benches need."""

    def list_commands(self, ctx: Context) -> list[str]:
        return [*NAMES, *super().list_commands(ctx)]

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        if cmd_name not in NAMES:
            return super().get_command(ctx, cmd_name)
        command = get_command(import_module(f"ecluse.cli.{cmd_name}").app)
        command.name = cmd_name
        return command


app = typer.Typer(cls=_Modules, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def ecluse() -> None:
    """Third-party-payment infrastructure that cannot be emptied."""


def main() -> None:
    """Run the command line; an Écluse error becomes a sentence and exit code 1."""
    try:
        app(prog_name="ecluse")
    except EcluseError as error:
        screen.print(f"[bold red]Error:[/] {error.problem}", highlight=False)
        if error.hint:
            screen.print(error.hint, highlight=False)
        sys.exit(1)
