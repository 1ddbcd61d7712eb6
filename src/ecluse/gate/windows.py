"""Sliding windows: what makes a budget exact (pure).

`Recent` knows which distinct tokens were asked last and when; it holds a handful. `Ring` counts by
the hour; a cap over its 25 hours holds over any 24 hours within them, never the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec


if TYPE_CHECKING:
    from collections.abc import Iterator


HOUR = 3600.0
DAY = 24 * HOUR
#: Hours that any window of 24 hours can touch.
_RING_HOURS = 25
_NEVER = float("-inf")


class Recent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Distinct tokens asked within the last day, each with the moment it was last asked."""

    asked: dict[bytes, float] = {}

    def within(self, window: float, now: float) -> Iterator[bytes]:
        """Yield the tokens asked in the `window` seconds that end at `now`."""
        return (token for token, at in self.asked.items() if at > now - window)

    def count(self, window: float, now: float) -> int:
        """Return how many distinct tokens were asked in the `window` seconds that end at `now`."""
        return sum(1 for _ in self.within(window, now))

    def holds(self, token: bytes, window: float, now: float) -> bool:
        """Tell whether `token` was asked in that window."""
        return self.asked.get(token, _NEVER) > now - window

    def allows(self, token: bytes, cap: int, window: float, now: float) -> bool:
        """Tell whether asking `token` now keeps the window's distinct tokens within `cap`."""
        return (
            len(self.asked) < cap  # what is older than the window only adds
            or self.holds(token, window, now)
            or self.count(window, now) < cap
        )

    def ask(self, token: bytes, now: float) -> Recent:
        """Return this with `token` asked now. What is older than a day is forgotten."""
        if not self.asked:
            return Recent({token: now})
        horizon = now - DAY
        asked = {t: at for t, at in self.asked.items() if at > horizon and t != token}
        asked[token] = now
        return Recent(asked)


class Ring(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Counts by hour since the epoch; only the hours that a day can touch are kept."""

    hours: dict[int, int] = {}

    def total(self, now: float) -> int:
        """Return what was counted in the 25 hours that any 24-hour window ending now can touch."""
        oldest = int(now // HOUR) - _RING_HOURS
        return sum(count for hour, count in self.hours.items() if hour > oldest)

    def reaches(self, cap: int, now: float) -> bool:
        """Tell whether `total` is `cap` or more."""
        # What is older only adds: a sum below the cap with it is below the cap without it.
        return sum(self.hours.values()) >= cap and self.total(now) >= cap

    def add(self, count: int, now: float) -> Ring:
        """Return this with `count` added to the present hour."""
        hour = int(now // HOUR)
        counted = self.hours.get(hour)
        if counted is not None:  # what is over went when this hour began
            hours = self.hours.copy()
            hours[hour] = counted + count
            return Ring(hours)
        kept = {h: c for h, c in self.hours.items() if h > hour - _RING_HOURS and c > 0}
        kept[hour] = count
        return Ring(kept)

    def move(self, then: float, now: float) -> Ring:
        """Return this with one count moved from the hour of `then` to the present one.

        A repeat costs nothing, but it is as recent as the latest asking: leaving the count where it
        was would let it expire too early, and one person too many through. What was never counted
        here (the account joined this organisation since) is counted now.
        """
        hour, counted = int(then // HOUR), self.hours.get(int(then // HOUR), 0)
        if counted and hour == int(now // HOUR):
            return self
        return Ring({**self.hours, hour: max(0, counted - 1)}).add(1, now)

    def ask(self, token: bytes, before: Recent, now: float) -> Ring:
        """Return this with `token` asked now, where each token counts once.

        Args:
            token: What is asked.
            before: What was asked until now, each of it counted here.
            now: Seconds since the epoch.
        """
        then = before.asked.get(token)
        if then is None or then <= now - DAY:
            return self.add(1, now)
        return self.move(then, now)
