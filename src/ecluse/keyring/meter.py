"""The keyring's own meter: distinct persons in any sliding window, per lane (pure).

A captured gate can ask for whatever it likes; what it gets is bounded here, by a process that it
does not control. The card lane is counted and never refused: a card's 128-bit secret cannot be
guessed, so a captured gate is bounded there by the cards that people present.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from collections.abc import Mapping


DAY = 86_400.0
HOUR = 3_600.0
#: Hours that any window of 24 hours can touch.
_HOURS = 25


class Meter:
    """Distinct tokens admitted in any `window` seconds, at most `limit` (None: count only).

    A token admitted again moves to the end of the window: at every moment the tokens seen within
    the window that ends there number at most `limit`.
    """

    def __init__(self, limit: int | None, window: float = DAY) -> None:
        self.limit = limit
        #: Admissions, since the start, of tokens that the window did not hold.
        self.fresh = 0
        self._window = window
        self._seen: OrderedDict[bytes, float] = OrderedDict()
        self._now = float("-inf")

    def admit(self, token: bytes, now: float) -> bool:
        """Count `token` at `now` (seconds; never runs backwards) unless that exceeds the limit."""
        self._advance(now)
        if token not in self._seen:
            if self.limit is not None and len(self._seen) >= self.limit:
                return False
            self.fresh += 1
        self._seen[token] = self._now
        self._seen.move_to_end(token)
        return True

    def restore(self, token: bytes, at: float) -> None:
        """Put back what was admitted at `at`, before a restart, whatever the limit says.

        Tokens come back in the order of their times.
        """
        self._advance(at)
        self._seen[token] = self._now
        self._seen.move_to_end(token)

    def count(self, now: float) -> int:
        """Return how many distinct tokens stand in the window that ends at `now`."""
        self._advance(now)
        return len(self._seen)

    def _advance(self, now: float) -> None:
        self._now = max(self._now, now)
        horizon = self._now - self._window
        while self._seen:
            token, seen = next(iter(self._seen.items()))
            if seen > horizon:
                break
            del self._seen[token]


def reserved(hours: Mapping[int, int], now: float) -> int:
    """Return how many admissions were reserved in the hours that the day ending now can touch."""
    oldest = int(now // HOUR) - _HOURS
    return sum(count for hour, count in hours.items() if hour > oldest)


def reserve(hours: Mapping[int, int], count: int, now: float) -> dict[int, int]:
    """Return `hours` with `count` more reserved in the present one, and none that are over."""
    present = int(now // HOUR)
    kept = {hour: held for hour, held in hours.items() if hour > present - _HOURS}
    kept[present] = kept.get(present, 0) + count
    return kept
