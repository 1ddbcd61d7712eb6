"""What crosses the keyring's border: small typed messages, length-prefixed msgpack.

A socket per caller says who may ask what: the gate locates and unseals, the loader evaluates feeds,
the ledger's keeper has checkpoints signed, an officer's command has entries sealed, the watch learns
who asked, the breach part whom an incident concerns. Sizes and ranges are part of the types: what
does not fit is no request.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec

from ecluse.cards import grant, presentation
from ecluse.keyring.bulk import CARD_SIZE


#: Larger than any batch; a bulk chunk of 65,536 rows takes about 9 MB on its way back.
MOST_BYTES = 64 * 1024 * 1024
#: What a client reads ahead: a bulk chunk in asyncio's own pieces of 64 kB takes longer than its
#: work. The keyring itself reads no further ahead than asyncio does: nobody may fill its memory.
BUFFER = 4 * 1024 * 1024

Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """One check to locate."""

    #: The id that the ledger entry of this check will have (16 random bytes).
    entry: Id
    lane: Annotated[str, msgspec.Meta(pattern="^(card|known|typed)$")]
    organisation: Id
    account: Id
    #: 22 bytes for a person, 16 for a card or a settlement reference, what a phone presents.
    identifier: Annotated[bytes, msgspec.Meta(min_length=CARD_SIZE, max_length=presentation.SIZE)]


class Located(msgspec.Struct, frozen=True, array_like=True):
    """Where one check leads. A miss looks like a find, and so does a refusal of the meter."""

    #: (epoch, index) to look for.
    candidates: tuple[tuple[int, bytes], ...]
    #: The insurer of the card presented, now or when the reference was given; None otherwise.
    insurer: int | None
    #: The row name and wrapped key of the settlement reference, to be stored with the entry.
    reference_row: bytes
    wrapped: bytes
    #: False when the keyring's meter refused: nothing may be released.
    admitted: bool
    #: The insurer's latest feed that gave this person the card presented; 0 otherwise.
    feed: int = 0
    #: What the account's typed checks of the day look like together: order, walk, distance, 0 to 3.
    structure: tuple[int, int, int] = (0, 0, 0)


class Committed(msgspec.Struct, frozen=True, array_like=True):
    """One committed entry to unseal for."""

    entry: Id
    position: Count


class Opened(msgspec.Struct, frozen=True, array_like=True):
    """The record keys of one committed entry: (insurer, feed) to 32 bytes; empty when refused."""

    record_keys: tuple[tuple[int, int, bytes], ...]
    reference: bytes


class Locate(msgspec.Struct, frozen=True, tag="locate"):
    """Ask where identifiers lead."""

    checks: tuple[Asked, ...]


class Unseal(msgspec.Struct, frozen=True, tag="unseal"):
    """Ask for the keys of committed entries."""

    entries: tuple[Committed, ...]


class EnrolPhone(msgspec.Struct, frozen=True, tag="enrol_phone"):
    """Ask that a phone may stand for a card, with the insurer's grant."""

    word: Annotated[bytes, msgspec.Meta(max_length=grant.MOST_BYTES)]
    phone: grant.Key
    card: Annotated[bytes, msgspec.Meta(min_length=CARD_SIZE, max_length=CARD_SIZE)]


class PhoneGranted(msgspec.Struct, frozen=True, array_like=True):
    """A phone's row, to be stored with its ledger entry."""

    idx: bytes
    #: The card, as a name of its own in the phones' table: a later phone takes its place.
    card: bytes
    sealed: bytes
    insurer: int
    #: The person's index.
    subject: bytes


class EndPhone(msgspec.Struct, frozen=True, tag="end_phone"):
    """Ask which phone an insurer's word ends."""

    word: Annotated[bytes, msgspec.Meta(max_length=grant.MOST_BYTES)]


class PhoneEnded(msgspec.Struct, frozen=True, array_like=True):
    """The row of a phone that its insurer ends."""

    idx: bytes
    insurer: int


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """A gate starts; the keyring compares the ledger with what it remembers of it."""

    #: The restore that the last greeting told of is in the ledger now.
    restore_noted: bool = False


class Greeting(msgspec.Struct, frozen=True):
    """What a gate needs to start."""

    state_key: bytes
    restored: bool
    #: Ed25519, 32 bytes: public, and what the log is named by.
    checkpoint_key: bytes


class MonthKeysOf(msgspec.Struct, frozen=True, tag="month"):
    """Ask for the keys of a month of ledger."""

    month: str


class LoaderIdentity(msgspec.Struct, frozen=True, tag="loader"):
    """Ask for the age identity that feeds are encrypted to."""


