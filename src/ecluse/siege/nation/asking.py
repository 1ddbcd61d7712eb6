"""From a day's columns to checks as `decide` takes them, in micro-batches."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecluse.gate.state import Ask, Lane
from ecluse.gate.windows import DAY, HOUR
from ecluse.siege.nation.checks import CARD, KNOWN


if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ecluse.siege.nation.checks import Checks
    from ecluse.siege.nation.drawing import Work
    from ecluse.siege.nation.region import Region


#: Seconds of a micro-batch: an hour holds a whole number of them.
BATCH = 15.0
BATCHES = int(DAY / BATCH)
_HOURS = 24
#: By the keyring's meter, and with a device that is signed in.
_LET_IN = (True, True)
#: Spreads the numbers of cards evenly (the golden ratio's, of 64 bits).
_SPREAD = np.uint64(0x9E37_79B9_7F4A_7C15)


class Batch(NamedTuple):
    """Checks that are decided together."""

    #: Its number within the day: it is decided when it is complete.
    number: int
    asks: list[Ask]
    #: Whom each typed one asks about, empty for the others.
    persons: list[bytes]
    #: Cards that nobody shows again.
    gone: list[bytes]


def batches(work: Work, region: Region, names: Sequence[bytes], phone: float) -> Iterator[Batch]:
    """Yield a day's batches that hold any check; an hour's checks are made at a time.

    Args:
        work: The day.
        region: Whose.
        names: Of its accounts.
        phone: Share of the cards that are on a phone.
    """
    checks = work.checks
    numbers, shown_last = checks.at // BATCH, _shown_last(checks)
    hours = np.searchsorted(checks.at, np.arange(_HOURS + 1) * HOUR).tolist()
    for first, last in pairwise(hours):
        asks, persons = _asks(work, region, names, phone, slice(first, last))
        gone = shown_last[first:last].tolist()
        starts = np.flatnonzero(np.diff(numbers[first:last], prepend=-1.0)).tolist()
        for start, end in pairwise([*starts, last - first]):
            rows = slice(start, end)
            yield Batch(
                int(numbers[first + start]),
                asks[rows],
                persons[rows],
                [ask.card for ask, over in zip(asks[rows], gone[rows], strict=True) if over],
            )


def _shown_last(checks: Checks) -> NDArray[np.bool_]:
    """Tell which checks show a card for the last time: one that nobody shows again, nobody reads."""
    cards = np.flatnonzero((checks.lane == CARD) & checks.found)
    _, first_from_behind = np.unique(checks.subject[cards][::-1], return_index=True)
    last = np.zeros(len(checks.at), np.bool_)
    last[cards[len(cards) - 1 - first_from_behind]] = True
    return last


def _asks(
    work: Work, region: Region, names: Sequence[bytes], phone: float, rows: slice
) -> tuple[list[Ask], list[bytes]]:
    _, account, lane, subject, found = work.checks.at_rows(rows)
    place = region.place[account]
    columns = (
        account.tolist(),
        lane.tolist(),
        subject.tolist(),
        found.tolist(),
        _tokens(subject),
        _tokens(subject, place + (region.number << 32)),
        _tokens(subject, account + (region.number << 32)),
        on_phone(subject, phone).tolist(),
    )
    asks, persons = list[Ask](), list[bytes]()
    for who, how, whom, there, token, visitor, counter, proved in zip(*columns, strict=True):
        name, person = names[who], b""
        if how == CARD and there:
            ask = Ask(name, Lane.CARD, token, there, *_LET_IN, token, visitor, counter, proved)
        elif how == CARD:
            # As a gate asks: what leads to no card has no token.
            ask = Ask(name, Lane.CARD, token, there, *_LET_IN)
        elif how == KNOWN:
            ask = Ask(name, Lane.KNOWN, token, there, *_LET_IN)
        else:
            person = work.persons[whom]
            ask = Ask(name, Lane.TYPED, person, there, *_LET_IN)
        asks.append(ask)
        persons.append(person)
    return asks, persons


def _tokens(*numbers: NDArray[np.int64]) -> list[bytes]:
    """Return numbers side by side as bytes, eight for each."""
    return np.stack(numbers, axis=1).astype(">i8").view(f"V{8 * len(numbers)}").ravel().tolist()


def on_phone(card: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """Tell which cards are on a phone, always the same ones."""
    spread = card.astype(np.uint64) * _SPREAD >> np.uint64(40)
    held: NDArray[np.bool_] = spread < share * (1 << 24)
    return held
