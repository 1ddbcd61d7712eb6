"""`ecluse store`: the database's own commands."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import typer

from ecluse.cli.output import JsonOption, result
from ecluse.store.database import Database
from ecluse.store.status import status as look


app = typer.Typer(no_args_is_help=True, help="The database: start, bring up to date, stop.")


@app.command()
def status(*, as_json: JsonOption = False) -> None:
    """Tell whether the database runs and is up to date; exit 0 only when both hold."""
    found = asyncio.run(look(Database.from_environment()))
    if not found.running:
        text = "The database does not run. `ecluse store migrate` starts it."
    elif found.pending:
        text = f"PostgreSQL {found.version} runs; it lacks {', '.join(found.pending)}."
    else:
        text = f"PostgreSQL {found.version} runs and is up to date."
    result(asdict(found) | {"ready": found.ready}, as_json=as_json, text=text)
    if not found.ready:
        raise typer.Exit(1)


@app.command()
def migrate(*, as_json: JsonOption = False) -> None:
    """Start the database if it is ours, make its roles, and bring it up to date."""
    applied = asyncio.run(Database.from_environment().prepare())
    text = f"Applied {', '.join(applied)}." if applied else "The database was up to date."
    result({"applied": applied}, as_json=as_json, text=text)


@app.command()
def stop(*, as_json: JsonOption = False) -> None:
    """Stop the embedded database; an external one is left alone."""
    database = Database.from_environment()
    asyncio.run(database.stop())
    embedded = database.server is not None
    text = "The database is stopped." if embedded else "An external database is not ours to stop."
    result({"stopped": embedded}, as_json=as_json, text=text)
