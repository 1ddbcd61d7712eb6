"""`ecluse bench`: figures of this machine, each beside its limit."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecluse.bench import check as checks
from ecluse.bench import feed as feeds
from ecluse.bench import price as prices
from ecluse.bench.circumstances import circumstances
from ecluse.bench.workshop import workshop
from ecluse.cli.output import JsonOption, result, screen
from ecluse.demo.town import open_town


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
    around = circumstances(sys.argv[1:])
    with (
        workshop(os.environ) as installation,
        tempfile.TemporaryDirectory(prefix="ecluse-insurer-") as folder,
    ):
        done = asyncio.run(feeds.bench(installation, Path(folder), members, rounds, _say))
    result(done.facts() | around, as_json=as_json, text=_told(done))


@app.command()
def check(
    *,
    seconds: Annotated[float, typer.Option(min=1, max=20, help="Of each measure.")] = 5.0,
    members: Annotated[int, typer.Option(min=1000, help="Members of the nation.")] = 100_000,
    rounds: Annotated[int, typer.Option(min=1, help="Alternating rounds.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Answer checks over HTTP beside pgbench with the same reads and writes, on one PostgreSQL."""
    around = circumstances(sys.argv[1:])
    with (
        workshop(os.environ) as installation,
        tempfile.TemporaryDirectory(prefix="ecluse-insurers-") as folder,
    ):
        facts = asyncio.run(
            checks.measure(
                installation,
                Path(folder),
                members=members,
                seconds=seconds,
                rounds=rounds,
                progress=_say,
            )
        )
    result(facts | around, as_json=as_json, text=_told_of_checks(facts))


@app.command()
def price(
    *,
    seconds: Annotated[float, typer.Option(min=0.1, max=20, help="Of the rules alone.")] = 2.0,
    rounds: Annotated[int, typer.Option(min=1, help="Alternating rounds.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Price acts by the rules alone, and a bill of ten lines over HTTP beside a check."""
    around = circumstances(sys.argv[1:])
    with open_town(2000, 1) as town:
        facts = asyncio.run(prices.measure(town, seconds=seconds, rounds=rounds, progress=_say))
    text = (
        f"{facts['acts_per_s_per_core']:,} acts priced a second by one processor.\n"
        f"A bill of {facts['lines']} lines over HTTP takes {facts['price_ms']} ms,"
        f" {facts['ratio_to_check']:.2f} of a check's time ({facts['check_ms']} ms);"
        f" a claim of it {facts['claim_ms']} ms, {facts['claim_ratio_to_check']:.2f} of a check's."
    )
    result(facts | around, as_json=as_json, text=text)


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
        f"A delta of {done.changes:,} rows: {done.changes / figures.median('delta'):.2f} s,"
        f" {figures.ratio('delta', 'small_copy'):.2f} of a bare copy of them.\n"
        f"Loader and keyring held {done.ours_mb:,.0f} MB at most, PostgreSQL"
        f" {done.database_mb:,.0f} MB. An insurer prepares {done.prepared_per_s:,.0f} members/s."
    )


def _told_of_checks(facts: dict[str, Any]) -> str:
    costs = ", ".join(f"{name} {us}" for name, us in facts["processor_us_per_check"].items())
    return (
        f"{facts['checks_per_s']:,} checks/s over HTTP, {facts['ratio_to_pgbench']:.2f} of pgbench"
        f" ({facts['pgbench_per_s']:,}/s), spread {facts['spread']:.0%};"
        f" half of them within {facts['p50_ms']} ms.\n"
        f"At half load 99 of 100 within {facts['p99_ms_half_load']} ms; of pgbench's, at half of"
        f" its own, within {facts['pgbench_p99_ms_half_load']} ms.\n"
        f"Processor time of a check in microseconds: {costs};"
        f" the load generator {facts['generator_us_per_check']}. Signing is not counted."
    )
