"""`ecluse policy simulate`: what a policy would change, for thieves and for honest professionals."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ecluse.cli.output import JsonOption, progress, result, screen
from ecluse.errors import EcluseError
from ecluse.local.installation import Installation
from ecluse.policy import policy as policies
from ecluse.policy import words
from ecluse.siege import whatif
from ecluse.siege.strategies import STRATEGIES


if TYPE_CHECKING:
    from collections.abc import Iterator


_SIGNS = {"better": "[green]\u2193 better[/]", "worse": "[red]\u2191 worse[/]", "same": "= same"}


def simulate(
    file: Annotated[Path, typer.Argument(help="Policy file to try.")],
    *,
    strategy: Annotated[
        list[str] | None, typer.Option(help="Attackers; all of virtual time if none.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Each attacker is played so many times.")] = 1,
    members: Annotated[int, typer.Option(min=1, help="On file.")] = 33_000_000,
    accounts: Annotated[int, typer.Option(min=10, help="Honest accounts at work.")] = 300,
    days: Annotated[int, typer.Option(min=1, help="For how long they work.")] = 14,
    typed: Annotated[
        float, typer.Option(min=0, help="Typed checks of an account on a day, in the mean.")
    ] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Play the siege and honest work under FILE and under the policy in force, side by side."""
    for name in strategy or []:
        if name not in STRATEGIES:
            raise EcluseError(
                f"There is no attacker {name!r} in virtual time.", hint="ecluse siege --list"
            )
    before, _ = policies.read(Installation.from_environment().policy_in_force)
    after, digest = policies.read(file)
    sample = whatif.Sample(
        [STRATEGIES[name] for name in strategy or STRATEGIES],
        range(1, seeds + 1),
        members,
        accounts,
        days,
        typed,
    )
    with progress() as bars:
        task = bars.add_task("both policies", total=whatif.parts(sample), rate="")
        found = whatif.compare(
            whatif.Pair(before, after),
            sample,
            lambda name: bars.update(task, advance=1, rate=name),
            os.cpu_count() or 1,
        )
    changes = words.changes(before, after)
    facts = {
        "policy": after.version,
        "sha256": digest,
        "in_force": before.version,
        "changes": [change._asdict() for change in changes],
        "sample": {"seeds": seeds, "members": members, "accounts": accounts, "days": days},
        **found,
    }
    if as_json:
        result(facts, as_json=True, text="")
    else:
        typer.echo(_in_words(facts), nl=False)


def _in_words(facts: dict[str, Any]) -> str:
    """Return what changes as a table: every figure that differs, worse ones first."""
    head = [f"  {each['key']}: {each['before']} -> {each['after']}" for each in facts["changes"]]
    rows = sorted(_rows(facts), key=lambda row: ["worse", "better", "same"].index(row[3]))
    differ = [row for row in rows if row[3] != "same"]
    table = Table("of", "figure", "in force", "with FILE", "", box=None, pad_edge=False)
    for what, name, figures, change in differ:
        table.add_row(
            what, name, _number(figures["before"]), _number(figures["after"]), _SIGNS[change]
        )
    with screen.capture() as captured:
        screen.print("\n".join(["Changes:", *(head or ["  none"])]), highlight=False)
        if differ:
            screen.print(table)
        worse = sum(row[3] == "worse" for row in rows)
        better = sum(row[3] == "better" for row in rows)
        screen.print(
            f"{better} figures better, {worse} worse, {len(rows) - better - worse} the same;"
            f" less is better in each. Sample: {facts['sample']}.",
            highlight=False,
        )
    return captured.get()


def _rows(facts: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    for each in facts["bound"]:
        yield f"bound, {each['accounts']} accounts", "persons in 24 h", each, each["change"]
    for part in facts["siege"]:
        yield part["strategy"], "bound", part["bound"], part["bound"]["change"]
        for name, figures in part["figures"].items():
            yield part["strategy"], name, figures, figures["change"]
    for name, figures in facts["honest"]["figures"].items():
        yield "honest work", name, figures, figures["change"]


def _number(value: float | None) -> str:
    return "never" if value is None else f"{value:,.6g}"
