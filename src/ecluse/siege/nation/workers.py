"""A nation in several processes, in step: after each micro-batch every region hears of the others."""

from __future__ import annotations

import multiprocessing
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ecluse.errors import EcluseError
from ecluse.siege.nation.asking import BATCHES
from ecluse.siege.nation.region import settle
from ecluse.siege.nation.tally import Tally
from ecluse.siege.nation.work import play, report


if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from ecluse.policy.policy import Policy
    from ecluse.siege.nation.assumed import Assumed
    from ecluse.siege.nation.platform import Told
    from ecluse.siege.nation.work import Plan


#: Micro-batches from one word about the progress to the next: an hour.
_WORD = BATCHES // 24


def at_work(
    plan: Plan,
    policy: Policy,
    assumed: Assumed,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> dict[str, Any]:
    """Have a nation work; return what it met, the same for any number of workers.

    Args:
        plan: Who and how long.
        policy: In force.
        assumed: About honest work.
        workers: Processes; with one, this one.
        progress: Told of hours lived, and of checks so far.
    """
    began = perf_counter()
    shares = [share for share in _shares(plan, assumed, workers) if share]
    if len(shares) > 1:
        met = _in_step(plan, policy, assumed, shares, progress)
    else:
        met = play(plan, policy, assumed, shares[0], _Alone(progress))
    return report(plan, met, perf_counter() - began, len(shares))


class _Alone:
    """One process, which plays all regions."""

    def __init__(self, progress: Callable[[int, int], None]) -> None:
        self._progress, self._batches = progress, 0

    def __call__(self, told: list[Told], checks: int) -> list[Told]:
        self._batches += 1
        if not self._batches % _WORD:
            self._progress(self._batches // _WORD, checks)
        return told


def _shares(plan: Plan, assumed: Assumed, workers: int) -> list[set[int]]:
    """Deal regions to workers, so that each has about as many accounts."""
    regions = settle(np.random.default_rng((plan.seed,)), plan.accounts, assumed)
    shares: list[set[int]] = [set() for _ in range(workers)]
    loads = [0] * workers
    for region in sorted(regions, key=lambda region: -len(region.trade)):
        least = loads.index(min(loads))
        shares[least].add(region.number)
        loads[least] += len(region.trade)
    return shares


def _in_step(
    plan: Plan,
    policy: Policy,
    assumed: Assumed,
    shares: list[set[int]],
    progress: Callable[[int, int], None],
) -> Tally:
    spawning = multiprocessing.get_context("spawn")
    pipes = [spawning.Pipe() for _ in shares]
    processes = [
        spawning.Process(target=_worker, args=(theirs, plan, policy, assumed, share), daemon=True)
        for (_, theirs), share in zip(pipes, shares, strict=True)
    ]
    for process in processes:
        process.start()
    for _, theirs in pipes:
        theirs.close()
    try:
        return _hub([ours for ours, _ in pipes], plan, progress)
    except EOFError:
        raise EcluseError(
            "A process that played a part of the nation ended early.",
            hint="It may have run out of memory: play fewer accounts, or with fewer workers.",
        ) from None
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _hub(pipes: list[Connection], plan: Plan, progress: Callable[[int, int], None]) -> Tally:
    """Pass on what regions tell, in the order of regions; return what all met."""
    for number in range(1, plan.days * BATCHES + 1):
        heard = [pipe.recv() for pipe in pipes]
        told = sorted(each for part, _ in heard for each in part)
        for pipe in pipes:
            pipe.send(told)
        if not number % _WORD:
            progress(number // _WORD, sum(checks for _, checks in heard))
    met = Tally()
    for pipe in pipes:
        met.add(pipe.recv())
    return met


def _worker(
    pipe: Connection, plan: Plan, policy: Policy, assumed: Assumed, regions: set[int]
) -> None:
    def exchange(told: list[Told], checks: int) -> list[Told]:
        pipe.send((told, checks))
        heard: list[Told] = pipe.recv()
        return heard

    pipe.send(play(plan, policy, assumed, regions, exchange))
