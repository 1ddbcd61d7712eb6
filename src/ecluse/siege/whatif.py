"""What a policy would change: the siege's figures and honest work, beside those of another policy.

Both are played with the same seeds, by the same functions as `ecluse siege` and `siege nation`.
"""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

from ecluse.policy import bound
from ecluse.siege.honest import BEGIN
from ecluse.siege.nation.assumed import assumed
from ecluse.siege.nation.work import Plan
from ecluse.siege.nation.workers import at_work
from ecluse.siege.play import play
from ecluse.siege.strategy import Loot


if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecluse.policy.policy import Policy
    from ecluse.siege.play import Run
    from ecluse.siege.strategy import Strategy


#: Stolen accounts that the bound is told for, in any 24 hours.
THEFTS = (1, 10, 100)
#: Of the siege and of honest work: less is better, in all of them.
_SIEGE = ("persons", "persons_24h", "first_alarm_s", "contained_s", "honest_harmed")
_HONEST = ("false_locks", "false_locks_per_million", "wrongly_refused", "wrongly_refused_share")


class Sample(NamedTuple):
    """What both policies are tried on."""

    strategies: Sequence[Strategy]
    seeds: range
    #: On file.
    members: int
    #: Honest accounts, for so many days, each so many typed checks a day in the mean.
    accounts: int
    days: int
    typed: float


class Pair(NamedTuple):
    """The policy in force, and the one that is asked about."""

    before: Policy
    after: Policy


def compare(
    pair: Pair, sample: Sample, played: Callable[[str], None], workers: int = 1
) -> dict[str, Any]:
    """Return `bound`, `siege` and `honest`: each figure before, after, and which way it goes.

    Args:
        pair: The two policies.
        sample: What they are tried on.
        played: Told the name of each part that is over; `parts` says how many there are.
        workers: Processes that play honest work.
    """
    return {
        "bound": [
            {"accounts": accounts, **_beside(*(_most(each, accounts) for each in pair))}
            for accounts in THEFTS
        ],
        "siege": [_besieged(each, pair, sample, played) for each in sample.strategies],
        "honest": _honest(pair, sample, played, workers),
    }


def parts(sample: Sample) -> int:
    """Return how many parts a comparison has."""
    return 2 * len(sample.strategies) * len(sample.seeds) + 2


def _most(policy: Policy, accounts: int) -> int:
    return bound.persons(policy, bound.worst(policy, accounts, 24), 24)


def _besieged(
    strategy: Strategy, pair: Pair, sample: Sample, played: Callable[[str], None]
) -> dict[str, Any]:
    runs: list[list[Run]] = []
    for policy in pair:
        loot = Loot(strategy.accounts, strategy.days, sample.members, policy)
        runs.append([])
        for seed in sample.seeds:
            runs[-1].append(play(strategy, loot, seed))
            played(strategy.name)
    before, after = runs
    figures = {name: _beside(_mean(before, name), _mean(after, name)) for name in _SIEGE}
    return {
        "strategy": strategy.name,
        "bound": _beside(before[0].bound, after[0].bound),
        "figures": figures,
    }


def _honest(
    pair: Pair, sample: Sample, played: Callable[[str], None], workers: int
) -> dict[str, Any]:
    plan = Plan(sample.accounts, sample.days, sample.typed, sample.seeds[0], BEGIN)
    met = []
    for policy in pair:
        met.append(at_work(plan, policy, assumed(), workers))
        played("honest work")
    before, after = met
    return {
        "accounts": sample.accounts,
        "days": sample.days,
        "checks": before["checks"],
        "figures": {name: _beside(before[name], after[name]) for name in _HONEST},
        "before": before,
        "after": after,
    }


def _mean(runs: Sequence[Run], name: str) -> float | None:
    """Return a figure's mean over the seeds; None when it did not come in each."""
    values = [value for run in runs if (value := getattr(run, name)) is not None]
    return fmean(values) if len(values) == len(runs) else None


def _beside(before: float | None, after: float | None) -> dict[str, Any]:
    """Return two figures and whether the second is better: less is, and never is the worst."""
    never = float("inf")
    old, new = (never if each is None else each for each in (before, after))
    change = "same" if old == new else "better" if new < old else "worse"
    return {"before": before, "after": after, "change": change}
