"""`ecluse population`: write a synthetic nation to work on."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ecluse.cli.output import JsonOption, progress, result
from ecluse.population.delta import write_deltas
from ecluse.population.generate import generate
from ecluse.population.nation import Nation


app = typer.Typer()


@app.command()
def population(
    members: Annotated[int, typer.Option(min=1, help="Persons.")] = 10_000,
    insurers: Annotated[int, typer.Option(min=1, help="Insurers, the largest first.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same nation.")] = 1,
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Cover periods lie around this day."),
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("nation"),
    *,
    delta: Annotated[
        bool, typer.Option(help="Write a delta beside each roster: about 1 % join, change, leave.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write the rosters, packages, organisations and professionals of an invented nation."""
    nation = Nation(members, insurers, seed)
    if today is not None:
        nation = replace(nation, today=today.date())
    began = time.monotonic()
    with progress() as bar:
        task = bar.add_task("Writing rosters", total=None, rate="")

        def show(done: int, total: int) -> None:
            rate = done / max(time.monotonic() - began, 1e-3)
            bar.update(task, completed=done, total=total, rate=f"{rate:,.0f} rows/s")

        written = generate(nation, out, progress=show)
    changed = write_deltas(nation, out) if delta else 0
    seconds = round(time.monotonic() - began, 3)
    result(
        {**asdict(written), "delta_rows": changed, "seconds": seconds, "out": str(out.resolve())},
        as_json=json,
        text=(
            f"{written.members:,} members with {written.insurers} insurers, {written.rows:,} roster"
            f" rows, {written.organisations:,} organisations with {written.professionals:,}"
            f" professionals in {seconds:.1f} s: {out}"
        ),
    )
