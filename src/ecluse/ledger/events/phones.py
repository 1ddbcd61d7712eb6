"""Members' phones, bound to their cards and unbound."""

from __future__ import annotations

from typing import Literal

from ecluse.ledger.events.event import Event


class PhoneEnrolled(Event, frozen=True, kw_only=True, tag="phone_enrolled"):
    """A member's phone stands for their card. Written in the transaction that binds it."""

    #: The phone's index (16 bytes).
    idx: bytes
    #: The person's index (16 bytes).
    subject: bytes
    #: Whose card it is, and who granted it.
    insurer: int
    #: SHA-256 of the insurer's signed word (32 bytes).
    grant: bytes


class PhoneEnded(Event, frozen=True, kw_only=True, tag="phone_ended"):
    """A phone stands for its card no longer. Written in the transaction that unbinds it."""

    #: The phone's index (16 bytes).
    idx: bytes
    insurer: int
    #: `insurer`: its word; `replaced`: another phone stands for the card, or this one for another.
    reason: Literal["insurer", "replaced"]
