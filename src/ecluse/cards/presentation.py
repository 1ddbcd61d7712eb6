"""What a member's phone shows in place of a card: a signature of this minute (pure).

    "ECP", then as letters: key 33 | made 4 | bound 1 | signature 64

The key is the phone's own P-256 public key, compressed (SEC 1 section 2.3.3). `made` is Unix
seconds. The signature (ECDSA with SHA-256; r and s, 32 bytes each, big-endian) is over

    "ecluse/presentation/v1" newline | key | made | bound | the organisation's FINESS number

with bound 1, and without a number with bound 0, when it may be shown anywhere.

A presentation holds no secret of a card and nothing about its member. It is worth something for a
minute; bound, at one organisation only.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ecluse.cards.letters import Form


if TYPE_CHECKING:
    from collections.abc import Callable


KEY_SIZE = 33
SIZE = KEY_SIZE + 4 + 1 + 64
#: For how many seconds a presentation counts.
LIFETIME = 60
#: Seconds by which a phone's clock may be ahead.
SKEW = 30

_FORM = Form("ECP", b"ecluse/presentation/v1", SIZE, "phone code")
_LABEL = b"ecluse/presentation/v1\n"
_ECDSA = ec.ECDSA(hashes.SHA256())

encode = _FORM.write
decode = _FORM.read


class Presentation(NamedTuple):
    """What was shown, not verified yet."""

    key: bytes
    #: Unix seconds.
    made: int
    #: 1: it counts at the organisation that it was signed for, and nowhere else; 0: anywhere.
    bound: int
    signature: bytes

    @property
    def use(self) -> bytes:
        """Return the 16 bytes under which it is used up.

        Of what is signed: a second signature of the same minute is the same presentation.
        """
        told = _LABEL + self.key + self.made.to_bytes(4, "big")
        return hashlib.sha256(told).digest()[:16]

    def current(self, now: float) -> bool:
        """Tell whether `now` (Unix seconds) lies within its minute."""
        return self.made - SKEW <= now < self.made + LIFETIME

    def holds(self, finess: str, now: float) -> bool:
        """Tell whether its key signed it for this moment, and for this organisation if bound."""
        if not self.current(now):
            return False
        r, s = self.signature[:32], self.signature[32:]
        der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
        told = _told(self.key, self.made, self.bound) + (finess.encode() if self.bound else b"")
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.key)
            key.verify(der, told, _ECDSA)
        except (ValueError, InvalidSignature):
            return False
        return True


def parse(raw: bytes) -> Presentation:
    """Read the bytes of a presentation (`SIZE` of them)."""
    made, bound = raw[KEY_SIZE : KEY_SIZE + 4], raw[KEY_SIZE + 4]
    return Presentation(raw[:KEY_SIZE], int.from_bytes(made, "big"), bound, raw[KEY_SIZE + 5 :])


def present(key: bytes, sign: Callable[[bytes], bytes], made: int, finess: str = "") -> str:
    """Return the text that a phone shows.

    Args:
        key: Its compressed public key, 33 bytes.
        sign: Makes its signature of a message: r and s, 64 bytes.
        made: Unix seconds.
        finess: The number of the one organisation that it is shown to; empty for any.
    """
    told = _told(key, made, int(bool(finess)))
    return encode(told.removeprefix(_LABEL) + sign(told + finess.encode("ascii")))


def _told(key: bytes, made: int, bound: int) -> bytes:
    return _LABEL + key + made.to_bytes(4, "big") + bytes([bound])


def compressed(point: bytes) -> bytes:
    """Return the 33-byte form of an uncompressed P-256 point (65 bytes)."""
    return bytes([2 + point[-1] % 2]) + point[1:KEY_SIZE]
