"""What passes from a check to its payment. No act stands here, and nobody's index."""

from __future__ import annotations

from datetime import date

from ecluse.ledger.events.event import Event


class QuoteGiven(Event, frozen=True, kw_only=True, tag="quote_given"):
    """A price was guaranteed."""

    #: 16 bytes each.
    quote: bytes
    account: bytes
    organisation: bytes
    family: str
    ends: date
    #: (insurer, cents) of each payer, the first one first.
    amounts: tuple[tuple[int, int], ...]


class ClaimTaken(Event, frozen=True, kw_only=True, tag="claim_taken"):
    """A claim was accepted, or waits for a person."""

    claim: bytes
    account: bytes
    organisation: bytes
    family: str
    outcome: str
    reason: str = ""
    amounts: tuple[tuple[int, int], ...]
    #: SHA-256(salt | care); the insurer has both (32 bytes).
    commitment: bytes
