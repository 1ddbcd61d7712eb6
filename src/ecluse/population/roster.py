"""An insurer's roster: the CSV that a feed is prepared from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ecluse.cards.code import SECRET_SIZE, encode_many
from ecluse.feeds.roster import COLUMNS
from ecluse.population.periods import periods, since_birth


if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from ecluse.population.families import People
    from ecluse.population.numbers import Identities


_CHUNK = 250_000
# Contract numbers are spread out, so that one tells nothing about how many there are.
_CONTRACT_STEP = 7


@dataclass(frozen=True, slots=True)
class Contracts:
    """The contracts of one insurer: one a family, one for each family's second covers.

    Attributes:
        of_row: the contract of each roster row.
        number: the insurer's own number, by contract.
        package: index into the insurer's packages, by contract.
        first: first day, by contract.
        last: last day or NaT, by contract.
    """

    of_row: NDArray[np.int64]
    number: NDArray[np.int64]
    package: NDArray[np.int64]
    first: NDArray[np.datetime64]
    last: NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Roster:
    """What one insurer knows: which persons, in which order of payment, under which contracts."""

    person: NDArray[np.int64]
    priority: NDArray[np.uint8]
    contracts: Contracts
    package_codes: list[str]


def contracts(
    rng: np.random.Generator,
    family: NDArray[np.int32],
    priority: NDArray[np.uint8],
    packages: int,
    today: np.datetime64,
) -> Contracts:
    """Draw the contracts that an insurer's rows (family and priority of each) belong to."""
    key = family.astype(np.int64) * 2 + (priority - 1)
    distinct, of_row = np.unique(key, return_inverse=True)
    count = len(distinct)
    first, last = periods(rng, count, today)
    start = int(rng.integers(10**6, 10**7))
    return Contracts(
        of_row=of_row,
        number=start + rng.permutation(count) * _CONTRACT_STEP,
        # A few packages hold most members: the first ones.
        package=(rng.random(count) ** 2 * packages).astype(np.int64),
        first=first,
        last=last,
    )


def write(
    path: Path,
    rng: np.random.Generator,
    roster: Roster,
    everybody: People,
    printed: Identities,
    advance: Callable[[int], None],
) -> None:
    """Write a roster as CSV, calling `advance` with the rows of each chunk once it is written."""
    with path.open("wb") as file:
        for start in range(0, len(roster.person), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            frame = _frame(rng, roster, chunk, everybody, printed)
            frame.write_csv(file, include_header=start == 0)
            advance(frame.height)


def _frame(
    rng: np.random.Generator,
    roster: Roster,
    chunk: slice,
    everybody: People,
    printed: Identities,
) -> pl.DataFrame:
    """Lay out some rows as the columns of the file."""
    person = roster.person[chunk]
    terms = roster.contracts
    contract = terms.of_row[chunk]
    born = everybody.born[person].astype("datetime64[D]")
    first, last = since_birth(terms.first[contract], terms.last[contract], born)
    secrets = rng.integers(0, 256, (len(person), SECRET_SIZE), dtype=np.uint8)
    contract_number = pl.Series(terms.number[contract]).cast(pl.String)
    position = pl.Series(everybody.slot[person] + 1).cast(pl.String)
    codes = pl.Series(roster.package_codes)
    columns = (
        contract_number + "-" + position,
        pl.Series(printed.nir[everybody.family[person]]).cast(pl.String),
        pl.Series(printed.birth_date[person]),
        pl.Series(everybody.rank[person]),
        pl.Series(encode_many(secrets)).cast(pl.String),
        codes.gather(terms.package[contract]),
        pl.Series(first),
        pl.Series(last),
        pl.Series(roster.priority[chunk]),
    )
    return pl.DataFrame([column.alias(name) for name, column in zip(COLUMNS, columns, strict=True)])
