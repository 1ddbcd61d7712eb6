"""The events that the ledger records, and how they are written.

An event is written as a msgpack map that describes itself: `type` holds its tag below, the other
keys are the attribute names, and attributes at their default are left out. Tags and attribute names
are therefore for ever: a new attribute comes with a default, an old one never changes its meaning.

No event holds an identifier of a member. A subject is the PRF index that records are found by.
"""

from __future__ import annotations

import msgspec

from ecluse.ledger.errors import LedgerError
from ecluse.ledger.events.acts import ActDone, ActProposed, ActSeconded, ActWithdrawn
from ecluse.ledger.events.breach import (
    IncidentChanged,
    IncidentClosed,
    IncidentOpened,
    IncidentStatement,
    NoticeAcknowledged,
    NoticeFetched,
    NoticesBuilt,
    NoticesSent,
    ScopeTaken,
)
from ecluse.ledger.events.checks import Check, GateEnded, RunMark, Withheld
from ecluse.ledger.events.event import Event
from ecluse.ledger.events.exchange import (
    AlarmHeard,
    AlarmTold,
    PeerAdded,
    PeerRemoved,
    ProfessionalNamed,
)
from ecluse.ledger.events.logins import (
    ClientRotated,
    EnrolmentAccepted,
    EnrolmentAsked,
    EnrolmentRefused,
    Lock,
    Login,
    Logout,
    SignedOut,
    Unlock,
)
from ecluse.ledger.events.phones import PhoneEnded, PhoneEnrolled
from ecluse.ledger.events.platform import (
    CheckpointRefused,
    PageRelease,
    PolicyInForce,
    Restored,
    Witnessed,
)
from ecluse.ledger.events.register import (
    FeedHeld,
    FeedInForce,
    FeedPurged,
    FeedRefused,
    HoneyPlanted,
    InsurerAdded,
    OrganisationAdded,
)
from ecluse.ledger.events.settle import ClaimTaken, QuoteGiven
from ecluse.ledger.events.watch import AlarmRaised, Contained


__all__ = [
    "ActDone",
    "ActProposed",
    "ActSeconded",
    "ActWithdrawn",
    "AlarmHeard",
    "AlarmRaised",
    "AlarmTold",
    "AnyEvent",
    "Check",
    "CheckpointRefused",
    "ClaimTaken",
    "ClientRotated",
    "Contained",
    "EnrolmentAccepted",
    "EnrolmentAsked",
    "EnrolmentRefused",
    "Event",
    "FeedHeld",
    "FeedInForce",
    "FeedPurged",
    "FeedRefused",
    "GateEnded",
    "HoneyPlanted",
    "IncidentChanged",
    "IncidentClosed",
    "IncidentOpened",
    "IncidentStatement",
    "InsurerAdded",
    "Lock",
    "Login",
    "Logout",
    "NoticeAcknowledged",
    "NoticeFetched",
    "NoticesBuilt",
    "NoticesSent",
    "OrganisationAdded",
    "PageRelease",
    "PeerAdded",
    "PeerRemoved",
    "PhoneEnded",
    "PhoneEnrolled",
    "PolicyInForce",
    "ProfessionalNamed",
    "QuoteGiven",
    "Restored",
    "RunMark",
    "ScopeTaken",
    "SignedOut",
    "UnknownEventError",
    "Unlock",
    "Withheld",
    "Witnessed",
    "decode",
    "encode",
]

AnyEvent = (
    Check
    | Withheld
    | Login
    | Logout
    | EnrolmentAsked
    | EnrolmentAccepted
    | ClientRotated
    | PhoneEnrolled
    | PhoneEnded
    | EnrolmentRefused
    | OrganisationAdded
    | InsurerAdded
    | FeedInForce
    | FeedRefused
    | FeedHeld
    | FeedPurged
    | PolicyInForce
    | Lock
    | Unlock
    | SignedOut
    | ActProposed
    | ActSeconded
    | ActWithdrawn
    | ActDone
    | Restored
    | PageRelease
    | AlarmRaised
    | Contained
    | HoneyPlanted
    | PeerAdded
    | PeerRemoved
    | ProfessionalNamed
    | AlarmTold
    | AlarmHeard
    | GateEnded
    | IncidentOpened
    | IncidentChanged
    | IncidentClosed
    | ScopeTaken
    | NoticesBuilt
    | NoticesSent
    | NoticeFetched
    | NoticeAcknowledged
    | QuoteGiven
    | ClaimTaken
    | Witnessed
    | CheckpointRefused
)

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(AnyEvent)


class UnknownEventError(LedgerError):
    """The bytes are no event that this version knows."""

    def __init__(self) -> None:
        super().__init__(
            "A ledger entry holds no event that this version knows.",
            hint="It was written by a newer version: upgrade before reading it.",
        )


def encode(event: Event) -> bytes:
    """Return the event as msgpack.

    Raises:
        ValueError: Its time has no time zone.
    """
    if event.at.tzinfo is None:
        raise ValueError("the time of an event needs a time zone")
    return _encoder.encode(event)


def decode(body: bytes) -> AnyEvent:
    """Return the event that `encode` wrote; its time comes back in UTC.

    Raises:
        UnknownEventError: Unknown tag, or an attribute missing or of the wrong type.
    """
    try:
        event: AnyEvent = _decoder.decode(body)
    except msgspec.DecodeError:
        raise UnknownEventError from None
    return event
