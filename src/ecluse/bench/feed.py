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
from ecluse.bench.rounds import alternate
from ecluse.feeds.prepare import Source
from ecluse.local.processes import Process
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
        figures: members a second of `first` (into empty tables), `later` (in the place of the feed
            before) and `copy` (the limit).
        prepared_per_s: members a second that an insurer prepares, outside the measure.
        ours_mb: the most that loader and keyring held in memory together.
        database_mb: the most that PostgreSQL held.
    """

    members: int
    figures: Figures
    prepared_per_s: float
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
    source = _invent(members, folder / "nation")
    copying = Copying(installation.database, folder, members)
    copying.lay_out()
    keyring = Process(installation, "keyring", "serve", "keyring")
    keyring.start()
    try:
        server = installation.database.server
        with Peak([keyring.pid], server.pid if server else None) as peak:
            loading = Loading(installation, folder, source, peak)
            await loading.introduce()

            async def first(_: int) -> float:
                await loading.empty()
                return members / await loading.load()

            async def later(_: int) -> float:
                return members / await loading.load()

            async def copy(_: int) -> float:
                await loading.settle()
                return members / await copying.measure()

            figures = await alternate(
                {"first": first, "later": later, "copy": copy},
                rounds,
                lambda name, number: told(f"Round {number + 1} of {rounds}: {name}"),
            )
    finally:
        keyring.stop()
    prepared = members / median(loading.preparing)
    return Result(members, figures, prepared, peak.ours_mb, peak.database_mb)


def _invent(members: int, folder: Path) -> Source:
    """Write a nation with one insurer; return that insurer's roster."""
    generate(Nation(members, 1, _SEED), folder)
    (roster,) = folder.glob("insurers/*/roster.csv")
    return Source(roster, roster.with_name("packages.json"))
