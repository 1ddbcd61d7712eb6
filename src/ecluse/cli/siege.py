"""`ecluse siege`: attackers against the policy in force, each with its number.

On running parts, and in virtual time; many are played both ways, under one name.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from ecluse.cli.nation import nation
from ecluse.cli.output import JsonOption, progress, result
from ecluse.demo.sieges import play_live
from ecluse.errors import EcluseError
from ecluse.local.installation import Installation
from ecluse.policy import policy as policies
from ecluse.siege import figures
from ecluse.siege.honest import BEGIN
from ecluse.siege.live import THEFTS
from ecluse.siege.nation.assumed import assumed
from ecluse.siege.nation.work import Plan
from ecluse.siege.nation.workers import at_work
from ecluse.siege.play import play
from ecluse.siege.strategies import STRATEGIES
from ecluse.siege.strategy import Goal, Loot


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.policy.policy import Policy
    from ecluse.siege.live.referee import Run as LiveRun
    from ecluse.siege.live.theft import Theft
    from ecluse.siege.play import Run
    from ecluse.siege.strategy import Strategy


app = typer.Typer(help="Attackers against the policy in force, each with its number.")
app.command()(nation)

_NATION = 33_000_000
_TOWN = 3_000
_HONEST, _HONEST_DAYS = 300, 30


class Played(StrEnum):
    """How an attacker is played."""

    LIVE = "live"
    VIRTUAL = "virtual"


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
    as_json: JsonOption = False,
) -> None:
    """Play attackers: whom they get, the bound, and when they are seen."""
    if context.invoked_subcommand is not None:
        return
    if listing:
        _list(as_json=as_json)
        return
    names = [*THEFTS, *STRATEGIES] if every else _known(strategy or [])
    if not names:
        raise EcluseError(
            "No attacker is named.", hint="Give --strategy NAME or --all; --list names them."
        )
    drawn = _seeds(seeds or ("1-5" if every else f"{seed}"))
    file = policy or Installation.from_environment().policy_in_force
    rules, digest = policies.read(file)
    thefts = [THEFTS[name] for name in dict.fromkeys(names) if name in THEFTS]
    strategies = [STRATEGIES[name] for name in dict.fromkeys(names) if name in STRATEGIES]
    parts: list[dict[str, Any]] = []
    if played is not Played.VIRTUAL and thefts:
        parts += _live(thefts, drawn, town, file)
    if played is not Played.LIVE and strategies:
        parts += _virtual(strategies, rules, (accounts, days, members), drawn)
    facts: dict[str, Any] = {
        "policy": rules.version,
        "sha256": digest,
        "runs": [run for part in parts for run in part.pop("runs")],
        "strategies": parts,
        "met": all(goal["met"] for part in parts for goal in part["expected"]),
    }
    beside = honest if honest is not None else _HONEST * every
    if beside:
        plan = Plan(beside, _HONEST_DAYS, 1.0, drawn[0], BEGIN)
        facts["honest"] = at_work(plan, rules, assumed())
    result(facts, as_json=as_json, text="\n".join(_line(part) for part in parts))
    if any(run["persons"] > run["bound"] for run in facts["runs"]):
        raise typer.Exit(1)


def _live(
    thefts: Sequence[Theft], seeds: range, town: int, policy: Path | None
) -> list[dict[str, Any]]:
    """Play thefts on running parts; return each with its runs and what they come to."""
    with progress() as bars:
        task = bars.add_task("on running parts", total=len(thefts) * len(seeds), rate="")
        runs = play_live(
            thefts,
            seeds,
            town,
            policy,
            lambda over: bars.update(task, advance=bool(over), rate=over or "an operator starts"),
        )
    runs.sort(key=lambda run: list(THEFTS).index(run.strategy))
    return [
        _stolen(THEFTS[name], list(mine))
        for name, mine in groupby(runs, key=attrgetter("strategy"))
    ]


def _stolen(theft: Theft, runs: Sequence[LiveRun]) -> dict[str, Any]:
    goals = (Goal("persons", "max", runs[0].bound), *theft.goals)
    return {
        **_part(Played.LIVE, theft, runs, goals),
        "promise": theft.promise,
        "remains": theft.remains,
    }


def _virtual(
    strategies: Sequence[Strategy],
    policy: Policy,
    asked: tuple[int | None, int | None, int],
    seeds: range,
) -> list[dict[str, Any]]:
    """Play strategies in virtual time; return each with its runs and what they come to."""
    accounts, days, members = asked
    parts = []
    with progress() as bars:
        task = bars.add_task("in virtual time", total=len(strategies) * len(seeds), rate="")
        for each in strategies:
            loot = Loot(accounts or each.accounts, days or each.days, members, policy)
            runs = []
            for seed in seeds:
                bars.update(task, rate=each.name)
                runs.append(play(each, loot, seed))
                bars.advance(task)
            parts.append(_part(Played.VIRTUAL, each, runs, each.goals(policy)))
    return parts


def _part(
    played: Played,
    attacker: Theft | Strategy,
    runs: Sequence[LiveRun] | Sequence[Run],
    goals: tuple[Goal, ...],
) -> dict[str, Any]:
    return {
        "strategy": attacker.name,
        "played": played,
        "holds": attacker.holds,
        "moves": attacker.moves,
        "bound": runs[0].bound,
        "figures": figures.summary(runs),
        "expected": [figures.judged(goal, runs) for goal in goals],
        "runs": [{"played": played, **msgspec.structs.asdict(run)} for run in runs],
    }


def _line(part: dict[str, Any]) -> str:
    got, alarm = part["figures"]["persons"], part["figures"]["first_alarm_s"]
    seen = "never seen" if alarm["mean"] is None else f"seen after {alarm['mean']:,.0f} s"
    line = (
        f"{part['strategy']:<20} {part['played']:<7} {got['mean']:>8,.1f} persons"
        f" of at most {part['bound']:,}; {seen}"
    )
    short = [
        f"{g['figure']} {g['got']} > {g['expected']}" for g in part["expected"] if not g["met"]
    ]
    return f"{line}; NOT MET: {', '.join(short)}" if short else line


def _list(*, as_json: bool) -> None:
    known = [
        {"strategy": each.name, "played": how, "holds": each.holds, "moves": each.moves}
        for how, attackers in ((Played.LIVE, THEFTS), (Played.VIRTUAL, STRATEGIES))
        for each in attackers.values()
    ]
    lines = [f"{e['strategy']:<20} {e['played']:<7} {e['holds']}; {e['moves']}" for e in known]
    result({"strategies": known}, as_json=as_json, text="\n".join(lines))


def _known(names: list[str]) -> list[str]:
    for name in names:
        if name not in THEFTS and name not in STRATEGIES:
            raise EcluseError(f"There is no attacker {name!r}.", hint="See `ecluse siege --list`.")
    return names


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    try:
        drawn = range(int(first), int(last or first) + 1)
    except ValueError:
        drawn = range(0)
    if not drawn or drawn[0] < 0:
        raise EcluseError(f"{text!r} names no seeds.", hint="Give one, or two such as 1-5.")
    return drawn
