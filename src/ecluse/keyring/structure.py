"""What the typed identifiers of one account look like together: order, walks, distance (pure).

Somebody who reads from a list, or counts through the numbers of a commune, asks as no counter does.
Only the keyring sees identifiers, so it looks, and says no more than three small numbers: nothing
in them leads back to anybody. What it keeps of a person, for a day and in memory, is a token that
ends with the process and the first ten characters of the number: sex, year, month and commune of
birth, which dozens share.
"""

from __future__ import annotations

import os
from collections import Counter, OrderedDict
from hashlib import blake2b
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.ids.region import REGIONS, of_birth


if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

DAY = 86_400.0
#: What is looked at: more than any account's typed lane lets through in a day.
MOST = 16
HIGHEST = 3
"""The bucket of what next to no counter does."""
#: Characters of the number up to the commune of birth.
_CELL = 10
#: Of the whole number, without its key.
_NIR = 13

# Of n numbers in no order, a run of k one way appears with a chance of about 2 n / k!: 1 in 6 of
# ten for 5, 1 in 36 for 6, 1 in 250 for 7.
_RUNS = (5, 6, 7)
# How many were born in one month and commune. Twins are two.
_CROWDS = (3, 4, 5)
# Somebody at a counter was born in its region about as often as not (INSEE Première 1781: three in
# five live in their region of birth; fewer in Île-de-France and the south). From a list of all
# France, as often as the region is large. How many times better the list explains what was asked.
_NEAR = 0.5
_ODDS = (log(2), log(8), log(30))


class Structure(NamedTuple):
    """Buckets from 0, as any counter asks, to `HIGHEST`."""

    order: int = 0
    """Numbers that rise or fall one after the other."""
    walk: int = 0
    """Numbers of one month and commune."""
    distance: int = 0
    """Births far from the practice."""


class Step(msgspec.Struct, frozen=True):
    """One distinct number asked about: when, which as a token, and itself up to the commune of birth."""

    at: float
    token: bytes
    cell: str


class Trail(msgspec.Struct, frozen=True):
    """The last day of one account's typed checks, the oldest first."""

    steps: tuple[Step, ...] = ()


def follow(trail: Trail, person: bytes, token: bytes, now: float) -> Trail:
    """Return the trail with one more number asked about; a repeat within the day changes nothing.

    Args:
        trail: Of the account.
        person: 22 bytes, as `ids.subject.person_identifier` makes them.
        token: Another one for each number.
        now: Seconds since the epoch.
    """
    kept = tuple(step for step in trail.steps if step.at > now - DAY)
    if all(step.token != token for step in kept):
        kept = (*kept, Step(now, token, person[:_CELL].decode("ascii")))
    return Trail(kept[-MOST:])


def look(trail: Trail, region: str) -> Structure:
    """Return what a trail looks like from a practice in `region`, an INSEE code."""
    cells = [step.cell for step in trail.steps]
    if not cells:
        return Structure()
    # A list may be sorted by the whole number, which begins with the sex, or by birth.
    run = max(_longest_run(cells), _longest_run([cell[1:] for cell in cells]))
    crowd = max(Counter(cell[1:] for cell in cells).values())
    return Structure(
        _bucket(run, _RUNS), _bucket(crowd, _CROWDS), _bucket(_odds(cells, region), _ODDS)
    )


def _bucket(value: float, bounds: Iterable[float]) -> int:
    return sum(value >= bound for bound in bounds)


def _longest_run(cells: Sequence[str]) -> int:
    def longest(goes_on: Callable[[str, str], bool]) -> int:
        best = run = 1
        for before, after in pairwise(cells):
            run = run + 1 if goes_on(before, after) else 1
            best = max(best, run)
        return best

    return max(longest(lambda a, b: a <= b), longest(lambda a, b: a >= b))


def _odds(cells: Sequence[str], region: str) -> float:
    """Return ln of how much better a list of all France explains these births than a counter."""
    if region not in REGIONS:
        return 0.0
    anywhere = REGIONS[region][1]
    far, near = log((1 - anywhere) / (1 - _NEAR)), log(anywhere / _NEAR)
    births = (of_birth(cell) for cell in cells)
    return sum(near if birth == region else far for birth in births if birth is not None)


class Trails:
    """The trails of all accounts; those asked for least recently go when there are too many."""

    def __init__(self, most: int = 300_000) -> None:
        self._most = most
        self._key = os.urandom(32)
        self._of: OrderedDict[bytes, Trail] = OrderedDict()

    def follow(self, account: bytes, person: bytes, region: str, now: float) -> Structure:
        """Take in what an account asks, and return what its day looks like."""
        # A family may share one number, and a date typed wrong is typed again: one step.
        token = blake2b(account + person[:_NIR], key=self._key, digest_size=8).digest()
        trail = follow(self._of.get(account, Trail()), person, token, now)
        self._of[account] = trail
        self._of.move_to_end(account)
        if len(self._of) > self._most:
            self._of.popitem(last=False)
        return look(trail, region)
