"""A few members of a generated nation, as their cards name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ecluse.client.gate import Person
from ecluse.cover.package import parse_packages
from ecluse.siege.scene import Member


if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path


def sample(nation: Path, count: int, today: date) -> list[Member]:
    """Return `count` members who are covered today, spread over the insurers of `nation`.

    Args:
        nation: A folder that `ecluse population` wrote.
        count: How many; fewer if the nation is small.
        today: The day they are covered on.
    """
    return _members(nation, count, today, in_force=True)


def ended(nation: Path, count: int, today: date) -> list[Member]:
    """Return `count` members who stand in a roster without a right today."""
    return _members(nation, count, today, in_force=False)


def _members(nation: Path, count: int, today: date, *, in_force: bool) -> list[Member]:
    folders = sorted((nation / "insurers").iterdir())
    share = -(-count // len(folders))
    found = [
        member
        for folder in folders
        for member in _of_insurer(folder, share, today, in_force=in_force)
    ]
    return found[:count]


def _of_insurer(folder: Path, count: int, today: date, *, in_force: bool) -> list[Member]:
    packages = {p.code: p for p in parse_packages((folder / "packages.json").read_bytes())}
    now = today.isoformat()
    covered = (pl.col("valid_from") <= now) & (
        pl.col("valid_to").is_null() | (pl.col("valid_to") >= now)
    )
    rows = (
        pl.scan_csv(folder / "roster.csv", infer_schema=False)
        .filter((covered if in_force else ~covered) & (pl.col("priority") == "1"))
        .head(count)
        .collect()
    )
    return [
        Member(
            Person(row["nir"], row["birth_date"], int(row["birth_rank"])),
            row["card"],
            tuple(packages[row["package"]].families) if in_force else (),
            folder.name,
        )
        for row in rows.iter_rows(named=True)
    ]