class LoaderRecipient(msgspec.Struct, frozen=True, tag="recipient"):
    """Ask for the age recipient that insurers encrypt feeds to: the identity's public half."""


class OpenFeed(msgspec.Struct, frozen=True, tag="open_feed"):
    """Present a signed manifest."""

    manifest: bytes
    signature: bytes


class EvaluateChunk(msgspec.Struct, frozen=True, tag="evaluate"):
    """Ask for the evaluation of a chunk of the opened feed."""

    chunk: Count
    persons: bytes
    cards: bytes


class SealEvent(msgspec.Struct, frozen=True, tag="seal"):
    """Ask for a ledger entry of this event (encoded by `ecluse.ledger.entry`)."""

    event: bytes


class ReleaseAt(msgspec.Struct, frozen=True, tag="release_at"):
    """Ask for the page release that stands at a position of the ledger."""

    position: Count


class Sign(msgspec.Struct, frozen=True, tag="sign"):
    """Ask for the signature of a checkpoint over `size` entries."""

    body: bytes
    size: Count


class PublicKey(msgspec.Struct, frozen=True, tag="public_key"):
    """Ask for the checkpoint key's public part (32 bytes)."""


class NeighbourKeyOf(msgspec.Struct, frozen=True, tag="neighbour_key"):
    """Ask for the key that this operator signs with among operators (a point of 65 bytes)."""


class SignForNeighbours(msgspec.Struct, frozen=True, tag="sign_for_neighbours"):
    """Ask for that key's signature: of an alarm, or of a request to a neighbour."""

    message: Annotated[bytes, msgspec.Meta(max_length=64 * 1024)]


class PlantHoney(msgspec.Struct, frozen=True, tag="plant_honey"):
    """Ask for so many invented members of an insurer; answered with how many it has then."""

    #: The insurer's AMC number.
    amc: str
    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class HoneyOf(msgspec.Struct, frozen=True, tag="honey"):
    """Ask who the invented members are: (AMC number, person 22 bytes, card secret 16 bytes) each."""


class Salts(msgspec.Struct, frozen=True, tag="salts"):
    """Ask for the salt key of every month that was not erased: enough to verify, not to read."""


class FactsSince(msgspec.Struct, frozen=True, tag="facts"):
    """Ask what the watch may know of the ledger from a position on."""

    position: Count


class FactsAt(msgspec.Struct, frozen=True, tag="facts_at"):
    """Ask what the watch may know of the entries at these positions: an alarm's evidence."""

    positions: tuple[Count, ...]


class OpenScope(msgspec.Struct, frozen=True, tag="open_scope"):
    """Name the incident to be told of, by the position of its statement in the ledger."""

    statement: Count


class ScopeFrom(msgspec.Struct, frozen=True, tag="scope"):
    """Ask what the opened incident's scope is, from a position on and before another."""

    position: Count
    end: Count


class OpenActs(msgspec.Struct, frozen=True, tag="open_acts"):
    """Ask what entries of the opened incident's story say."""

    positions: Annotated[tuple[Count, ...], msgspec.Meta(max_length=1000)]


class SignEvidence(msgspec.Struct, frozen=True, tag="sign_evidence"):
    """Ask for the signature over the entries opened so far and an archive's manifest."""

    #: SHA-256.
    manifest: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


Request = (
    Locate
    | Unseal
    | EnrolPhone
    | EndPhone
    | Hello
    | MonthKeysOf
    | LoaderIdentity
    | LoaderRecipient
    | OpenFeed
    | EvaluateChunk
    | SealEvent
    | ReleaseAt
    | Sign
    | PublicKey
    | Salts
    | FactsSince
    | FactsAt
    | NeighbourKeyOf
    | PlantHoney
    | HoneyOf
    | SignForNeighbours
    | OpenScope
    | ScopeFrom
    | OpenActs
    | SignEvidence
)


class Call(msgspec.Struct, frozen=True):
    """A request with the number that its reply will carry."""

    number: int
    request: Request


class Reply(msgspec.Struct, frozen=True):
    """The reply to call `number`: a value, or what is wrong."""

    number: int
    value: msgspec.Raw
    problem: str = ""
    hint: str = ""


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """Read one message; None at the end of the stream.

    Raises:
        ValueError: The message is longer than any honest one.
    """
    try:
        size = int.from_bytes(await reader.readexactly(4), "big")
        if size > MOST_BYTES:
            raise ValueError(f"a message of {size} bytes")
        return await reader.readexactly(size)
    except asyncio.IncompleteReadError:
        return None


def frame(message: Any) -> bytes:  # noqa: ANN401 - any message of this module
    """Return `message` ready to be written."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(4, "big") + body
