"""A card's code: the text that its QR holds and that a handheld reader types.

"ECL", 32 letters for the 16 secret bytes, 2 check letters. A reader acts as a keyboard and often
has the wrong layout; digits need a shift on AZERTY. So each four bits are one of sixteen letters
that sit at the same place on AZERTY and QWERTY keyboards, and the code reads the same on both.

The check letters are the first byte of SHA-256("ecluse/card/v1" | secret): they catch a letter
lost or swapped by a reader, before anybody is asked anything.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from ecluse.ids.errors import IdentifierError


if TYPE_CHECKING:
    from numpy.typing import NDArray


SECRET_SIZE = 16
CODE_SIZE = 37

_PREFIX = "ECL"
_ALPHABET = "BCDEFGHIJKLNOPRS"
_DOMAIN = b"ecluse/card/v1"
_FORM = re.compile(f"{_PREFIX}[{_ALPHABET}]{{34}}")
_SEPARATORS = str.maketrans("", "", " -\u00a0\u202f")
_TO_LETTERS = str.maketrans("0123456789abcdef", _ALPHABET)
_TO_HEX = str.maketrans(_ALPHABET, "0123456789abcdef")
_LETTERS = np.frombuffer(_ALPHABET.encode(), dtype=np.uint8)


def encode(secret: bytes) -> str:
    """Return the code of a card's 16 secret bytes: 37 upper-case letters.

    Raises:
        ValueError: the secret is not 16 bytes.
    """
    if len(secret) != SECRET_SIZE:
        raise ValueError("a card's secret is 16 bytes")
    return _PREFIX + (secret + _check(secret)).hex().translate(_TO_LETTERS)


def encode_many(secrets: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """Return the codes of many cards, as `encode` gives them one by one.

    Args:
        secrets: shape (n, 16), one card's secret a row.

    Returns:
        Shape (n,), dtype S37.
    """
    rows = np.ascontiguousarray(secrets)
    count = len(rows)
    joined = rows.tobytes()
    cards = (joined[at : at + SECRET_SIZE] for at in range(0, len(joined), SECRET_SIZE))
    checks = np.frombuffer(b"".join(map(_check, cards)), dtype=np.uint8)
    whole = np.concatenate([rows, checks.reshape(count, 1)], axis=1)
    letters = np.empty((count, CODE_SIZE), dtype=np.uint8)
    letters[:, :3] = np.frombuffer(_PREFIX.encode(), dtype=np.uint8)
    letters[:, 3::2] = _LETTERS[whole >> 4]
    letters[:, 4::2] = _LETTERS[whole & 15]
    codes: NDArray[Any] = letters.view(f"S{CODE_SIZE}")
    return codes.ravel()


def decode(text: str) -> bytes:
    """Return the 16 secret bytes of a code; case, spaces and dashes do not matter.

    Raises:
        IdentifierError: the text is not a card's code, or a letter of it is wrong.
    """
    code = text.strip().translate(_SEPARATORS).upper()
    if not _FORM.fullmatch(code):
        raise IdentifierError(
            "card code: not ECL and 34 letters of its alphabet",
            hint="Scan the card again, from a little farther away.",
        )
    whole = bytes.fromhex(code[3:].translate(_TO_HEX))
    secret, check = whole[:SECRET_SIZE], whole[SECRET_SIZE:]
    if _check(secret) != check:
        raise IdentifierError(
            "card code: the check letters do not match the others",
            hint="Scan the card again: a letter was lost or swapped.",
        )
    return secret


def _check(secret: bytes) -> bytes:
    return hashlib.sha256(_DOMAIN + secret).digest()[:1]
