"""A nation at work for weeks: the production parts decide and watch, and what they refuse is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ecluse.siege.nation.asking import BATCH, BATCHES
from ecluse.siege.nation.calendar import Day
from ecluse.siege.nation.crew import Crew
from ecluse.siege.nation.drawing import Drawing
from ecluse.siege.nation.platform import Commons
from ecluse.siege.nation.region import settle
from ecluse.siege.nation.tally import Tally


if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ecluse.policy.policy import Policy
    from ecluse.siege.nation.assumed import Assumed
    from ecluse.siege.nation.platform import Told

    #: Told of what regions told and of the checks so far, returns what all regions told, in order.
    Exchange = Callable[[list[Told], int], list[Told]]


class Plan(msgspec.Struct, frozen=True):
    """What is played: the same plan gives the same counts."""

    accounts: int
    days: int
    #: Typed checks of an account on a day on which it works, in the mean over accounts.
    typed: float
    seed: int
    #: Its first midnight, seconds since the epoch.
    begin: float


def play(
    plan: Plan,
    policy: Policy,
    assumed: Assumed,
    regions: Collection[int],
    exchange: Exchange,
) -> Tally:
    """Have some of a nation's regions work, in step with the others; return what they met.

    Args:
        plan: Who and how long.
        policy: In force.
        assumed: About honest work.
        regions: Numbers of these.
        exchange: Called once for each micro-batch of each day.
    """
    settled = settle(np.random.default_rng((plan.seed,)), plan.accounts, assumed)
    crews = [Crew(each, policy, assumed, plan.seed) for each in settled if each.number in regions]
    drawing, commons, checks, now = Drawing(assumed, plan.typed), Commons(policy), 0, plan.begin
    for day in (Day.after(plan.begin, number) for number in range(plan.days)):
        for crew in crews:
            crew.begin(day, drawing)
        for number in range(BATCHES):
            now = day.begins + (number + 1) * BATCH
            told = (crew.tell(number, now, commons.everybody) for crew in crews)
            heard = exchange([each for each in told if each], checks)
            lent = commons.take_in(heard, now)
            for crew in crews:
                checks += crew.decide(
                    number, now, commons.everybody, lent.get(crew.region.number, 0)
                )
    met = Tally()
    for crew in crews:
        crew.end(now)
        met.add(crew.tally)
    return met


def report(plan: Plan, met: Tally, seconds: float, workers: int) -> dict[str, Any]:
    """Return what scripts rely on (`honest`), with shares and by cause."""
    checks = met.checks.total()
    refused, locks = met.refused_by.total(), met.locks.total()
    return {
        **msgspec.structs.asdict(plan),
        "checks": checks,
        "checks_by_lane": dict(met.checks),
        "false_locks": locks,
        "false_locks_per_million": locks / (checks or 1) * 1e6,
        "wrongly_refused": refused,
        "wrongly_refused_share": refused / (checks or 1),
        "presence_checks": met.proved,
        "presence_refused": met.presence_refused.total(),
        "presence_refused_by": dict(sorted(met.presence_refused.items())),
        "locks_by_alarm": dict(sorted(met.locks.items())),
        "refused_by": dict(sorted(met.refused_by.items())),
        "refused_for_alarm": dict(sorted(met.refused_for.items())),
        "alarms": met.alarms.total(),
        "alarms_by_kind": dict(sorted(met.alarms.items())),
        "alarms_by_trade": dict(sorted(met.alarms_by_trade.items())),
        "measures": dict(sorted(met.measures.items())),
        "workers": workers,
        "seconds": round(seconds, 1),
        "checks_per_s": checks / seconds,
    }
