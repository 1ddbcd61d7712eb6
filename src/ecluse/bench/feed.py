"""How fast a feed comes into force, beside a bare copy of as many bytes.

The feed is loaded by the command itself, `ecluse feed load`, as its own process beside the
keyring's: from its start to its end, and until a check can find a member of it.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from ecluse.bench.copying import Copying
from ecluse.bench.loading import Loading
from ecluse.bench.memory import Peak
from ecluse.bench.processor import Processor
from ecluse.bench.rounds import alternate
from ecluse.bench.steps import steps
from ecluse.bench.workshop import BenchError
from ecluse.feeds.prepare import Source
from ecluse.local.processes import Process
from ecluse.population.delta import write_deltas
from ecluse.population.generate import generate
from ecluse.population.nation import Nation


if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecluse.bench.rounds import Figures
    from ecluse.local.installation import Installation

_SEED = 1


class Result(NamedTuple):
    """What came of the bench.

    Attributes:
        members: how many each feed has.
        changes: how many rows each delta has.
        figures: rows a second of `first` (a full feed into empty tables), `later` (in the place of
            the feed before) and `delta`, and of their limits, a bare copy of as many rows: `copy`
            of a full feed's, `small_copy` of a delta's.
        prepared_per_s: members a second that an insurer prepares, outside the measure.
        processor: microseconds of processor that a member of a first feed takes, by process.
        steps: the same by step, each measured alone.
        ours_mb: the most that loader and keyring held in memory together.
        database_mb: the most that PostgreSQL held.
    """

    members: int
    changes: int
    figures: Figures
    prepared_per_s: float
    processor: dict[str, float]
    steps: dict[str, float]
    ours_mb: float
    database_mb: float

    def facts(self) -> dict[str, Any]:
        """Return the keys that scripts rely on, and others beside them."""
        figures = self.figures
        return {
            "members": self.members,
            "members_per_s": round(figures.median("first")),
            "ratio_to_copy": round(figures.ratio("first", "copy"), 3),
            "peak_rss_mb": round(self.ours_mb),
            "spread": round(figures.spread("first", "copy"), 3),
            "rounds": figures.rounds,
            "later": {
                "members_per_s": round(figures.median("later")),
                "ratio_to_copy": round(figures.ratio("later", "copy"), 3),
                "spread": round(figures.spread("later", "copy"), 3),
            },
            "delta": {
                "rows": self.changes,
                "seconds": round(self.changes / figures.median("delta"), 2),
                "members_per_s": round(figures.median("delta")),
                "ratio_to_copy": round(figures.ratio("delta", "small_copy"), 3),
                "spread": round(figures.spread("delta", "small_copy"), 3),
            },
            "processor_us_per_member": {
                name: round(taken, 1) for name, taken in self.processor.items()
            },
            "steps_us_per_member": {name: round(taken, 1) for name, taken in self.steps.items()},
            "copied_per_s": round(figures.median("copy")),
            "prepared_per_s": round(self.prepared_per_s),
            "database_rss_mb": round(self.database_mb),
        }


async def bench(
    installation: Installation, folder: Path, members: int, rounds: int, told: Callable[[str], None]
) -> Result:
    """Load feeds of `members` rows, and copy as many bytes, in alternating rounds.

    Args:
        installation: prepared, with nothing else at work on it.
        folder: where the insurer keeps its files.
        members: persons, each with one row.
        rounds: at least 1.
        told: called with what is done now.

    Raises:
        BenchError: a feed did not come into force, or no check found its member.
    """
    told(f"Inventing {members:,} members")
    full, delta, changes = _invent(members, folder / "nation")
    copying = Copying(installation.database, folder / "copy", members)
    small = Copying(installation.database, folder / "small", changes)
    copying.lay_out()
    small.lay_out()
    keyring = Process(installation, "keyring", "serve", "keyring")
    keyring.start()
    try:
        server = installation.database.server
        if server is None or server.pid is None:
            raise BenchError("A bench runs on its own PostgreSQL.")
        with Peak([keyring.pid], server.pid) as peak:
            loading = Loading(installation, folder, full, delta, peak)
            await loading.introduce()

            processor = Processor({"keyring": keyring.pid, "postgresql": server.pid})
            costs: dict[str, list[float]] = {"loader": [], "keyring": [], "postgresql": []}

            async def first(_: int) -> float:
                await loading.empty()
                before = processor.look()
                rate = members / await loading.load()
                taken = processor.since(before, members)
                taken["loader"] = 1e6 * loading.processor / members
                for name, each in costs.items():
                    each.append(taken[name])
                return rate

            async def later(_: int) -> float:
                return members / await loading.load()

            async def change(_: int) -> float:
                return changes / await loading.load(delta=True)

            async def copy(_: int) -> float:
                await loading.settle()
                return members / await copying.measure()

            async def small_copy(_: int) -> float:
                await loading.settle()
                return changes / await small.measure()

            figures = await alternate(
                {
                    "first": first,
                    "later": later,
                    "copy": copy,
                    "delta": change,
                    "small_copy": small_copy,
                },
                rounds,
                lambda name, number: told(f"Round {number + 1} of {rounds}: {name}"),
            )
        told("Each step alone")
        alone = await steps(installation, loading.manifest)
    finally:
        keyring.stop()
    return Result(
        members,
        changes,
        figures,
        members / median(loading.preparing),
        {name: median(each) for name, each in costs.items()},
        alone,
        peak.ours_mb,
        peak.database_mb,
    )


def _invent(members: int, folder: Path) -> tuple[Source, Source, int]:
    """Write a nation with one insurer; return its roster, what changes, and in how many rows."""
    nation = Nation(members, 1, _SEED)
    generate(nation, folder)
    changes = write_deltas(nation, folder)
    (roster,) = folder.glob("insurers/*/roster.csv")
    packages = roster.with_name("packages.json")
    delta = roster.with_name("delta.csv")
    return Source(roster, packages), Source(delta, packages), changes
