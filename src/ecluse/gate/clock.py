"""The time that budgets run on (pure).

The later of the database's clock and the last entry's time, and never faster than this process's
monotonic clock plus a second: setting a clock forward frees no budget.
"""

from __future__ import annotations

from typing import NamedTuple


_TOLERANCE = 1.0


class Anchor(NamedTuple):
    """A moment agreed earlier: the gate's time and the monotonic clock's reading at it (seconds)."""

    now: float
    monotonic: float


def gate_time(
    anchor: Anchor | None, *, database: float, last_entry: float, host: float, monotonic: float
) -> float:
    """Return the present (seconds since the epoch).

    Args:
        anchor: The first moment this process agreed on; None at that moment itself.
        database: The database's clock.
        last_entry: The time of the ledger's last entry; time never runs backwards from it.
        host: This host's clock; used once, so that the first moment needs two clocks to agree.
        monotonic: This process's monotonic clock.
    """
    latest = (
        host + _TOLERANCE
        if anchor is None
        else anchor.now + monotonic - anchor.monotonic + _TOLERANCE
    )
    return max(last_entry, min(database, latest))
