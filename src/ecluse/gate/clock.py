"""The time that budgets run on (pure).

The database's clock, held within a second of this process's monotonic clock, and never before the
last entry: setting a clock forward frees no budget, and setting it back stamps no check with an
hour that would let it be forgotten too early.
"""

from __future__ import annotations

from typing import NamedTuple

from ecluse.errors import EcluseError


#: Seconds by which the two clocks may differ when a process starts to count.
AGREEMENT = 60.0
_TOLERANCE = 1.0


class ClocksError(EcluseError):
    """Two clocks disagree, and one of them is wrong."""


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

    Raises:
        ClocksError: They are more than a minute apart.
    """
    if abs(database - host) > AGREEMENT:
        raise ClocksError(
            f"The clocks of database and gate are {abs(database - host):.0f} seconds apart.",
            hint="Set the wrong one right: budgets hang on the time.",
        )
    return Anchor(min(database, host + _TOLERANCE), monotonic)


def gate_time(since: Anchor, *, database: float, last_entry: float, monotonic: float) -> float:
    """Return the present (seconds since the epoch).

    Args:
        since: The moment at which this process started to count.
        database: The database's clock.
        last_entry: The time of the ledger's last entry; time never runs backwards from it.
        monotonic: This process's monotonic clock.
    """
    counted = since.now + monotonic - since.monotonic
    present = min(max(database, counted - _TOLERANCE), counted + _TOLERANCE)
    return max(last_entry, present)
