"""What the watch remembers of one account: its habits, in a size that does not grow (pure)."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from ecluse.watch.sequential import DAY, Portion, Rate


HOUR = 3600.0
_WEEK_HOURS = 168
_PART, _WEEK_PARTS = 3 * HOUR, 56
#: Parts of the week are remembered for this period and the one before (days).
_PERIOD = 28
#: The latest entries that an alarm names.
_EVIDENCE = 12

#: Before an account has habits: a common share of misses.
_MISSES = 0.05


class Row(msgspec.Struct, gc=False):
    """Typed checks in a row that were not answered."""

    length: int = 0
    misses: int = 0
    began: float = 0.0

    def add(self, at: float, minutes: float, *, missed: bool) -> None:
        """Add a check; a row that takes longer than `minutes` begins anew."""
        if not self.length or at - self.began > minutes * 60:
            self.length, self.misses, self.began = 0, 0, at
        self.length += 1
        self.misses += missed


class Hours(msgspec.Struct, gc=False):
    """Parts of the week, of three hours each, in which an account works: one bit each."""

    period: int
    now: int = 0
    before: int = 0

    def work(self, at: float) -> None:
        """Note that it works."""
        period = int(at // (_PERIOD * DAY))
        if period != self.period:
            self.before = self.now if period == self.period + 1 else 0
            self.period, self.now = period, 0
        self.now |= _part(at)

    def odd(self, at: float) -> bool:
        """Tell whether it never worked in this part of the week, nor an hour from it.

        Nothing is odd before a whole period is known.
        """
        around = _part(at - HOUR) | _part(at) | _part(at + HOUR)
        return bool(self.before) and not (self.now | self.before) & around


def _part(at: float) -> int:
    return 1 << int(at // _PART) % _WEEK_PARTS


class Habits(msgspec.Struct, gc=False):
    """One account. Changed in place: `fresh` copies it first."""

    organisation: bytes
    typed: Rate
    known: Rate
    #: Only counted: the card lane has no suspected rate.
    card: Rate
    hours: Hours
    misses: Portion
    card_misses: Portion
    share: Portion
    regular: Portion
    odd: Portion
    row: Row
    #: Seconds between the last two new typed or known subjects.
    gap: float = 0.0
    asked_at: float = 0.0
    #: One bit for each of the last seven days with many new typed subjects; the lowest is `typed.day`.
    heavy: int = 0
    #: Day of the last alarm about the structure of what it asked: one a day.
    structured: int = 0
    #: Positions of the latest typed and known checks.
    evidence: tuple[int, ...] = ()

    @classmethod
    def begin(
        cls, organisation: bytes, at: float, typed_least: float, known_least: float
    ) -> Habits:
        """Return what is known of an account that is seen for the first time: nothing."""
        return cls(
            organisation,
            Rate.begin(typed_least, at),
            Rate.begin(known_least, at),
            Rate.begin(0.0, at),
            Hours(int(at // (_PERIOD * DAY))),
            Portion(_MISSES),
            Portion(_MISSES),
            Portion(0.0),
            Portion(0.0),
            Portion(0.0),
            Row(),
        )

    def fresh(self) -> Habits:
        """Return a copy that may be changed."""
        # `copy.copy` comes to the same, and takes longer.
        return Habits(
            self.organisation,
            replace(self.typed),
            replace(self.known),
            replace(self.card),
            replace(self.hours),
            replace(self.misses),
            replace(self.card_misses),
            replace(self.share),
            replace(self.regular),
            replace(self.odd),
            replace(self.row),
            self.gap,
            self.asked_at,
            self.heavy,
            self.structured,
            self.evidence,
        )

    def note(self, position: int) -> None:
        """Keep a position as evidence."""
        self.evidence = (*self.evidence[1 - _EVIDENCE :], position)

    def typed_share(self) -> float:
        """Return the usual share of typed checks among typed and card checks."""
        return self.typed.usual / ((self.typed.usual + self.card.usual) or 1.0)


class Tide(msgspec.Struct, gc=False):
    """The typed lane of the whole platform, by hour of the week."""

    #: Since the epoch.
    hour: int = 0
    count: int = 0
    #: How many times the usual the hour before carried.
    last: float = 1.0
    #: Usual counts by hour of the week.
    usual: tuple[float, ...] = (0.0,) * _WEEK_HOURS
    told: int = 0

    def rise(self, at: float, least: int) -> None:
        """Count a typed check."""
        hour = int(at // HOUR)
        if hour != self.hour:
            self.last = self._times(least) if hour == self.hour + 1 else 1.0
            slot = self.hour % _WEEK_HOURS
            before = self.usual[slot]
            mean = self.count if not before else before + (self.count - before) / 4
            self.usual = (*self.usual[:slot], float(mean), *self.usual[slot + 1 :])
            self.hour, self.count = hour, 0
        self.count += 1

    def times(self, least: int, most: float) -> float:
        """Return how many times the usual the platform asks now: 1 at least, `most` at most."""
        return min(most, max(1.0, self.last, self._times(least)))

    def _times(self, least: int) -> float:
        usual = self.usual[self.hour % _WEEK_HOURS]
        return self.count / usual if usual >= least else 1.0
