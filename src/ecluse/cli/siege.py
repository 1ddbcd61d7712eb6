"""`ecluse siege`: attackers against the policy in force, in virtual time, each with its number."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from ecluse.cli.output import JsonOption, result
from ecluse.errors import EcluseError
from ecluse.local.installation import Installation
from ecluse.policy import policy as policies
from ecluse.siege import figures
from ecluse.siege.nation import live
from ecluse.siege.play import play
from ecluse.siege.strategies import STRATEGIES
from ecluse.siege.strategy import Loot


if TYPE_CHECKING:
    from ecluse.policy.policy import Policy
    from ecluse.siege.strategy import Strategy


app = typer.Typer(help="Attackers against the policy in force, each with its number.")

_NATION = 33_000_000


@app.callback(invoke_without_command=True)
def siege(
    context: typer.Context,
    strategy: Annotated[list[str] | None, typer.Option(help="Which attackers.")] = None,
    accounts: Annotated[
        int | None, typer.Option(min=1, help="Stolen accounts; each attacker's own if none.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, help="How long; each attacker's own if none.")
    ] = None,
    members: Annotated[int, typer.Option(min=1, help="Members on file.")] = _NATION,
    seed: Annotated[int, typer.Option(min=0, help="What chance is drawn from.")] = 1,
    seeds: Annotated[str, typer.Option(help="Several of them, such as 1-5.")] = "",
    policy: Annotated[Path | None, typer.Option(help="Another policy than that in force.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All attackers, seeds 1-5.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Name the attackers.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Play attackers in virtual time: whom they get, the bound, and when they are seen."""
    if context.invoked_subcommand is not None:
        return
    if listing:
        _list(as_json=as_json)
        return
    chosen = list(STRATEGIES.values()) if every else [_named(name) for name in strategy or []]
    if not chosen:
        raise EcluseError(
            "No attacker is named.", hint="Give --strategy NAME or --all; --list names them."
        )
    drawn = _seeds(seeds or ("1-5" if every else f"{seed}"))
    rules, digest = policies.read(policy or Installation.from_environment().policy_in_force)
    parts = [_besieged(each, rules, (accounts, days, members), drawn) for each in chosen]
    facts = {
        "policy": rules.version,
        "sha256": digest,
        "runs": [run for part in parts for run in part.pop("runs")],
        "strategies": parts,
        "met": all(goal["met"] for part in parts for goal in part["expected"]),
    }
    result(facts, as_json=as_json, text="\n".join(_line(part) for part in parts))


@app.command()
def nation(
    accounts: Annotated[int, typer.Option(min=10, help="Professionals at work.")] = 1_000,
    days: Annotated[int, typer.Option(min=1, help="How long.")] = 30,
    typed: Annotated[float, typer.Option(min=0, help="Typed checks a day and account.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="What chance is drawn from.")] = 1,
    policy: Annotated[Path | None, typer.Option(help="Another policy than that in force.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Have honest professionals work in virtual time: who is locked or refused for nothing."""
    rules, digest = policies.read(policy or Installation.from_environment().policy_in_force)
    honest = live(rules, accounts, days, typed, seed)
    result(
        {"policy": rules.version, "sha256": digest, "honest": msgspec.structs.asdict(honest)},
        as_json=as_json,
        text=f"{honest.checks:,} honest checks: {honest.false_locks} accounts locked"
        f" ({honest.false_locks_per_million:.2f} per million checks),"
        f" {honest.wrongly_refused} checks refused for nothing"
        f" ({honest.wrongly_refused_share:.3%});"
        f" {honest.checks_per_s:,.0f} checks/s played.",
    )


def _besieged(
    strategy: Strategy, policy: Policy, asked: tuple[int | None, int | None, int], seeds: range
) -> dict[str, Any]:
    """Return the runs of one strategy, and what they come to."""
    accounts, days, members = asked
    loot = Loot(accounts or strategy.accounts, days or strategy.days, members, policy)
    runs = [play(strategy, loot, seed) for seed in seeds]
    return {
        "strategy": strategy.name,
        "holds": strategy.holds,
        "moves": strategy.moves,
        "bound": runs[0].bound,
        "figures": figures.summary(runs),
        "expected": [figures.judged(goal, runs) for goal in strategy.goals(policy)],
        "runs": [msgspec.structs.asdict(run) for run in runs],
    }


def _line(part: dict[str, Any]) -> str:
    got, alarm = part["figures"]["persons"], part["figures"]["first_alarm_s"]
    seen = "never seen" if alarm["mean"] is None else f"seen after {alarm['mean']:,.0f} s"
    line = (
        f"{part['strategy']:<18} {got['mean']:>8,.1f} persons of at most {part['bound']:,}; {seen}"
    )
    short = [
        f"{g['figure']} {g['got']} > {g['expected']}" for g in part["expected"] if not g["met"]
    ]
    return f"{line}; NOT MET: {', '.join(short)}" if short else line


def _list(*, as_json: bool) -> None:
    known = [{"strategy": s.name, "holds": s.holds, "moves": s.moves} for s in STRATEGIES.values()]
    lines = [f"{each['strategy']:<18} {each['holds']}; {each['moves']}" for each in known]
    result({"strategies": known}, as_json=as_json, text="\n".join(lines))


def _named(name: str) -> Strategy:
    if name not in STRATEGIES:
        raise EcluseError(f"There is no attacker {name!r}.", hint="See `ecluse siege --list`.")
    return STRATEGIES[name]


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    try:
        drawn = range(int(first), int(last or first) + 1)
    except ValueError:
        drawn = range(0)
    if not drawn or drawn[0] < 0:
        raise EcluseError(f"{text!r} names no seeds.", hint="Give one, or two such as 1-5.")
    return drawn
