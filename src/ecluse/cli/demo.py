"""`ecluse demo`: the whole operator on this machine, with a nation to work on."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import TaskID

from ecluse.cli.output import JsonOption, progress, result, screen
from ecluse.demo import counter, stage, tour
from ecluse.demo.browser import simulated_passkey
from ecluse.demo.home import fresh
from ecluse.demo.witness import Witness, witness
from ecluse.local import pages
from ecluse.local.installation import Installation
from ecluse.local.processes import Operator, usual_ports
from ecluse.login.roles import AccountRole
from ecluse.policy import policy as policies
from ecluse.siege.scene import Scene


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecluse.login.admission import Pending


MembersOption = Annotated[int, typer.Option(min=1000, help="Members of the nation.")]
SeedOption = Annotated[int, typer.Option(min=0, help="The same seed gives the same nation.")]


app = typer.Typer()


@app.command()
def demo(
    *,
    members: MembersOption = 50_000,
    seed: SeedOption = 1,
    play_tour: Annotated[
        bool, typer.Option("--tour", help="Play a day and its thieves, report, and end.")
    ] = False,
    open_browser: Annotated[
        bool, typer.Option("--browser", help="Open Chromium with a simulated passkey.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Start the whole operator on this machine, with a nation to work on and a counter to try."""
    began = time.monotonic()
    with (
        fresh(Installation.from_environment()) as installation,
        stage.insurers_side() as folder,
        _operator(installation) as (operator, seen_by),
    ):
        cast = _set_stage(operator, folder, members, seed)
        if not play_tour:
            _open_counter(operator, cast, with_browser=open_browser)
            return
        facts = asyncio.run(_tour(operator, seen_by, cast, folder))
    facts |= {"members": members, "seconds": round(time.monotonic() - began, 1)}
    result(facts, as_json=as_json, text=_told(facts))
    if not (all(facts["promises"].values()) and facts["answered_right"]):
        raise typer.Exit(1)


@contextmanager
def _operator(installation: Installation) -> Iterator[tuple[Operator, Witness]]:
    """Prepare a new installation, run its processes, and stop them all at the end."""
    screen.print(
        "Starting PostgreSQL, keyring, ledger, watch, gate, console, pages, pipe and a witness..."
    )
    asyncio.run(installation.database.prepare())
    installation.make_keyring()
    try:
        with (
            witness(installation) as seen_by,
            Operator(installation, usual_ports(), str(seen_by.policy), watched=True) as operator,
        ):
            asyncio.run(seen_by.follow(installation))
            asyncio.run(pages.release(installation, operator.pages_config))
            yield operator, seen_by
    finally:
        asyncio.run(installation.database.stop())


def _open_counter(operator: Operator, cast: stage.Cast, *, with_browser: bool) -> None:
    """Let a person try the counter until they end it."""
    screen.print(counter.invitation(operator, cast), highlight=False)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve_counter(operator, with_browser=with_browser))
    screen.print("\nStopping.")


async def _serve_counter(operator: Operator, *, with_browser: bool) -> None:
    # A try has a newcomer's first day only: it starts with the whole budget.
    probation = timedelta(0)
    browsing = simulated_passkey(operator.ports.pages_origin) if with_browser else nullcontext()
    async with browsing:
        await counter.accept_passkeys(operator.installation, _confirm, probation)


def _confirm(asked: Pending) -> bool:
    who = "Practice software" if asked.role is AccountRole.CLIENT else "A passkey"
    screen.print(
        f"\n{who} asks to join the organisation {asked.finess} as {asked.label!r}.\n"
        f"Its fingerprint: [bold]{asked.fingerprint}[/]. Compare it with the one on the screen.",
        highlight=False,
    )
    return typer.confirm("Accept it?", err=True)


def _set_stage(operator: Operator, folder: Path, members: int, seed: int) -> stage.Cast:
    with progress() as bars:
        tasks: dict[str, tuple[TaskID, float]] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = (bars.add_task(what, total=of, rate=""), time.monotonic())
            task, began = tasks[what]
            rate = done / max(time.monotonic() - began, 0.001)
            bars.update(task, completed=done, total=of, rate=f"{rate:,.0f}/s")

        stage.write_nation(folder, members, seed, show)
        rows = asyncio.run(stage.load_nation(operator.installation, folder, 1, show))
    finess = asyncio.run(stage.open_organisations(operator.installation, folder))
    return stage.cast(folder, datetime.now(UTC).date(), finess, rows)


async def _tour(operator: Operator, seen_by: Witness, cast: stage.Cast, folder: Path) -> tour.Facts:
    scene = Scene(operator, policies.read()[0], cast.members, cast.finess, folder)
    async with scene:
        facts = await tour.run(scene, cast, lambda what: screen.print(f"  {what}", style="dim"))
        seen = {"name": seen_by.key.name, "cosigned": await seen_by.cosigned(scene)}
        return {**facts, "witness": seen}


def _told(facts: tour.Facts) -> str:
    thefts = "\n".join(
        f"  {theft['name']:<20} {theft['persons']} of at most {theft['bound']}"
        for theft in facts["thefts"]
    )
    promises = "  ".join(
        f"{name} {'holds' if holds else 'BROKEN'}" for name, holds in facts["promises"].items()
    )
    checks = facts["checks"]
    return (
        f"{facts['members']:,} members loaded; {checks['card']} checks with a card and"
        f" {checks['typed']} without, all answered as the rosters say:"
        f" {'yes' if facts['answered_right'] else 'NO'}.\n"
        f"Persons disclosed to each thief:\n{thefts}\n"
        f"The ledger: {facts['ledger']['entries']:,} entries,"
        f" {'verified' if facts['ledger']['verified'] else 'NOT VERIFIED'}.\n"
        f"Cosigned by {facts['witness']['name']}: {facts['witness']['cosigned']:,} entries.\n"
        f"Promises tried: {promises}.\nTook {facts['seconds']:.0f} s."
    )
