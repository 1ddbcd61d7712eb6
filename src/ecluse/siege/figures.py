"""What the runs of a strategy come to over the seeds: means with intervals, and goals met or not."""

from __future__ import annotations

from statistics import fmean, median
from typing import TYPE_CHECKING, Any

import numpy as np


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.siege.live.referee import Run as LiveRun
    from ecluse.siege.play import Run
    from ecluse.siege.strategy import Goal


_FIGURES = (
    "persons",
    "persons_24h",
    "first_alarm_checks",
    "first_alarm_s",
    "contained_checks",
    "contained_s",
    "open_1h_after_20_alarms",
    "honest_harmed",
)
_RESAMPLES = 2_000


def summary(runs: Sequence[Run] | Sequence[LiveRun]) -> dict[str, dict[str, Any]]:
    """Return each figure's mean and 95 % interval over the seeds, and in how many runs it came."""
    known = [name for name in _FIGURES if hasattr(runs[0], name)]
    return {name: _spread(_values(runs, name), len(runs)) for name in known}


def judged(goal: Goal, runs: Sequence[Run] | Sequence[LiveRun]) -> dict[str, Any]:
    """Return a goal beside what was got; a figure that never came is not met."""
    values = _values(runs, goal.figure)
    got = _over(goal.over, values) if len(values) == len(runs) else None
    return {
        "figure": goal.figure,
        "over": goal.over,
        "expected": goal.most,
        "got": got,
        "met": got is not None and got <= goal.most,
    }


def _values(runs: Sequence[Run] | Sequence[LiveRun], name: str) -> list[float]:
    return [value for run in runs if (value := getattr(run, name)) is not None]


def _over(over: str, values: Sequence[float]) -> float:
    match over:
        case "median":
            return median(values)
        case "p95":
            return float(np.quantile(values, 0.95))
        case _:
            return max(values)


def _spread(values: Sequence[float], runs: int) -> dict[str, Any]:
    """Return the mean and its interval, by bootstrap over the seeds (always the same resamples)."""
    if not values:
        return {"mean": None, "low": None, "high": None, "came": 0, "runs": runs}
    picks = np.random.default_rng(0).choice(values, (_RESAMPLES, len(values)))
    low, high = np.quantile(picks.mean(axis=1), (0.025, 0.975)).tolist()
    return {"mean": fmean(values), "low": low, "high": high, "came": len(values), "runs": runs}
