"""`ecluse watch`: what the watch suspects and what it did."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import typer

from ecluse.cli.output import JsonOption, result
from ecluse.local import officer
from ecluse.local.installation import Installation
from ecluse.watch import rows
from ecluse.watch.rows import Now, ShownAlarm


app = typer.Typer(no_args_is_help=True, help="The watch: its alarms, what it took from whom.")


@app.command()
def alarms(
    *,
    days: Annotated[int, typer.Option(min=1, help="Of the last so many days.")] = 7,
    as_json: JsonOption = False,
) -> None:
    """List alarms, the latest first: whose, why, on which entries, and what was done."""

    async def read() -> list[ShownAlarm]:
        async with officer.connected(Installation.from_environment()) as connection:
            return await rows.alarms(connection, datetime.now(UTC) - timedelta(days=days))

    found = asyncio.run(read())
    lines = [
        f"{each.at:%Y-%m-%d %H:%M:%S}  {_whose(each)}  {each.kind}: {each.why}\n"
        f"    {each.measure}{_until(each)}; entries {', '.join(map(str, each.positions))}"
        for each in found
    ]
    text = "\n".join(lines) or f"No alarm in {days} days."
    result({"alarms": msgspec.to_builtins(found)}, as_json=as_json, text=text)


@app.command()
def status(*, as_json: JsonOption = False) -> None:
    """Tell how far the watch has read, and what is taken away at the moment."""

    async def read() -> Now:
        async with officer.connected(Installation.from_environment()) as connection:
            return await rows.standing_now(connection, datetime.now(UTC))

    now = asyncio.run(read())
    brake = f"braked until {now.braked_until:%Y-%m-%d %H:%M}" if now.braked_until else "not braked"
    text = (
        f"Read {now.position or 0} of {now.entries} entries. {now.alarms} alarms in a day.\n"
        f"Accounts: {now.locked} locked, {now.frozen} frozen, {now.shrunk} shrunk."
        f" The typed lane is {brake}."
    )
    result(msgspec.to_builtins(now), as_json=as_json, text=text)


def _whose(alarm: ShownAlarm) -> str:
    if alarm.account:
        return f"account {alarm.account}"
    return f"organisation {alarm.organisation}" if alarm.organisation else "everybody"


def _until(alarm: ShownAlarm) -> str:
    if alarm.measure == "notify":
        return ""
    return f" until {alarm.until:%Y-%m-%d %H:%M}" if alarm.until else " until two officers end it"
