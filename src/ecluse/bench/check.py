"""Checks over HTTP, the whole path, against pgbench doing the same reads and writes by itself.

One run, one PostgreSQL, in alternating rounds: a gate and a keyring at work answer signed checks,
then pgbench commits one transaction for each. Requests are signed before each round, by the asker's
side: signing is not the server's work and does not count. No TLS on either side.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec

from ecluse.bench.counters import Checks, open_counters
from ecluse.bench.generator import Order, Told
from ecluse.bench.limit import Limit, Paced
from ecluse.bench.memory import Peak
from ecluse.bench.processor import Processor
from ecluse.bench.rounds import alternate
from ecluse.bench.workshop import BenchError
from ecluse.demo import stage
from ecluse.local.processes import Operator
from ecluse.siege.people import sample


if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecluse.local.installation import Installation


#: Requests under way at once: as many as keep a gate busy, which waits for answers itself.
CONNECTIONS = 128
#: Requests signed for a round beyond what the fastest round so far would use.
_SPARE = 1.5
_FIRST_GUESS = 2000
_WARM_UP_SECONDS = 3.0


@dataclass
class Bench:
    """What is measured: a running operator, and pgbench beside it."""

    operator: Operator
    checks: Checks
    limit: Limit
    seconds: float
    processor: Processor
    fastest: float = _FIRST_GUESS
    told: list[Told] = field(default_factory=list)
    #: Microseconds of processor time that each process took for a check, by round.
    costs: list[dict[str, float]] = field(default_factory=list)
    paced: list[Told] = field(default_factory=list)
    paced_limit: list[Paced] = field(default_factory=list)

    async def warm_up(self) -> None:
        """Fill the caches of both sides."""
        for _ in range(2):
            self.fastest = max(self.fastest, (await self._ask(_WARM_UP_SECONDS)).covered / 3)
        await self.limit.run(_WARM_UP_SECONDS)

    async def weigh(self) -> Peak:
        """Return what is held in memory at full load; on its own, since looking takes time."""
        parts = (self.operator.gate, self.operator.keyring, self.operator.ledger)
        server = self.operator.installation.database.server
        with Peak([part.pid for part in parts], server.pid if server else None) as peak:
            await self._ask(_WARM_UP_SECONDS)
        return peak

    async def ask(self, _: int) -> float:
        """Return checks answered a second, as fast as they come."""
        before = self.processor.look()
        told = await self._ask(self.seconds)
        self.costs.append(self.processor.since(before, told.covered))
        self.told.append(told)
        rate = told.covered / told.seconds
        self.fastest = max(self.fastest, rate)
        return rate

    async def run_limit(self, _: int) -> float:
        """Return transactions of pgbench a second."""
        return await self.limit.run(self.seconds)

    async def _ask(self, seconds: float, rate: float | None = None) -> Told:
        count = int((rate or self.fastest * _SPARE) * seconds) + CONNECTIONS
        port = self.operator.ports.gate
        return await _generate(Order(port, CONNECTIONS, seconds, self.checks.sign(count), rate))

    async def pace(self, rate: float) -> float:
        """Return the 99th percentile (ms) at `rate` checks a second."""
        told = await self._ask(self.seconds, rate)
        self.paced.append(told)
        return told.p99_ms

    async def pace_limit(self, rate: float) -> float:
        """Return pgbench's 99th percentile (ms) at `rate` transactions a second."""
        paced = await self.limit.pace(self.seconds, rate)
        self.paced_limit.append(paced)
        return paced.p99_ms


async def measure(
    installation: Installation,
    folder: Path,
    *,
    members: int,
    seconds: float,
    rounds: int,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Set an operator up, measure, take it down.

    Args:
        installation: prepared, with nothing else at work on it.
        folder: where the insurers keep their files.
        members: of the nation that is loaded.
        seconds: of each measure in each round.
        rounds: of both throughput and latency.
        progress: told what is being done.

    Returns:
        The keys of `ecluse bench check --json`.
    """
    with Operator(installation) as operator:
        bench = await _set_up(operator, folder, members, seconds, progress)
        progress("Warming up")
        await bench.warm_up()
        full = await alternate(
            {"checks": bench.ask, "pgbench": bench.run_limit},
            rounds,
            lambda name, number: progress(f"Round {number + 1} of {rounds}: {name}"),
        )
        checks, pgbench = full.median("checks"), full.median("pgbench")
        half = await alternate(
            {
                "checks": lambda _: bench.pace(checks / 2),
                "pgbench": lambda _: bench.pace_limit(pgbench / 2),
            },
            rounds,
            lambda name, number: progress(f"Half load, round {number + 1} of {rounds}: {name}"),
        )
        progress("Once more, for what it holds in memory")
        peak = await bench.weigh()
    return {
        "checks_per_s": round(checks),
        "pgbench_per_s": round(pgbench),
        "ratio_to_pgbench": round(full.ratio("checks", "pgbench"), 3),
        "spread": round(full.spread("checks", "pgbench"), 3),
        "p50_ms": _middle([told.p50_ms for told in bench.told]),
        "p99_ms": _middle([told.p99_ms for told in bench.told]),
        "p50_ms_half_load": _middle([told.p50_ms for told in bench.paced]),
        "p99_ms_half_load": _middle(half.taken["checks"]),
        "pgbench_p50_ms_half_load": _middle([paced.p50_ms for paced in bench.paced_limit]),
        "pgbench_p99_ms_half_load": _middle(half.taken["pgbench"]),
        "processor_us_per_check": {
            name: round(median(cost[name] for cost in bench.costs)) for name in bench.costs[0]
        },
        "generator_us_per_check": round(
            median(1e6 * told.processor / told.covered for told in bench.told)
        ),
        "peak_rss_mb": round(peak.ours_mb),
        "database_rss_mb": round(peak.database_mb),
        "members": members,
        "seconds": seconds,
        "rounds": rounds,
        "by_round": full.taken,
        "half_load_by_round": half.taken,
    }


def _middle(figures: list[float]) -> float:
    return round(median(figures), 2)


async def _set_up(
    operator: Operator, folder: Path, members: int, seconds: float, progress: Callable[[str], None]
) -> Bench:
    """Load a nation, open counters, copy it all for pgbench."""
    installation = operator.installation
    progress(f"Loading {members:,} members")
    stage.write_nation(folder, members, 1, lambda *_: None)
    await stage.load_nation(installation, folder, 1, lambda *_: None)
    today = datetime.now(UTC).date()
    cards = [each for each in sample(folder, members, today) if each.families]
    counters = await open_counters(installation.database)
    checks = Checks(operator.ports.pipe_origin, cards, counters, today)
    limit = await Limit.make(installation.database)
    return Bench(operator, checks, limit, seconds, Processor.of(operator))


async def _generate(order: Order) -> Told:
    """Have the load generator carry out an order.

    Raises:
        BenchError: It failed, or an answer was not `covered`.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ecluse.bench.generator"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate(msgspec.msgpack.encode(order))
    if process.returncode != 0:
        raise BenchError("The load generator failed; what it said stands above.")
    told = msgspec.msgpack.decode(printed, type=Told)
    if told.others:
        answer = told.other.partition("\r\n\r\n")[2]
        raise BenchError(
            f"{told.others} of {told.others + told.covered} checks were not answered `covered`.",
            hint=f"The first of them: {answer[:200]}",
        )
    return told
