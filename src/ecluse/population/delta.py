"""A nation a little later: who joined, whose cover changed, who left, insurer by insurer.

About one row in a hundred, a third of each. Who joins is nobody of the nation before.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ecluse.cover.package import parse_packages
from ecluse.feeds.roster import DELTA_COLUMNS
from ecluse.population.generate import generate
from ecluse.population.nation import Nation, Stream


if TYPE_CHECKING:
    import numpy as np

#: One row in so many joins, one changes, one leaves.
_ONE_IN = 300
_PERSON = ["nir", "birth_date", "birth_rank"]
#: The seed of those who come: far from the seeds that people choose.
_NEWCOMERS = 2**40
#: Spare newcomers, for those who turn out to be members already.
_SPARE = 20


def write_deltas(nation: Nation, out: Path) -> int:
    """Write `delta.csv` beside each roster of the nation in `out`; return the rows of all.

    The same nation gives the same bytes.
    """
    folders = sorted((out / "insurers").iterdir())
    with tempfile.TemporaryDirectory() as elsewhere:
        coming = _newcomers(nation, Path(elsewhere))
    rows = 0
    for number, folder in enumerate(folders):
        roster = pl.read_csv(folder / "roster.csv", infer_schema=False)
        packages = [p.code for p in parse_packages((folder / "packages.json").read_bytes())]
        rng = nation.chance(Stream.DELTAS, number)
        each = max(1, roster.height // _ONE_IN)
        joining, coming = coming.head(each), coming.slice(each)
        delta = _delta(nation, rng, roster, packages, joining)
        delta.write_csv(folder / "delta.csv")
        rows += delta.height
    return rows


def _newcomers(nation: Nation, folder: Path) -> pl.DataFrame:
    """Return roster rows of enough persons whom no insurer of the nation has."""
    members = 2 * nation.members // _ONE_IN + nation.insurers + _SPARE
    generate(Nation(members, 1, _NEWCOMERS + nation.seed, nation.today), folder / "nation")
    (roster,) = (folder / "nation").glob("insurers/*/roster.csv")
    return pl.read_csv(roster, infer_schema=False).unique(
        _PERSON, keep="first", maintain_order=True
    )


def _delta(
    nation: Nation,
    rng: np.random.Generator,
    roster: pl.DataFrame,
    packages: list[str],
    joining: pl.DataFrame,
) -> pl.DataFrame:
    """Return the rows of one insurer's delta, as of the nation's today."""
    today, eve = nation.today.isoformat(), (nation.today - timedelta(days=1)).isoformat()
    standing = roster.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") >= today))
    each = min(joining.height, standing.height // 2)
    picked = rng.choice(standing.height, 2 * each, replace=False)
    joins = joining.join(roster, on=_PERSON, how="anti").with_columns(
        valid_from=pl.lit(today), valid_to=pl.lit(None, pl.String), change=pl.lit("join")
    )
    changes = standing[picked[:each]].with_columns(
        valid_from=pl.max_horizontal("valid_from", pl.lit(today)), change=pl.lit("change")
    )
    leaves = standing[picked[each:]].with_columns(valid_to=pl.lit(eve), change=pl.lit("leave"))
    rows = pl.concat([joins, changes]).with_columns(
        package=pl.Series(
            [packages[i] for i in rng.integers(0, len(packages), joins.height + each)]
        )
    )
    return pl.concat([part.select(DELTA_COLUMNS) for part in (rows, leaves)])
