"""Honest work in virtual time: what an account asks on its days of work (drawn from a seed)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from ecluse.gate.state import Ask, Lane
from ecluse.gate.windows import DAY, HOUR


if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.random import Generator
    from numpy.typing import NDArray


#: A Monday, midnight.
BEGIN = datetime(2027, 1, 4, tzinfo=UTC).timestamp()
_OPENS, _CLOSES = 8 * HOUR, 19 * HOUR
SUNDAY = 6


class Habit(NamedTuple):
    """Means a day of work and account, and the share of checks that find nobody.

    Assumed: nobody has published them. The nation is tried at half and at twice the typed ones.
    """

    card: float = 12.0
    known: float = 3.0
    typed: float = 1.0
    #: Wrong digits, and people with no cover here; a card that is dead.
    typed_missing: float = 0.05
    card_missing: float = 0.005


class Work(NamedTuple):
    """One honest check and its moment, seconds since the epoch."""

    at: float
    ask: Ask


def work(
    rng: Generator,
    accounts: Sequence[tuple[bytes, bytes]],
    day: float,
    habit: Habit,
    pace: NDArray[np.float64] | float = 1.0,
) -> list[Work]:
    """Return a day's checks of `accounts` (name, organisation), in order; nobody works on Sundays.

    Args:
        rng: What chance is drawn from.
        accounts: Who works.
        day: Its midnight, seconds since the epoch.
        habit: How much an account asks.
        pace: Times that; one for all accounts, or one for each.
    """
    if weekday(day) == SUNDAY:
        return []
    lanes = (
        (Lane.CARD, habit.card, habit.card_missing),
        (Lane.KNOWN, habit.known, 0.0),
        (Lane.TYPED, habit.typed, habit.typed_missing),
    )
    done: list[Work] = []
    for lane, mean, missing in lanes:
        counts = rng.poisson(mean * pace, len(accounts))
        for (account, organisation), count in zip(accounts, counts.tolist(), strict=True):
            at = rng.uniform(day + _OPENS, day + _CLOSES, count).tolist()
            misses = (rng.random(count) < missing).tolist()
            for moment, miss in zip(at, misses, strict=True):
                done.append(Work(moment, check(rng, account, organisation, lane, found=not miss)))
    return sorted(done, key=lambda each: each.at)


def weekday(day: float) -> int:
    """Return 0 for a Monday."""
    return int((day - BEGIN) // DAY) % 7


def check(rng: Generator, account: bytes, organisation: bytes, lane: Lane, *, found: bool) -> Ask:
    """Return a check of somebody who was not asked about before."""
    subject = rng.bytes(16)
    if lane is Lane.CARD:
        return card_check(account, organisation, subject, found=found)
    return Ask(account, lane, subject, found, admitted=True)


def card_check(account: bytes, organisation: bytes, card: bytes, *, found: bool) -> Ask:
    """Return a check of a card."""
    visitor, counter = card + organisation, card + account
    return Ask(
        account, Lane.CARD, card, found, admitted=True, card=card, visitor=visitor, counter=counter
    )


def life(
    rng: Generator, accounts: Sequence[tuple[bytes, bytes]], habit: Habit, first: int, days: int
) -> Iterator[Work]:
    """Yield the checks of `days` days, from `first` days after `BEGIN` (before it if negative)."""
    for day in range(first, first + days):
        yield from work(rng, accounts, BEGIN + day * DAY, habit)
