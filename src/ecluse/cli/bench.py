"""`ecluse bench`: figures of this machine, each beside its limit."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecluse.bench import feed as feeds
from ecluse.bench.workshop import workshop
from ecluse.cli.output import JsonOption, result, screen


if TYPE_CHECKING:
    from ecluse.bench.feed import Result

app = typer.Typer(no_args_is_help=True, help="Figures of this machine, each beside its limit.")


@app.command()
def feed(
    *,
    members: Annotated[int, typer.Option(min=1000, help="Members of each feed.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=1, help="Alternating rounds.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Load feeds beside bare copies of as many bytes, on a PostgreSQL of its own."""
    with (
        workshop(os.environ) as installation,
        tempfile.TemporaryDirectory(prefix="ecluse-insurer-") as folder,
    ):
        done = asyncio.run(feeds.bench(installation, Path(folder), members, rounds, _say))
    result(done.facts(), as_json=as_json, text=_told(done))


def _say(what: str) -> None:
    screen.print(f"  {what}", style="dim", highlight=False)


def _told(done: Result) -> str:
    figures = done.figures
    return (
        f"A feed of {done.members:,} members: {figures.median('first'):,.0f} members/s,"
        f" {figures.ratio('first', 'copy'):.2f} of a bare copy with its indexes"
        f" ({figures.median('copy'):,.0f}/s), spread {figures.spread('first', 'copy'):.0%}.\n"
        f"A later full feed: {figures.median('later'):,.0f} members/s,"
        f" {figures.ratio('later', 'copy'):.2f} of the copy.\n"
        f"Loader and keyring held {done.ours_mb:,.0f} MB at most, PostgreSQL"
        f" {done.database_mb:,.0f} MB. An insurer prepares {done.prepared_per_s:,.0f} members/s."
    )
