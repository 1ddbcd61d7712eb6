"""What the ledger records: one small frozen type per event.

An event is written as a msgpack map that describes itself: `type` holds its tag below, the other
keys are the attribute names, and attributes at their default are left out. Tags and attribute names
are therefore for ever: a new attribute comes with a default, an old one never changes its meaning.

No event holds an identifier of a member. A subject is the PRF index that records are found by.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from ecluse.ledger.errors import LedgerError


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What all events share."""

    #: When it was decided, with its time zone. Sealed with the rest, unlike the row's own time,
    #: which only orders the ledger and finds a period in it.
    at: datetime


class Check(Event, frozen=True, kw_only=True, tag="check"):
    """A check was decided. Written in the transaction that spends its budget, before any answer."""

    #: The asker's id of the request (16 bytes): a repeated request finds its first answer by it.
    check: bytes
    #: 16 bytes each.
    account: bytes
    organisation: bytes
    #: RFC 7638 SHA-256 thumbprint of the device that signed (32 bytes).
    device: bytes
    #: Which proof the asker brought: `card`, `known` or `typed`.
    lane: str
    #: What the subject was given as: `card`, `reference` or `person`.
    kind: str
    #: The person's index (16 bytes), whether or not a record stands under it.
    subject: bytes
    #: (insurer, feed) of each record that the answer opens; empty on a refusal.
    opened: tuple[tuple[int, int], ...] = ()
    #: The care family asked about: the field that the answer discloses.
    family: str
    care_date: date
    outcome: Literal["released", "refused"]
    #: Why it was refused, in the gate's word for it; empty when released.
    reason: str = ""
    #: Asked before within the day: by this account, or with the same card by its organisation.
    repeat: bool = False
    #: SHA-256 that the settlement reference is found by (32 bytes); empty when none was given.
    reference: bytes = b""
    #: Version of the policy that decided.
    policy: str
    #: What the account's typed checks of the day look like together, from 0 (as any counter's) to 3:
    #: sorted, of one commune and month, far from the practice. The keyring's word.
    structure: tuple[int, int, int] = (0, 0, 0)


class Withheld(Event, frozen=True, kw_only=True, tag="withheld"):
    """A check that was recorded as released was refused after its record was opened, or failed.

    Written before that refusal leaves: the scope of an incident counts what was really answered.
    A check that found nobody is followed by one too, so that the ledger grows alike for both: its
    size is public.
    """

    #: The id of the check's ledger entry (16 bytes).
    entry: bytes
    reason: str


class Login(Event, frozen=True, kw_only=True, tag="login"):
    """A passkey vouched for a device. Written in the transaction that registers the device."""

    account: bytes
    #: Thumbprint of the device registered (32 bytes).
    device: bytes
    #: SHA-256 of the passkey's credential id (32 bytes).
    credential: bytes


class Logout(Event, frozen=True, kw_only=True, tag="logout"):
    """Registrations were ended by their owner. Written in the transaction that revokes them."""

    account: bytes
    #: Thumbprint of the device that asked (32 bytes).
    device: bytes
    #: How many registrations ended.
    devices: int = 1


class EnrolmentAsked(Event, frozen=True, kw_only=True, tag="enrolment_asked"):
    """A passkey asks to join an organisation. Written when the request is kept for an officer."""

    #: What the officer compares, e.g. `7QFD-M2KX-94TA`: it commits to the passkey's public key.
    fingerprint: str
    #: The organisation's number, as asked; empty for a role that belongs to none.
    finess: str
    #: SHA-256 of the passkey's credential id (32 bytes).
    credential: bytes
    role: str = "professional"
    #: The insurer's number, as its staff asked.
    amc: str = ""


class EnrolmentAccepted(Event, frozen=True, kw_only=True, tag="enrolment_accepted"):
    """An officer let a passkey join. Written in the transaction that makes the account."""

    fingerprint: str
    account: bytes
    #: Empty for a role that belongs to none.
    organisation: bytes
    #: SHA-256 of the passkey's credential id (32 bytes).
    credential: bytes
    role: str = "professional"
    #: The account that accepted; empty for a command on the operator's machine.
    by: bytes = b""


class ClientRotated(Event, frozen=True, kw_only=True, tag="client_rotated"):
    """Practice software replaced its key. Written in the transaction that registers the next one."""

    account: bytes
    #: Thumbprint of the key that asked, which counts until `ends_at` (32 bytes).
    device: bytes
    #: Thumbprint of the key that follows it (32 bytes).
    following: bytes
    ends_at: datetime


