"""A whole siege: the baseline, thefts on running parts, strategies in virtual time, honest work.

For each seed the running parts are a town of their own, so that no theft meets another's traces.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ecluse.demo.town import open_pair, open_town
from ecluse.policy import policy as policies
from ecluse.siege import figures
from ecluse.siege.baseline import scrape
from ecluse.siege.curve import CAPS, curve
from ecluse.siege.honest import BEGIN
from ecluse.siege.live import THEFTS
from ecluse.siege.live.referee import play_all
from ecluse.siege.nation.assumed import assumed
from ecluse.siege.nation.work import Plan
from ecluse.siege.nation.workers import at_work
from ecluse.siege.play import play
from ecluse.siege.strategies import STRATEGIES
from ecluse.siege.strategy import Goal, Loot


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ecluse.policy.policy import Policy
    from ecluse.siege.live.referee import Ground
    from ecluse.siege.live.theft import Theft


Facts = dict[str, Any]

SCRAPE_SECONDS = 10.0
"""For how long the baseline is really scraped."""
_HONEST_DAYS = 30


class Played(StrEnum):
    """How an attacker is played."""

    BASELINE = "baseline"
    LIVE = "live"
    VIRTUAL = "virtual"


class Known(NamedTuple):
    """An attacker, played in one way."""

    strategy: str
    played: Played
    holds: str
    moves: str


class Asked(NamedTuple):
    """What to play."""

    attackers: Sequence[Known]
    seeds: range
    #: Each strategy's own if None.
    accounts: int | None
    days: int | None
    #: On file: in virtual time, and on running parts.
    members: int
    town: int
    #: Honest accounts at work beside; none if 0.
    honest: int
    #: Whether the policy's variants are played as well.
    curve: bool
    policy: Path | None

    @property
    def steps(self) -> int:
        """How often progress is told."""
        variants = (len(CAPS) + 1) * self.curve
        return len(self.attackers) * len(self.seeds) + bool(self.honest) + variants


def attackers() -> list[Known]:
    """Return every attacker, in every way that it is played."""
    return [
        Known(scrape.NAME, Played.BASELINE, scrape.HOLDS, scrape.MOVES),
        *(Known(t.name, Played.LIVE, t.holds, t.moves) for t in THEFTS.values()),
        *(Known(s.name, Played.VIRTUAL, s.holds, s.moves) for s in STRATEGIES.values()),
    ]


def besiege(asked: Asked, step: Callable[[str], None]) -> Facts:
    """Play a siege; return what `ecluse siege --json` prints, but for the command.

    Args:
        asked: What to play.
        step: Told what is over.

    Raises:
        EcluseError: The policy does not hold, or an operator does not start.
    """
    policy, digest = policies.read(asked.policy)
    parts = [
        *_baseline(asked, step),
        *_live(asked, step),
        *_virtual(asked, policy, step),
    ]
    facts: Facts = {
        "policy": policy.version,
        "sha256": digest,
        "runs": [run for part in parts for run in part.pop("runs")],
        "strategies": parts,
        "met": all(goal["met"] for part in parts for goal in part["expected"]),
    }
    if asked.honest:
        plan = Plan(asked.honest, _HONEST_DAYS, 1.0, asked.seeds[0], BEGIN)
        facts["honest"] = at_work(plan, policy, assumed())
        step("honest work")
    if asked.curve:
        points = curve(policy, asked.members, asked.honest, asked.seeds[0], step)
        facts["curve"] = [msgspec.structs.asdict(point) for point in points]
    return facts


def _named(asked: Asked, played: Played) -> list[Known]:
    return [each for each in asked.attackers if each.played is played]


def _baseline(asked: Asked, step: Callable[[str], None]) -> Iterator[Facts]:
    for known in _named(asked, Played.BASELINE):
        runs = []
        for seed in asked.seeds:
            robbing = scrape.scrape(asked.members, asked.days or 1, SCRAPE_SECONDS, seed)
            runs.append(asyncio.run(robbing))
            step(known.strategy)
        yield _part(known, runs)


def _live(asked: Asked, step: Callable[[str], None]) -> Iterator[Facts]:
    """Play thefts on an operator with its watch that begins and ends here, one for each seed."""
    chosen = {each.strategy: each for each in _named(asked, Played.LIVE)}
    if not chosen:
        return
    thefts, runs = [THEFTS[name] for name in chosen], []
    for seed in asked.seeds:
        with _ground(thefts, asked, seed) as ground:
            runs += asyncio.run(play_all(thefts, ground, seed, step))
    order = list(chosen)
    runs.sort(key=lambda run: order.index(run.strategy))
    for name, group in groupby(runs, key=attrgetter("strategy")):
        mine, theft = list(group), THEFTS[name]
        told = {"promise": theft.promise, "remains": theft.remains}
        goals = (Goal("persons", "max", mine[0].bound), *theft.goals)
        yield _part(chosen[name], mine, goals) | told


@contextmanager
def _ground(thefts: Sequence[Theft], asked: Asked, seed: int) -> Iterator[Ground]:
    """Start what these thefts are played on: one operator, or two when one of them takes two."""
    if any(theft.neighbour for theft in thefts):
        with open_pair(asked.town, seed, asked.policy) as (neighbour, town):
            yield town.ground()._replace(neighbour=neighbour.operator)
    else:
        with open_town(asked.town, seed, asked.policy, watched=True) as town:
            yield town.ground()


def _virtual(asked: Asked, policy: Policy, step: Callable[[str], None]) -> Iterator[Facts]:
    for known in _named(asked, Played.VIRTUAL):
        strategy = STRATEGIES[known.strategy]
        accounts, days = asked.accounts or strategy.accounts, asked.days or strategy.days
        loot = Loot(accounts, days, asked.members, policy)
        runs = []
        for seed in asked.seeds:
            runs.append(play(strategy, loot, seed))
            step(strategy.name)
        yield _part(known, runs, strategy.goals(policy))


def _part(known: Known, runs: Sequence[Any], goals: tuple[Goal, ...] = ()) -> Facts:
    """Return an attacker with its runs, and what they come to."""
    return {
        **known._asdict(),
        "bound": runs[0].bound,
        "figures": figures.summary(runs),
        "expected": [figures.judged(goal, runs) for goal in goals],
        "runs": [{"played": known.played, **msgspec.structs.asdict(run)} for run in runs],
    }
