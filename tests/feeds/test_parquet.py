"""A Parquet roster becomes the same feed as a CSV one, by the same checks."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import polars as pl
import pytest

from ecluse.feeds.parquet import ParquetError, ParquetText
from ecluse.feeds.screen import ForbiddenDataError
from feeds import rosters


if TYPE_CHECKING:
    from pathlib import Path

    from feeds.world import World


def written(folder: Path, text: str, *, typed: bool) -> Path:
    """Write a roster as Parquet, with packages beside it; typed, or all text."""
    rosters.write(folder, text)
    frame = pl.read_csv(io.StringIO(text), infer_schema=False)
    if typed:
        frame = frame.with_columns(
            pl.col("birth_rank").cast(pl.UInt8),
            pl.col("priority").cast(pl.Int64),
            pl.col("valid_from", "valid_to").str.to_date("%Y-%m-%d"),
        )
    path = folder / "roster.parquet"
    frame.write_parquet(path)
    return path


def read(path: Path) -> str:
    source, whole = ParquetText(path), b""
    while block := source.read(1000):
        whole += block
    return whole.decode()


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("count", [1, 300, 40_000])
def test_parquet_equals_csv(tmp_path: Path, count: int, typed: bool) -> None:
    text = rosters.text(rosters.rows(count))
    assert read(written(tmp_path, text, typed=typed)) == text


def test_a_parquet_roster_comes_into_force(world: World, tmp_path: Path) -> None:
    insurer = world.insurer()
    lines = rosters.rows(60)
    lines[20] = lines[20].but(nir=lines[20].nir[:13] + "00")
    roster = written(tmp_path, rosters.text(lines), typed=True)
    prepared = world.prepare(insurer, roster)
    assert (prepared.rows, prepared.rejected) == (60, 1)
    assert prepared.rejects_file is not None
    assert "22,nir," in prepared.rejects_file.read_text("utf-8")
    report = world.load(prepared.manifest, threshold=0.1)
    assert (report.in_force, report.accepted, report.rejected) == (True, 59, 1)


def test_what_is_not_held_refuses_a_parquet_roster_too(world: World, tmp_path: Path) -> None:
    insurer = world.insurer()
    text = rosters.text(rosters.rows(5)).replace("priority\n", "telephone\n")
    with pytest.raises(ForbiddenDataError, match="named like phone data"):
        world.prepare(insurer, written(tmp_path, text, typed=False))


def test_what_is_no_parquet_is_told(world: World, tmp_path: Path) -> None:
    roster = rosters.write(tmp_path, rosters.text(rosters.rows(5)))
    false = roster.rename(roster.with_suffix(".parquet"))
    with pytest.raises(ParquetError, match="cannot be read as Parquet"):
        world.prepare(world.insurer(), false)
    pl.DataFrame({"nir": [["1"]]}).write_parquet(false)
    with pytest.raises(ParquetError, match="lists or structures"):
        world.prepare(world.insurer(), false)
