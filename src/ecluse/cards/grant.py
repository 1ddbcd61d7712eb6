"""An insurer's word about a member's phone: that it may stand for a card, or may no longer (pure).

    signature 64 | JSON

signed with the insurer's Ed25519 key (RFC 8032), the one that signs its feeds, over
"ecluse/phone/v1" newline and the JSON's bytes. It names the phone by its public key and the card by
a hash, so that whoever reads it on its way learns no card. The insurer alone knows its members, and
says so after it made sure of one in its own app or office.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ecluse.cards.presentation import KEY_SIZE
from ecluse.errors import EcluseError


if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


SIGNATURE_SIZE = 64
#: Longer than any word.
MOST_BYTES = 512
#: For how many seconds a word counts.
LIFETIME = 600
#: Seconds by which an insurer's clock may be ahead.
SKEW = 60

_LABEL = b"ecluse/phone/v1\n"
_CARD = b"ecluse/phone-card/v1\n"

Amc = Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
#: Base64 in the JSON.
Key = Annotated[bytes, msgspec.Meta(min_length=KEY_SIZE, max_length=KEY_SIZE)]
Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
#: Unix seconds, of which a row keeps 4 bytes.
Moment = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]


class GrantError(EcluseError):
    """A word that is not accepted (HTTP 403); says why, as far as whoever brings it may know."""


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="grant"):
    """This phone stands for the card of this hash."""

    amc: Amc
    phone: Key
    made: Moment
    card: Hash


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="end"):
    """This phone stands for no card any more, whatever was granted until `made`."""

    amc: Amc
    phone: Key
    made: Moment


Word = Grant | End

_decoder: msgspec.json.Decoder[Word] = msgspec.json.Decoder(Word)


def signed(word: Word, sign: Callable[[bytes], bytes]) -> bytes:
    """Return a word with its insurer's signature.

    Args:
        word: What the insurer says.
        sign: Makes the 64-byte Ed25519 signature of a message.
    """
    told = msgspec.json.encode(word)
    return sign(_LABEL + told) + told


def believed(raw: bytes, keys: Mapping[str, bytes], now: float) -> Word:
    """Return a word, once its insurer's signature holds and it is of this moment.

    Args:
        raw: What `signed` returned.
        keys: Ed25519 public keys (32 bytes) by AMC number.
        now: Unix seconds.

    Raises:
        GrantError: It is not a word, nobody's that is known here, altered, or not of this moment.
    """
    signature, told = raw[:SIGNATURE_SIZE], raw[SIGNATURE_SIZE:]
    try:
        word = _decoder.decode(told)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise GrantError("This is not an insurer's word about a phone.") from None
    try:
        Ed25519PublicKey.from_public_bytes(keys[word.amc]).verify(signature, _LABEL + told)
    except (KeyError, InvalidSignature):
        raise GrantError(
            "No insurer served here signed this.", hint="Ask your insurer for another one."
        ) from None
    if not word.made - SKEW <= now < word.made + LIFETIME:
        raise GrantError(
            "The insurer's word is not of the last ten minutes.",
            hint="Ask your insurer for another one.",
        )
    return word


def card_hash(secret: bytes) -> bytes:
    """Return the 32 bytes that name a card in a grant: 128 bits that nobody guesses."""
    return hashlib.sha256(_CARD + secret).digest()


def mark(raw: bytes) -> bytes:
    """Return the 32 bytes under which a word is used up: of what is signed."""
    return hashlib.sha256(_LABEL + raw[SIGNATURE_SIZE:]).digest()
