"""`ecluse siege`: attackers against the policy in force, each with its number.

On running parts, and in virtual time; many are played both ways, under one name.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecluse.cli.nation import nation
from ecluse.cli.output import JsonOption, progress, result
from ecluse.cover.step import Language
from ecluse.demo.sieges import Asked, Played, attackers, besiege
from ecluse.errors import EcluseError
from ecluse.local.installation import Installation
from ecluse.siege.report import words
from ecluse.siege.report.page import page


if TYPE_CHECKING:
    from ecluse.demo.sieges import Known


app = typer.Typer(help="Attackers against the policy in force, each with its number.")
app.command()(nation)

_NATION = 33_000_000
_TOWN = 3_000
_HONEST = 300


@app.callback(invoke_without_command=True)
def siege(
    context: typer.Context,
    *,
    strategy: Annotated[list[str] | None, typer.Option(help="Which attackers.")] = None,
    accounts: Annotated[
        int | None, typer.Option(min=1, help="Stolen accounts; each attacker's own if none.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, help="How long; each attacker's own if none.")
    ] = None,
    members: Annotated[int, typer.Option(min=1, help="On file, in virtual time.")] = _NATION,
    town: Annotated[int, typer.Option(min=1000, help="On file, on running parts.")] = _TOWN,
    honest: Annotated[
        int | None,
        typer.Option(min=0, help=f"Honest accounts at work beside; {_HONEST} with --all."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="What chance is drawn from.")] = 1,
    seeds: Annotated[str, typer.Option(help="Several of them, such as 1-5.")] = "",
    policy: Annotated[Path | None, typer.Option(help="Another policy than that in force.")] = None,
    played: Annotated[
        Played | None, typer.Option(help="Only on running parts, or only in virtual time.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All attackers, seeds 1-5.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Name the attackers.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write the report for a board, a page of HTML.")
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the report.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Play attackers: whom they get, the bound, and when they are seen."""
    if context.invoked_subcommand is not None:
        return
    if listing:
        _list(as_json=as_json)
        return
    beside = _HONEST * every if honest is None else honest
    whole = every and played is None and beside > 0
    if report is not None and not whole:
        raise EcluseError(
            "The report is about all attackers, and honest work beside them.",
            hint="Give --all, without --played and --honest 0.",
        )
    asked = Asked(
        attackers=_chosen(None if every else strategy or [], played),
        seeds=_seeds(seeds or ("1-5" if every else f"{seed}")),
        accounts=accounts,
        days=days,
        members=members,
        town=town,
        honest=beside,
        curve=whole,
        policy=policy or Installation.from_environment().policy_in_force,
    )
    with progress() as bars:
        task = bars.add_task("siege", total=asked.steps, rate="")
        facts = besiege(asked, lambda over: bars.update(task, advance=1, rate=over))
    facts["command"] = " ".join(["ecluse", *sys.argv[1:]])
    if report is not None:
        report.write_text(page(facts, words.read(lang)), encoding="utf-8")
    lines = [_line(part) for part in facts["strategies"]]
    if beside:
        lines.append(_honest(facts["honest"]))
    if report is not None:
        lines.append(f"The report stands in {report}.")
    result(facts, as_json=as_json, text="\n".join(lines))
    if any(run["persons"] > run["bound"] for run in facts["runs"]):
        raise typer.Exit(1)


def _chosen(names: list[str] | None, played: Played | None) -> list[Known]:
    """Return the attackers of these names, all if None; only as they are played in one way."""
    known = attackers()
    if names is None:
        names = [each.strategy for each in known]
    if not names:
        raise EcluseError(
            "No attacker is named.", hint="Give --strategy NAME or --all; --list names them."
        )
    for name in names:
        if all(each.strategy != name for each in known):
            raise EcluseError(f"There is no attacker {name!r}.", hint="See `ecluse siege --list`.")
    return [e for e in known if e.strategy in names and played in {None, e.played}]


def _line(part: dict[str, Any]) -> str:
    got, alarm = part["figures"]["persons"], part["figures"].get("first_alarm_s", {"mean": None})
    seen = "never seen" if alarm["mean"] is None else f"seen after {alarm['mean']:,.0f} s"
    line = (
        f"{part['strategy']:<25} {part['played']:<8} {got['mean']:>12,.1f} persons"
        f" of at most {part['bound']:,}; {seen}"
    )
    short = [
        f"{g['figure']} {g['got']} > {g['expected']}" for g in part["expected"] if not g["met"]
    ]
    return f"{line}; NOT MET: {', '.join(short)}" if short else line


def _honest(met: dict[str, Any]) -> str:
    return (
        f"{met['checks']:,} honest checks: {met['false_locks']} accounts locked,"
        f" {met['wrongly_refused']} refused for nothing ({met['wrongly_refused_share']:.3%})."
    )


def _list(*, as_json: bool) -> None:
    known = attackers()
    lines = [f"{e.strategy:<25} {e.played:<8} {e.holds}; {e.moves}" for e in known]
    facts = {"strategies": [each._asdict() for each in known]}
    result(facts, as_json=as_json, text="\n".join(lines))


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    try:
        drawn = range(int(first), int(last or first) + 1)
    except ValueError:
        drawn = range(0)
    if not drawn or drawn[0] < 0:
        raise EcluseError(f"{text!r} names no seeds.", hint="Give one, or two such as 1-5.")
    return drawn
