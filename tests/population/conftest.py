"""One nation, written once, that the tests of this package read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import pytest

from ecluse.population.generate import Summary, generate
from ecluse.population.nation import Nation


if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Written:
    """A nation on disk, and its rosters as one frame of text with the insurer beside each row."""

    nation: Nation
    summary: Summary
    folder: Path
    rosters: pl.DataFrame

    def insurer_folders(self) -> list[Path]:
        return sorted((self.folder / "insurers").iterdir())


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    nation = Nation(members=60_000, insurers=9, seed=2024, today=date(2026, 11, 23))
    folder = tmp_path_factory.mktemp("nation") / "out"
    summary = generate(nation, folder)
    rosters = pl.concat(
        pl.read_csv(path, infer_schema=False).with_columns(amc=pl.lit(path.parent.name))
        for path in sorted(folder.glob("insurers/*/roster.csv"))
    )
    return Written(nation, summary, folder, rosters)
