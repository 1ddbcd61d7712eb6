"""Which of an insurer's feeds answer for which dates of care (pure; about nobody).

For a date of care the latest full feed that speaks about it answers, with the deltas that came
after it; an earlier full feed answers for earlier dates only. Put the other way round, each feed
answers for one stretch of days, and that is what the register keeps.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple


if TYPE_CHECKING:
    from collections.abc import Iterable

#: Two years after care nobody can claim any more (Code de la mutualité, article L. 221-11).
CLAIMS_WINDOW = timedelta(days=730)


class Standing(NamedTuple):
    """A feed that may answer.

    Attributes:
        feed: the insurer's own number.
        full: whether it is a full feed; otherwise it is a delta.
        period_from: first day it speaks about.
        period_to: last day; None for no end.
    """

    feed: int
    full: bool
    period_from: date
    period_to: date | None


class Stretch(NamedTuple):
    """The dates of care that a feed answers for: from `first` up to, not including, `until`."""

    first: date
    until: date | None

    def holds(self, day: date) -> bool:
        """Tell whether `day` is among them."""
        return self.first <= day and (self.until is None or day < self.until)


def reach(feeds: Iterable[Standing], today: date) -> dict[int, Stretch]:
    """Return, by number, what each feed answers for; without those that no date reaches any more.

    A date is out of reach once care on it cannot be claimed any more.
    """
    everything = sorted(feeds)
    stretches = {feed.feed: _stretch(feed, everything) for feed in everything}
    oldest = today - CLAIMS_WINDOW
    return {
        feed: stretch
        for feed, stretch in stretches.items()
        if stretch is not None
        and (stretch.until is None or max(stretch.first, oldest) < stretch.until)
    }


def _stretch(feed: Standing, everything: list[Standing]) -> Stretch | None:
    """Return a feed's dates; None when a delta has no full feed below it."""
    ends = [each.period_from for each in everything if each.full and each.feed > feed.feed]
    if feed.period_to is not None and feed.period_to < date.max:
        ends.append(feed.period_to + timedelta(days=1))
    first = feed.period_from
    if not feed.full:
        below = [each.period_from for each in everything if each.full and each.feed < feed.feed]
        if not below:
            return None
        # What a delta says of a day before its own period still changes what stood there.
        first = min(below)
    return Stretch(first, min(ends, default=None))
