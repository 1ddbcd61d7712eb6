"""The `ecluse` command: one module per group of commands, nothing but commands."""

from __future__ import annotations

import sys

import typer

from ecluse.cli import (
    act,
    bench,
    client,
    feed,
    insurer,
    keyring,
    ledger,
    login,
    pages,
    policy,
    serve,
    siege,
    store,
    watch,
)
from ecluse.cli.check import check
from ecluse.cli.demo import demo
from ecluse.cli.output import screen
from ecluse.cli.population import population
from ecluse.errors import EcluseError


app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.command()(check)
app.command()(demo)
app.command()(population)
app.add_typer(bench.app, name="bench")
app.add_typer(act.app, name="act")
app.add_typer(client.app, name="client")
app.add_typer(feed.app, name="feed")
app.add_typer(insurer.app, name="insurer")
app.add_typer(keyring.app, name="keyring")
app.add_typer(ledger.app, name="ledger")
app.add_typer(login.app, name="login")
app.add_typer(pages.app, name="pages")
app.add_typer(policy.app, name="policy")
app.add_typer(serve.app, name="serve")
app.add_typer(siege.app, name="siege")
app.add_typer(store.app, name="store")
app.add_typer(watch.app, name="watch")


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
