"""A member reference: the insurer's own member number under the insurer's own key.

64 bytes, always: nonce 12 | AES-256-GCM(length 1 | number, zeros up to 35) | tag 16, with the AMC
number as associated data. Randomised: the same number sealed twice shares nothing, so two feeds
cannot be compared. The operator keeps it and cannot open it.
"""

from __future__ import annotations

import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecluse.errors import EcluseError


SEALED_SIZE = 64
MOST = 35
NONCE_SIZE = 12

_FORM = re.compile(rb"[\x20-\x7e]{1,35}")


class MemberReferenceError(EcluseError):
    """A member reference cannot be sealed or opened."""


class ReferenceSealer:
    """Seals and opens the member references of one insurer.

    Args:
        key: the insurer's AES-256 key, 32 bytes.
        amc: the insurer's AMC number.
    """

    def __init__(self, key: bytes, amc: str) -> None:
        self._aead = AESGCM(key)
        self._bound_to = amc.encode("ascii")

    def seal(self, number: bytes, nonce: bytes | None = None) -> bytes:
        """Seal a member number.

        Args:
            number: 1 to 35 printable ASCII bytes.
            nonce: 12 random bytes, for a caller that draws many at once.

        Raises:
            MemberReferenceError: the number has another form; the message does not hold it.
        """
        if not _FORM.fullmatch(number):
            raise MemberReferenceError("A member reference is 1 to 35 printable ASCII characters.")
        nonce = os.urandom(NONCE_SIZE) if nonce is None else nonce
        body = bytes((len(number),)) + number.ljust(MOST, b"\0")
        return nonce + self._aead.encrypt(nonce, body, self._bound_to)

    def open(self, sealed: bytes) -> bytes:
        """Return the member number.

        Raises:
            MemberReferenceError: another insurer's, or altered.
        """
        try:
            body = self._aead.decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], self._bound_to)
        except (InvalidTag, ValueError):
            raise MemberReferenceError("A member reference does not open under this key.") from None
        return body[1 : 1 + body[0]]
