"""What the watch is told of a check: who asked and what came of it, and nothing of the subject."""

from __future__ import annotations

import msgspec

from ecluse.gate.state import Lane, Reason


class Seen(msgspec.Struct, frozen=True):
    """One decided check, as its ledger entry tells it."""

    #: 16 bytes each.
    account: bytes
    organisation: bytes
    #: Seconds since the epoch; never earlier than the one before.
    at: float
    lane: Lane
    released: bool
    reason: Reason | None
    #: Asked before within the day: it costs nothing and tells nothing.
    repeat: bool
    #: Of the entry, in the ledger.
    position: int
    #: Organisations that asked about this subject without a card within the day, when known.
    organisations: int = 0
    #: What the account's typed subjects of the day look like together, each from 0 to 3: sorted, of one
    #: commune and month, far from the practice.
    structure: tuple[int, int, int] = (0, 0, 0)
    #: The subject is nobody: an invented member whom only the keyring knows.
    honey: bool = False
