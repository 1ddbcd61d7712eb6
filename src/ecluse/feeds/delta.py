"""From two of an insurer's rosters to the delta between them, on the insurer's own machine.

Both are dealt out into files by a hash of the person, small enough to compare one after the other:
memory does not grow with the rosters. These files hold what the rosters hold, lie beside the delta
in a folder of their owner alone, and go when it is written.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from ecluse.errors import EcluseError
from ecluse.feeds.lines import header_and_chunks, split_row
from ecluse.feeds.parquet import SUFFIX, ParquetText
from ecluse.feeds.roster import COLUMNS, DELTA_COLUMNS


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecluse.feeds.lines import Source

#: Who a row is about.
_PERSON = ["nir", "birth_date", "birth_rank"]
_SAID = [name for name in COLUMNS if name not in _PERSON]
#: Bytes of both rosters that are compared at a time; Parquet holds about four times its size.
_SHARE = 64 << 20
_PARQUET = 4
_MOST_SHARES = 512


class DeltaError(EcluseError):
    """Two files are not two rosters that can be compared."""


class Delta(NamedTuple):
    """What a delta says.

    Attributes:
        joins: who is in the new roster alone.
        changes: who is in both, with another cover, card, number or rank of payment.
        leaves: who is in the old roster alone and was still covered.
        unchanged: of whom there is nothing to say.
    """

    joins: int = 0
    changes: int = 0
    leaves: int = 0
    unchanged: int = 0

    @property
    def rows(self) -> int:
        """How many rows were written."""
        return self.joins + self.changes + self.leaves


def write_delta(
    old: Path, new: Path, out: Path, since: date, progress: Callable[[int], None] = lambda _: None
) -> Delta:
    """Write what changed from `old` to `new` as a delta's roster; return what it says.

    A row of the new roster is taken as it is. One that changes a cover without a first day of its
    own, the old one's still standing, counts from `since` on: until then the old roster was right.
    Who is missing left on the day before `since`.

    Args:
        old: the roster of the feed before, CSV or .parquet.
        new: today's.
        out: the CSV to write; replaced when it is whole.
        since: the first day on which the new roster is right.
        progress: called with the rows read so far.

    Raises:
        DeltaError: a file cannot be read, or its columns are not a roster's.
        LinesError: one is no CSV.
        ParquetError: one is no Parquet.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".delta-", dir=out.parent) as work:
        folder = Path(work)
        shares = _shares(old, new)
        rows = 0
        for path, name in ((old, "old"), (new, "new")):
            for dealt in _deal(path, folder, name, shares):
                rows += dealt
                progress(rows)
        unfinished = folder / "delta.csv"
        total = Delta()
        with unfinished.open("wb") as file:
            file.write(",".join(DELTA_COLUMNS).encode() + b"\n")
            for share in range(shares):
                frame, counts = _compare(
                    _dealt(folder, "old", share), _dealt(folder, "new", share), since
                )
                frame.write_csv(file, include_header=False)
                total = Delta(*(sum(pair) for pair in zip(total, counts, strict=True)))
        unfinished.replace(out)
    return total


def _shares(*paths: Path) -> int:
    """Return into how many files to deal: both rosters' rows of one fit into memory."""
    try:
        size = sum(
            path.stat().st_size * (_PARQUET if path.suffix == SUFFIX else 1) for path in paths
        )
    except OSError as error:
        raise DeltaError(f"{error.filename} cannot be read.") from None
    return min(1 + size // _SHARE, _MOST_SHARES)


def _deal(path: Path, folder: Path, name: str, shares: int) -> Iterator[int]:
    """Append each row of a roster to its person's file; yield the rows of each chunk."""
    with _opened(path) as source:
        chunks = header_and_chunks(source)
        if tuple(split_row(next(chunks, b""))) != COLUMNS:
            raise DeltaError(
                f"{path.name} has not the columns of a roster.",
                hint=f"Its first line is: {','.join(COLUMNS)}",
            )
        for chunk in chunks:
            rows = _read(chunk, path)
            whose = pl.concat_str(_PERSON, separator="|").hash(0) % shares
            for (share,), part in rows.group_by(whose):
                with _file(folder, name, int(str(share))).open("ab") as file:
                    part.write_csv(file, include_header=False)
            yield rows.height


def _read(text: bytes | Path, whose: Path) -> pl.DataFrame:
    """Return rows as text, column by column; an empty value is an empty text."""
    try:
        return pl.read_csv(
            text,
            has_header=False,
            new_columns=list(COLUMNS),
            schema_overrides=[pl.String] * len(COLUMNS),
        ).fill_null("")
    except pl.exceptions.PolarsError:  # it may quote the file
        raise DeltaError(
            f"{whose.name} has rows that do not have {len(COLUMNS)} values.",
            hint="`ecluse feed prepare` names such rows.",
        ) from None


def _dealt(folder: Path, name: str, share: int) -> pl.DataFrame:
    path = _file(folder, name, share)
    if not path.exists():
        return pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))
    # A person named twice: a loader takes the first row as well.
    return _read(path, path).unique(_PERSON, keep="first", maintain_order=True)


def _file(folder: Path, name: str, share: int) -> Path:
    return folder / f"{name}-{share}"


def _compare(old: pl.DataFrame, new: pl.DataFrame, since: date) -> tuple[pl.DataFrame, Delta]:
    """Return a delta's rows from two rosters' rows about the same persons."""
    eve = (since - timedelta(days=1)).isoformat()
    joined = new.join(old, on=_PERSON, how="anti").with_columns(change=pl.lit("join"))
    gone = old.join(new, on=_PERSON, how="anti")
    left = gone.filter((pl.col("valid_to") == "") | (pl.col("valid_to") > eve)).with_columns(
        valid_to=pl.lit(eve), change=pl.lit("leave")
    )
    both = new.join(old, on=_PERSON, suffix="_old")
    differing = both.filter(pl.any_horizontal(pl.col(n) != pl.col(f"{n}_old") for n in _SAID))
    changed = _dated(differing, since.isoformat())
    frame = pl.concat(part.select(DELTA_COLUMNS) for part in (joined, changed, left))
    unchanged = both.height - differing.height + gone.height - left.height
    return frame, Delta(joined.height, changed.height, left.height, unchanged)


def _dated(both: pl.DataFrame, since: str) -> pl.DataFrame:
    """Say since when each change counts; whose cover has ended before that has left."""
    same_day = pl.col("valid_from") == pl.col("valid_from_old")
    first = pl.when(same_day).then(pl.max_horizontal("valid_from", pl.lit(since)))
    over = (pl.col("valid_to") != "") & (pl.col("valid_to") < first.otherwise("valid_from"))
    return both.with_columns(
        valid_from=first.otherwise("valid_from"),
        change=pl.when(same_day & over).then(pl.lit("leave")).otherwise(pl.lit("change")),
    )


@contextmanager
def _opened(path: Path) -> Iterator[Source]:
    if path.suffix == SUFFIX:
        yield ParquetText(path)
        return
    try:
        file = path.open("rb")
    except OSError:
        raise DeltaError(f"{path} cannot be read.") from None
    with file:
        yield file
