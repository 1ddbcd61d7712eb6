"""Invented organisations and the professionals who work there.

The mix of professions and sizes is rounded from what a French street shows; regions follow from
the communes that organisations are drawn in, by population.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ecluse.population.numbers import digits
from ecluse.population.sources import content, rows


if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Practice:
    """How a profession is spread: share of organisations, and professionals in each on average."""

    profession: str
    share: float
    professionals: float


_PRACTICES = (
    Practice("10", 0.23, 2.5),
    Practice("21", 0.10, 2.6),
    Practice("26", 0.04, 1.6),
    Practice("28", 0.07, 2.4),
    Practice("40", 0.13, 1.8),
    Practice("50", 0.03, 1.5),
    Practice("60", 0.17, 2.4),
    Practice("70", 0.14, 2.3),
    Practice("80", 0.03, 1.2),
    Practice("91", 0.05, 1.4),
    Practice("92", 0.01, 1.3),
)
_MEMBERS_PER_ORGANISATION = 200
_FEWEST_ORGANISATIONS = 60
# Serial numbers walk through their range by a step without a common divisor: each comes once.
_FINESS_RANGE, _FINESS_STEP = 10**6, 618_033
_RPPS_RANGE, _RPPS_STEP = 10**8, 61_803_399
# Test identities of the register begin with 99; none of a living professional does.
_RPPS_PREFIX = 99
_LARGEST = 40


@dataclass(frozen=True, slots=True)
class Counts:
    """How many were written."""

    organisations: int
    professionals: int


def write(rng: np.random.Generator, members: int, folder: Path) -> Counts:
    """Write organisations.csv and professionals.csv, as many as so many members need."""
    count = min(max(_FEWEST_ORGANISATIONS, members // _MEMBERS_PER_ORGANISATION), _FINESS_RANGE)
    shares = np.array([practice.share for practice in _PRACTICES])
    practice = rng.choice(len(_PRACTICES), count, p=shares / shares.sum())
    practice[: len(_PRACTICES)] = np.arange(len(_PRACTICES))  # every profession is there
    means = np.array([practice.professionals for practice in _PRACTICES])
    sizes = np.minimum(1 + rng.poisson(means[practice] - 1), _LARGEST)
    finess, region = _finess_and_region(rng, count)
    organisations = pl.DataFrame(
        {
            "finess": pl.Series(finess).cast(pl.String),
            "name": _names(rng, practice),
            "profession": [_PRACTICES[at].profession for at in practice],
            "region": region,
            "professionals": sizes,
        }
    )
    organisations.write_csv(folder / "organisations.csv")
    works_at = np.repeat(np.arange(count), sizes)
    people = pl.DataFrame(
        {
            "rpps": pl.Series(_rpps(rng, len(works_at))).cast(pl.String),
            "profession": organisations["profession"].gather(works_at),
            "finess": organisations["finess"].gather(works_at),
        }
    )
    people.write_csv(folder / "professionals.csv")
    return Counts(organisations=count, professionals=len(works_at))


def luhn_digits(payload: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return Luhn's digit of each row of ASCII digits, as ASCII, shape (n,)."""
    values = payload - np.uint8(ord("0"))
    doubled = values[:, ::-1].copy()
    doubled[:, ::2] *= 2
    doubled[doubled > 9] -= 9
    total: NDArray[np.int64] = doubled.sum(axis=1, dtype=np.int64)
    return ((10 - total % 10) % 10 + ord("0")).astype(np.uint8)


def _finess_and_region(
    rng: np.random.Generator, count: int
) -> tuple[NDArray[np.bytes_], pl.Series]:
    """Draw communes, and number an organisation in each commune's department."""
    communes = list(rows("communes.csv"))
    inhabitants = np.array([float(commune["population"]) for commune in communes])
    commune = rng.choice(len(communes), count, p=inhabitants / inhabitants.sum())
    departments = np.array([row["insee_code"][:2] for row in communes], dtype="S2")
    text = np.empty((count, 9), dtype=np.uint8)
    text[:, :2] = departments.view(np.uint8).reshape(-1, 2)[commune]
    serial = (rng.integers(_FINESS_RANGE) + np.arange(count) * _FINESS_STEP) % _FINESS_RANGE
    text[:, 2:8] = digits(serial, 6)
    # Corsica's key is not published: its letter counts as nothing here, and nobody checks it.
    numeric = text[:, :8].copy()
    numeric[numeric > ord("9")] = ord("0")
    text[:, 8] = luhn_digits(numeric)
    region = pl.Series([row["region"] for row in communes]).gather(commune)
    return text.view("S9").ravel(), region


def _rpps(rng: np.random.Generator, count: int) -> NDArray[np.bytes_]:
    """Return so many different RPPS numbers."""
    serial = (rng.integers(_RPPS_RANGE) + np.arange(count) * _RPPS_STEP) % _RPPS_RANGE
    text = np.empty((count, 11), dtype=np.uint8)
    text[:, :10] = digits(_RPPS_PREFIX * _RPPS_RANGE + serial, 10)
    text[:, 10] = luhn_digits(text[:, :10])
    return text.view("S11").ravel()


def _names(rng: np.random.Generator, practice: NDArray[np.int64]) -> list[str]:
    """Name each organisation after its trade and a word; streets repeat names, and so do we."""
    words = content("names.json")["organisations"]
    trades = [words[practice.profession] for practice in _PRACTICES]
    trade = rng.integers(0, 2**31, len(practice))
    word = rng.integers(0, len(words["words"]), len(practice))
    return [
        f"{trades[kind][form % len(trades[kind])]} {words['words'][at]}"
        for kind, form, at in zip(practice, trade, word, strict=True)
    ]
