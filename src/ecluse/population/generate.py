"""Make a nation and write it, an insurer at a time."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecluse.cover.package import dump_packages
from ecluse.population import places, professionals, roster
from ecluse.population.families import people
from ecluse.population.insurers import insurers
from ecluse.population.memberships import memberships
from ecluse.population.nation import Nation, PopulationError, Stream
from ecluse.population.numbers import identities
from ecluse.population.packages import packages


if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecluse.population.families import People
    from ecluse.population.insurers import Insurer
    from ecluse.population.memberships import Memberships
    from ecluse.population.numbers import Identities


_DONE = "insurers.json"


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written: persons, rosters, rows of all rosters, organisations, professionals."""

    members: int
    insurers: int
    rows: int
    organisations: int
    professionals: int


def generate(
    nation: Nation, out: Path, *, progress: Callable[[int, int], None] = lambda *_: None
) -> Summary:
    """Write a nation's rosters, packages, organisations and professionals below `out`.

    The same nation gives the same bytes. A nation that was written to `out` before is replaced.

    Args:
        nation: members, insurers, seed and today.
        out: a folder that is missing, empty, or holds a nation.
        progress: called with the rows written so far and the rows in all.

    Raises:
        PopulationError: the size cannot be made, or the folder holds something else.
    """
    _require_sizes(nation)
    _require_ours(out)
    everybody = people(nation, nation.chance(Stream.FAMILIES))
    printed = identities(nation.chance(Stream.NUMBERS), everybody, places.load())
    joined = memberships(nation.chance(Stream.MEMBERSHIPS), everybody, nation.insurers)
    listed = insurers(nation)
    _make_room(out)
    written = 0

    def advance(rows: int) -> None:
        nonlocal written
        written += rows
        progress(written, joined.rows)

    for number, insurer in enumerate(listed):
        folder = out / "insurers" / insurer.amc
        folder.mkdir(parents=True)
        _write_insurer(nation, folder, number, joined, everybody, printed, advance)
    counts = professionals.write(nation.chance(Stream.ORGANISATIONS), nation.members, out)
    (out / _DONE).write_text(_listing(listed, joined), encoding="utf-8")
    return Summary(
        members=nation.members,
        insurers=nation.insurers,
        rows=joined.rows,
        organisations=counts.organisations,
        professionals=counts.professionals,
    )


def _write_insurer(
    nation: Nation,
    folder: Path,
    number: int,
    joined: Memberships,
    everybody: People,
    printed: Identities,
    advance: Callable[[int], None],
) -> None:
    """Write the packages and the roster of the insurer with a number."""
    rng = nation.chance(Stream.ROSTERS, number)
    offered = packages(rng)
    (folder / "packages.json").write_bytes(dump_packages(offered))
    mine = slice(joined.bounds[number], joined.bounds[number + 1])
    person, priority = joined.person[mine], joined.priority[mine]
    terms = roster.contracts(rng, everybody.family[person], priority, len(offered), nation.day)
    held = roster.Roster(
        person=person,
        priority=priority,
        contracts=terms,
        package_codes=[package.code for package in offered],
    )
    roster.write(folder / "roster.csv", rng, held, everybody, printed, advance)


def _require_sizes(nation: Nation) -> None:
    if nation.members < 1 or nation.insurers < 1 or nation.seed < 0:
        raise PopulationError(
            "a nation needs at least one member, one insurer and a seed that is not negative",
            hint="For example: --members 10000 --insurers 5 --seed 1.",
        )


def _require_ours(out: Path) -> None:
    """Refuse a folder that holds anything but a nation."""
    if out.is_dir() and any(out.iterdir()) and not (out / _DONE).is_file():
        raise PopulationError(
            "the folder to write to holds something that is not a nation",
            hint="Name an empty folder, or empty that one yourself.",
        )


def _make_room(out: Path) -> None:
    """Clear the nation that stands in the folder, if one does."""
    if (out / _DONE).is_file():
        (out / _DONE).unlink()
        shutil.rmtree(out / "insurers")
    out.mkdir(parents=True, exist_ok=True)


def _listing(listed: list[Insurer], joined: Memberships) -> str:
    """Return insurers.json, whose presence says that the nation is whole."""
    rows = joined.bounds[1:] - joined.bounds[:-1]
    entries = [
        {"amc": insurer.amc, "name": insurer.name, "rows": int(count)}
        for insurer, count in zip(listed, rows, strict=True)
    ]
    return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"
