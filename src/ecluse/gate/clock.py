"""The time that budgets run on (pure).

The later of the database's clock and the last entry's time, and never faster than this process's
monotonic clock plus a second: setting a clock forward frees no budget.
"""

from __future__ import annotations

from typing import NamedTuple


_TOLERANCE = 1.0


class Anchor(NamedTuple):
    """A moment agreed earlier: the time and the monotonic clock's reading at it (seconds)."""

    now: float
    monotonic: float


def anchor(*, database: float, host: float, monotonic: float) -> Anchor:
    """Return the moment at which a process starts to count: two clocks have to agree on it.

    The last entry's time has no part in it. It may already be ahead by the tolerance, and a process
    that starts again and again would push the time further with each start.

    Args:
        database: The database's clock.
        host: This host's clock; asked once.
        monotonic: This process's monotonic clock.
    """
    return Anchor(min(database, host + _TOLERANCE), monotonic)


def gate_time(since: Anchor, *, database: float, last_entry: float, monotonic: float) -> float:
    """Return the present (seconds since the epoch).

    Args:
        since: The moment at which this process started to count.
        database: The database's clock.
        last_entry: The time of the ledger's last entry; time never runs backwards from it.
        monotonic: This process's monotonic clock.
    """
    latest = since.now + monotonic - since.monotonic + _TOLERANCE
    return max(last_entry, min(database, latest))
