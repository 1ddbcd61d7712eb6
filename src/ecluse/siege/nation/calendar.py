"""What sort of day it is: weekday, season, epidemic, outage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from ecluse.gate.windows import DAY


if TYPE_CHECKING:
    from ecluse.siege.nation.assumed import Assumed


SATURDAY, SUNDAY = 5, 6


class Day(NamedTuple):
    """One day of the nation's."""

    #: Its midnight, seconds since the epoch.
    begins: float
    #: Days since the nation began.
    number: int
    #: 0 for a Monday, and for January.
    weekday: int
    month: int

    @classmethod
    def after(cls, begin: float, number: int) -> Day:
        """Return the day that is so many days after `begin`, a midnight."""
        begins = begin + number * DAY
        date = datetime.fromtimestamp(begins, UTC)
        return cls(begins, number, date.weekday(), date.month - 1)

    def busy(self, assumed: Assumed) -> float:
        """Return how much is asked, beside a usual day."""
        return assumed.queue[self.weekday] * assumed.season[self.month]

    def epidemic(self, assumed: Assumed, region: int) -> bool:
        """Tell whether the region of this number has its epidemic."""
        plan = assumed.epidemic
        return 0 <= self.number - plan.from_ - region % plan.spread < plan.days
