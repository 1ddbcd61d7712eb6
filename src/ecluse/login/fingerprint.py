"""The fingerprint of a passkey's public key: what an officer compares and accepts.

60 bits of SHA-256 as three groups of Crockford's base32, whose letters no one mistakes for
digits. The organisation reads it to the officer over a channel that both already trust; nobody
ever sends a code. Whoever would enrol another key under the same fingerprint finds it taken: an
enrolment's fingerprint is unique, so the second one is refused.
"""

from __future__ import annotations

import hashlib
import re

from ecluse.errors import EcluseError


_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LETTERS = 12
_BITS = 5
_FORM = re.compile(rf"[{_ALPHABET}]{{{_LETTERS}}}")
_READ_AS = str.maketrans("OIL", "011", " -")


class FingerprintError(EcluseError):
    """A text that is not a fingerprint."""


def fingerprint(public_key: bytes) -> str:
    """Return `XXXX-XXXX-XXXX` for a passkey's public key (COSE, as the passkey gave it)."""
    number = int.from_bytes(hashlib.sha256(public_key).digest()[:8], "big") >> 64 - _BITS * _LETTERS
    shifts = range(_BITS * (_LETTERS - 1), -1, -_BITS)
    return _grouped("".join(_ALPHABET[number >> shift & 31] for shift in shifts))


def parse(text: str) -> str:
    """Return `text` as fingerprints are written, however it was typed.

    Raises:
        FingerprintError: It has not twelve letters and digits of the alphabet.
    """
    letters = text.upper().translate(_READ_AS)
    if not _FORM.fullmatch(letters):
        raise FingerprintError(
            "This is not a fingerprint.",
            hint="A fingerprint has three groups of four letters or digits, such as 7F3K-92MD-0XQA.",
        )
    return _grouped(letters)


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + 4] for start in range(0, _LETTERS, 4))
