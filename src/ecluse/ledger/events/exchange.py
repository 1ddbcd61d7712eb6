"""What passes between operators: peers, alarms told and heard. Nothing is about members."""

from __future__ import annotations

from ecluse.ledger.events.event import Event


class PeerAdded(Event, frozen=True, kw_only=True, tag="peer_added"):
    """Another operator is told of alarms and heard from now on, or on other terms."""

    #: RFC 7638 thumbprint of its key (32 bytes); likewise below.
    peer: bytes
    name: str
    #: The strongest measure that its word may bring.
    most: str


class PeerRemoved(Event, frozen=True, kw_only=True, tag="peer_removed"):
    """Another operator is neither told nor heard any more."""

    peer: bytes


class ProfessionalNamed(Event, frozen=True, kw_only=True, tag="professional_named"):
    """An officer noted which professional an account belongs to."""

    account: bytes
    rpps: str


class AlarmTold(Event, frozen=True, kw_only=True, tag="alarm_told"):
    """An alarm of the watch was signed for peers to read."""

    #: As `AlarmRaised` has it.
    alarm: bytes
    #: SHA-256 of the signed object (32 bytes).
    object: bytes


class AlarmHeard(Event, frozen=True, kw_only=True, tag="alarm_heard"):
    """A peer's alarm was read, and is answered as the policy says. `Contained` follows.

    One for each account here that it is about; one with no account when it is about none.
    """

    #: 16 random bytes: what `Contained` names.
    alarm: bytes
    peer: bytes
    #: The STIX object's id.
    object: str
    kind: str
    account: bytes = b""
    why: str
