"""`ecluse siege nation`: honest professionals at work in virtual time."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ecluse.cli.output import JsonOption, progress, result
from ecluse.local.installation import Installation
from ecluse.policy import policy as policies
from ecluse.siege.nation.assumed import assumed
from ecluse.siege.nation.work import Plan
from ecluse.siege.nation.workers import at_work


def nation(
    accounts: Annotated[int, typer.Option(min=10, help="Professionals at work.")] = 1_000,
    days: Annotated[int, typer.Option(min=1, help="How long.")] = 30,
    typed: Annotated[
        float, typer.Option(min=0, help="Typed checks of an account on a day at work, in the mean.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="What chance is drawn from.")] = 1,
    begin: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day: its season counts.")
    ] = datetime(2027, 1, 4),  # noqa: DTZ001 - typer gives none its zone
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; as many as there are cores if none.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="Another policy than that in force.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Have honest professionals work in virtual time: who is locked or refused for nothing."""
    rules, digest = policies.read(policy or Installation.from_environment().policy_in_force)
    plan = Plan(accounts, days, typed, seed, begin.replace(tzinfo=UTC).timestamp())
    with progress() as bar:
        task = bar.add_task("hours lived", total=24 * days, rate="")

        def show(hours: int, checks: int) -> None:
            bar.update(task, completed=hours, rate=f"{checks:,} checks")

        honest = at_work(plan, rules, assumed(), workers or os.cpu_count() or 1, show)
    facts = {
        "policy": rules.version,
        "sha256": digest,
        "honest": honest,
        "assumed": msgspec.to_builtins(assumed()),
    }
    result(facts, as_json=as_json, text=_honest(honest))


def _honest(honest: dict[str, Any]) -> str:
    head = (
        f"{honest['checks']:,} honest checks: {honest['false_locks']} accounts locked"
        f" ({honest['false_locks_per_million']:.2f} per million checks),"
        f" {honest['wrongly_refused']} checks refused for nothing"
        f" ({honest['wrongly_refused_share']:.3%}), of these {honest['presence_refused']} proved by"
        f" a phone; {honest['checks_per_s']:,.0f} checks/s played."
    )
    lines = [
        head,
        *(f"  locked for {kind}: {many:,}" for kind, many in honest["locks_by_alarm"].items()),
        *(f"  refused by {reason}: {many:,}" for reason, many in honest["refused_by"].items()),
        *(f"  alarm {kind}: {many:,}" for kind, many in honest["alarms_by_kind"].items()),
        "How much is asked is assumed: `siege/nation/assumed.toml`, and with --json in the output.",
    ]
    return "\n".join(lines)