class EnrolmentRefused(Event, frozen=True, kw_only=True, tag="enrolment_refused"):
    """A passkey that asked to join was refused. Written in the transaction that refuses it."""

    fingerprint: str
    #: The account that refused; empty for a command on the operator's machine.
    by: bytes = b""


class OrganisationAdded(Event, frozen=True, kw_only=True, tag="organisation_added"):
    """An organisation may have accounts from now on."""

    organisation: bytes
    finess: str
    #: Registered there: its budget grows with them.
    professionals: int


class InsurerAdded(Event, frozen=True, kw_only=True, tag="insurer_added"):
    """An insurer's feeds are taken from now on."""

    insurer: int
    amc: str
    #: SHA-256 of the Ed25519 key that its feeds are signed with (32 bytes).
    signing_key: bytes


class FeedInForce(Event, frozen=True, kw_only=True, tag="feed_in_force"):
    """An insurer's feed took effect. Written in the transaction that switches to it."""

    insurer: int
    feed: int
    #: SHA-256 of the signed manifest (32 bytes).
    manifest: bytes
    accepted: int
    rejected: int
    #: The feed that a delta builds on; 0 for a full feed.
    base: int = 0


class FeedHeld(Event, frozen=True, kw_only=True, tag="feed_held"):
    """A feed waits for two officers: its count is out of the insurer's usual. Nothing was read."""

    insurer: int
    feed: int
    #: SHA-256 of the signed manifest (32 bytes).
    manifest: bytes
    rows: int
    usual: int


class FeedPurged(Event, frozen=True, kw_only=True, tag="feed_purged"):
    """Member references of a feed that ended were deleted: no entry that names them is left."""

    insurer: int
    feed: int
    #: How many there were.
    references: int


class FeedRefused(Event, frozen=True, kw_only=True, tag="feed_refused"):
    """An insurer's feed was refused as a whole. Written when its loading ends."""

    insurer: int
    feed: int
    #: SHA-256 of the signed manifest (32 bytes).
    manifest: bytes
    reason: str


class PolicyInForce(Event, frozen=True, kw_only=True, tag="policy_in_force"):
    """A policy took effect. Written by a gate that starts with another one than the last noted."""

    version: str
    #: SHA-256 of the policy file (32 bytes).
    sha256: bytes


class Lock(Event, frozen=True, kw_only=True, tag="lock"):
    """An account was locked. Written in the transaction that locks it."""

    account: bytes
    reason: str
    #: The account that locked it; empty for a command on the operator's machine.
    by: bytes = b""


class Unlock(Event, frozen=True, kw_only=True, tag="unlock"):
    """A locked account was opened again. Written in the transaction that opens it."""

    account: bytes
    #: Why it had been locked.
    reason: str


class SignedOut(Event, frozen=True, kw_only=True, tag="signed_out"):
    """An account's registrations were ended by somebody else, in this transaction."""

    account: bytes
    #: How many ended.
    devices: int
    #: The account that did it; empty for a command on the operator's machine.
    by: bytes = b""


class ActProposed(Event, frozen=True, kw_only=True, tag="act_proposed"):
    """One person proposed an act that takes two."""

    #: 16 random bytes.
    act: bytes
    kind: str
    #: Exactly what is to be done, canonical JSON; its SHA-256 is what both persons sign.
    content: bytes
    account: bytes
    #: The gesture, its moment and its device, as JSON: what to verify with the passkey's key.
    proof: bytes


class ActSeconded(Event, frozen=True, kw_only=True, tag="act_seconded"):
    """A second person agreed to an act."""

    act: bytes
    #: SHA-256 of the content (32 bytes).
    digest: bytes
    account: bytes
    proof: bytes


class ActWithdrawn(Event, frozen=True, kw_only=True, tag="act_withdrawn"):
    """One person stopped an act that was not done yet."""

    act: bytes
    account: bytes


class ActDone(Event, frozen=True, kw_only=True, tag="act_done"):
    """What two persons agreed on was done, in this transaction."""

    act: bytes
    kind: str
    #: SHA-256 of the content (32 bytes).
    digest: bytes


class Restored(Event, frozen=True, kw_only=True, tag="restored"):
    """The database came back from a backup. Written by the gate that found the ledger shorter.

    From here on every earlier registration is void and budgets count as spent for a day.
    """

    #: Entries that the database held when the restore was noticed.
    entries: int


class PageRelease(Event, frozen=True, kw_only=True, tag="page_release"):
    """The pages that professionals' browsers load were released. Written at each release."""

    #: Path of each file to its SHA-256 (32 bytes).
    files: dict[str, bytes]


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


AnyEvent = (
    Check
    | Withheld
    | Login
    | Logout
    | EnrolmentAsked
    | EnrolmentAccepted
    | ClientRotated
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
