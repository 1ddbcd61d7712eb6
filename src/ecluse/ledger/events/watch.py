"""Events of the watch: what it suspects, and what it takes away."""

from __future__ import annotations

from datetime import datetime

from ecluse.ledger.events.event import Event


class AlarmRaised(Event, frozen=True, kw_only=True, tag="alarm"):
    """The watch suspects an account, an organisation, or everybody."""

    #: 16 random bytes.
    alarm: bytes
    #: Empty when it is about an organisation or the platform; likewise below.
    account: bytes = b""
    organisation: bytes = b""
    kind: str
    score: float
    #: Of the entries that it rests on.
    positions: tuple[int, ...]
    why: str


class Contained(Event, frozen=True, kw_only=True, tag="contained"):
    """The watch took something away. Written in the transaction that takes it.

    It ends at `until`, or by an `Unlock`.
    """

    #: The alarm that it follows.
    alarm: bytes
    #: Empty: from everybody.
    account: bytes = b""
    measure: str
    #: None: until two officers end it.
    until: datetime | None = None
    #: How many registrations were ended with it.
    devices: int = 0
