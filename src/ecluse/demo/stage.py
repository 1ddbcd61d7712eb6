"""Setting the stage: a nation, its insurers' feeds in force, a few organisations."""

from __future__ import annotations

import asyncio
import csv
import tempfile
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.feeds import insurer_keys
from ecluse.feeds.load import load
from ecluse.feeds.prepare import Announcement, Source, prepare
from ecluse.keyring.client import FeedKeyring, OfficerKeyring
from ecluse.local import officer
from ecluse.login.accounts import Organisation
from ecluse.population.generate import generate
from ecluse.population.nation import Nation
from ecluse.siege.people import ended, sample


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecluse.local.installation import Installation
    from ecluse.siege.scene import Member

    Progress = Callable[[str, int, int], None]


#: Insurers of the demonstration's nation.
INSURERS = 5
#: Organisations that the demonstration opens: more than one paper card may be shown at in a day.
ORGANISATIONS = 6
_SAMPLE = 400


class Listed(msgspec.Struct, frozen=True):
    """One insurer of a generated nation."""

    amc: str
    name: str
    rows: int


class Cast(NamedTuple):
    """Who takes part: members as their cards name them, and organisations."""

    members: list[Member]
    without_right: list[Member]
    finess: list[str]
    rows: int


@contextmanager
def insurers_side() -> Iterator[Path]:
    """Make a folder that stands for the insurers' own machines, and remove it afterwards.

    Rosters are in clear there, as they are at an insurer; the operator's state never holds one.
    """
    with tempfile.TemporaryDirectory(prefix="ecluse-insurers-") as folder:
        yield Path(folder)


def write_nation(
    folder: Path, members: int, seed: int, progress: Progress, insurers: int = INSURERS
) -> None:
    """Write a synthetic nation into `folder`."""
    generate(
        Nation(members, insurers, seed), folder, progress=lambda n, of: progress("nation", n, of)
    )


async def load_nation(
    installation: Installation, folder: Path, feed: int, progress: Progress
) -> int:
    """Have every insurer of the nation in `folder` prepare its feed, and load them all.

    Returns:
        The number of rows in force.
    """
    accepted = 0
    for insurer in _listed(folder):
        accepted += await _load_one(installation, folder, insurer, feed, progress)
    return accepted


async def _load_one(
    installation: Installation, folder: Path, insurer: Listed, feed: int, progress: Progress
) -> int:
    keys = insurer_keys.create(folder / "keys" / insurer.amc, amc=insurer.amc, name=insurer.name)
    await officer.add_insurer(installation, keys.public)
    roster = folder / "insurers" / insurer.amc
    async with OfficerKeyring(installation.sockets) as officers:
        recipient = await officers.loader_recipient()
    async with FeedKeyring(installation.sockets) as keyring:
        prepared = await asyncio.to_thread(
            prepare,
            Source(roster / "roster.csv", roster / "packages.json"),
            keys,
            Announcement(feed, date(2026, 1, 1)),
            recipient=recipient,
            out=folder / "feeds",
            progress=lambda rows: progress(f"{insurer.name}: prepare", rows, insurer.rows),
        )
        report = await load(
            prepared.manifest,
            keyring,
            installation.database,
            lambda rows, of: progress(f"{insurer.name}: load", rows, of),
        )
    return report.accepted


async def open_organisations(installation: Installation, folder: Path) -> list[str]:
    """Add the nation's first pharmacies; return their FINESS numbers."""
    with (folder / "organisations.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["profession"] == "21"][:ORGANISATIONS]
    for row in rows:
        await officer.add_organisation(
            installation,
            Organisation(
                finess=row["finess"],
                name=row["name"],
                profession=row["profession"],
                region=row["region"],
                professionals=int(row["professionals"]),
            ),
        )
    return [row["finess"] for row in rows]


def cast(folder: Path, today: date, finess: list[str], rows: int) -> Cast:
    """Return who takes part, read from the insurers' side."""
    return Cast(sample(folder, _SAMPLE, today), ended(folder, 10, today), finess, rows)


def _listed(folder: Path) -> list[Listed]:
    return msgspec.json.decode((folder / "insurers.json").read_bytes(), type=list[Listed])
