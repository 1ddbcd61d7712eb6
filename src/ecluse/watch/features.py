"""What the watch remembers of one account: its habits, in a size that does not grow (pure)."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ecluse.watch.sequential import DAY, Portion, Rate


if TYPE_CHECKING:
    from ecluse.policy.watch import WatchPolicy


HOUR = 3600.0
_WEEK_HOURS = 168
_DAY_HOURS, _WEEKEND = 24, 5
#: Hours of work are remembered for this period and the one before (days).
_PERIOD = 14
#: The latest entries that an alarm names.
_EVIDENCE = 12

#: Before an account has habits: common shares of misses, of checks at odd hours, and of days whose
#: persons come from far away.
_MISSES, _ODD, _FAR = 0.05, 0.03, 0.12


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
    """Hours of the day in which an account works, on weekdays and at weekends: one bit each."""

    period: int
    now: int = 0
    before: int = 0
    #: When it was first seen at work, seconds since the epoch.
    first: float = 0.0

    def work(self, at: float) -> None:
        """Note that it works."""
        period = int(at // (_PERIOD * DAY))
        if period != self.period:
            self.before = self.now if period == self.period + 1 else 0
            self.period, self.now = period, 0
        self.now |= _hour(at)

    def odd(self, at: float) -> bool:
        """Tell whether it never worked at this hour, nor one from it, in the weeks remembered.

        Nothing is odd before a whole period is known.
        """
        around = _hour(at - HOUR) | _hour(at) | _hour(at + HOUR)
        return at - self.first >= _PERIOD * DAY and not (self.now | self.before) & around


def _hour(at: float) -> int:
    day, hour = divmod(int(at // HOUR), _DAY_HOURS)
    # The epoch began on a Thursday.
    return 1 << hour + _DAY_HOURS if (day + 3) % 7 >= _WEEKEND else 1 << hour


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
    #: Days on which it did anything, which is how its habits count them; and the last one, since the
    #: epoch.
    worked: int = 0
    workday: int = 0
    #: The day's typed persons: what they look like, and how far away they come from.
    looks: float = 0.0
    distance: int = 0
    #: Day of work of the last alarm about mere numbers, and on which it became suspect: one a day.
    told: int = 0
    suspect: int = 0
    #: The last typed check was not answered.
    refused: bool = False
    #: Positions of the latest typed and known checks.
    evidence: tuple[int, ...] = ()
    #: Days on which the typed persons come from far away, among those with several.
    far: Portion = msgspec.field(default_factory=lambda: Portion(_FAR))

    @classmethod
    def begin(cls, organisation: bytes, at: float, policy: WatchPolicy) -> Habits:
        """Return what is known of an account that is seen for the first time: nothing."""
        typed = sqrt(policy.typed_day_least * policy.typed_day_most)
        known = sqrt(policy.known_day_least * policy.known_day_most)
        return cls(
            organisation,
            Rate.begin(typed, 1, at),
            Rate.begin(known, 1, at),
            Rate.begin(0.0, 1, at),
            Hours(int(at // (_PERIOD * DAY)), first=at),
            Portion(_MISSES),
            Portion(_MISSES),
            Portion(0.0),
            Portion(0.0),
            Portion(_ODD),
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
            self.worked,
            self.workday,
            self.looks,
            self.distance,
            self.told,
            self.suspect,
            self.refused,
            self.evidence,
            replace(self.far),
        )

    def begin_day(self, at: float) -> None:
        """Note that it works on this day."""
        day = int(at // DAY)
        if day > self.workday:
            self.workday = day
            self.worked += 1

    def note(self, position: int) -> None:
        """Keep a position as evidence."""
        self.evidence = (*self.evidence[1 - _EVIDENCE :], position)

    def typed_share(self) -> float:
        """Return the usual share of typed checks among typed and card checks."""
        return self.typed.usual / ((self.typed.usual + self.card.usual) or 1.0)


class Tide(msgspec.Struct, gc=False):
    """What happens on the whole platform (typed checks, say), by hour of the week."""

    #: Since the epoch.
    hour: int = 0
    count: int = 0
    #: How many times the usual the hour before carried.
    last: float = 1.0
    #: Usual counts by hour of the week.
    usual: tuple[float, ...] = (0.0,) * _WEEK_HOURS
    told: int = 0

    def rise(self, at: float, least: int) -> None:
        """Count one."""
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

    def usually(self) -> float:
        """Return the usual count of this hour of the week."""
        return self.usual[self.hour % _WEEK_HOURS]

    def _times(self, least: int) -> float:
        usual = self.usually()
        return self.count / usual if usual >= least else 1.0
