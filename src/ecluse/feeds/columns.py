"""Whole columns of a roster checked at once, as matrices of bytes (pure).

Each function takes shape (n, width) and returns marks of shape (n,), True where the value is right.
`ecluse.ids` and `ecluse.cards` are the measure: a test compares them value by value.
"""

from __future__ import annotations

import binascii
import hashlib
import struct
from typing import TYPE_CHECKING

import numpy as np

from ecluse.cards.code import SECRET_SIZE


if TYPE_CHECKING:
    from numpy.typing import NDArray

NIR_SIZE = 15
DATE_SIZE = 10
SEALED_TEXT_SIZE = 88

_CARD_DOMAIN = b"ecluse/card/v1"
_CARD_PREFIX = np.frombuffer(b"ECL", dtype=np.uint8)
_NO_LETTER = np.uint8(255)


def _table(alphabet: bytes) -> NDArray[np.uint8]:
    """Return, for each byte, its place in `alphabet`; 255 for none."""
    table = np.full(256, _NO_LETTER, dtype=np.uint8)
    table[np.frombuffer(alphabet, dtype=np.uint8)] = np.arange(len(alphabet), dtype=np.uint8)
    return table


_CARD_LETTERS = _table(b"BCDEFGHIJKLNOPRS")
_BASE64_LETTERS = _table(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_TENS = 10 ** np.arange(12, -1, -1, dtype=np.int64)
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def digits(column: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which values are digits only."""
    return _all((column >= ord("0")) & (column <= ord("9")))


def nir(column: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which NIRs have the form, and which of these the right key (`ecluse.ids.nir`)."""
    corsican = (column[:, 5] == ord("2")) & np.isin(column[:, 6], (ord("A"), ord("B")))
    # In the key's arithmetic 2A counts as 19 and 2B as 18.
    counted = column.copy()
    counted[corsican, 5] = ord("1")
    counted[corsican, 6] = np.where(column[corsican, 6] == ord("A"), ord("9"), ord("8"))
    form = digits(counted) & (column[:, 0] >= ord("1")) & (column[:, 0] <= ord("4"))
    number = counted.astype(np.int64) - ord("0")
    month = number[:, 3] * 10 + number[:, 4]
    form &= (month >= 1) & ((month <= 12) | (month >= 20))
    key = 97 - (number[:, :13] @ _TENS) % 97
    return form, key == number[:, 13] * 10 + number[:, 14]


def card(
    column: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the cards' secrets, which codes have the form, and which the right check letters.

    Shape (n, 37) gives secrets of shape (n, 16) (`ecluse.cards.code`).
    """
    values = _CARD_LETTERS[column[:, len(_CARD_PREFIX) :]]
    form = _all(column[:, : len(_CARD_PREFIX)] == _CARD_PREFIX)
    form &= _all(values != _NO_LETTER)
    whole = ((values[:, 0::2] << 4) | (values[:, 1::2] & 15)).astype(np.uint8)
    secrets = np.ascontiguousarray(whole[:, :SECRET_SIZE])
    sha256 = hashlib.sha256
    checks = bytes(
        [
            sha256(_CARD_DOMAIN + secret).digest()[0]
            for (secret,) in struct.iter_unpack(f"{SECRET_SIZE}s", secrets.data)
        ]
    )
    return secrets, form, np.frombuffer(checks, dtype=np.uint8) == whole[:, SECRET_SIZE]


def date(column: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return ISO dates as numbers that compare like them, and which exist in the calendar."""
    number = column.astype(np.int64) - ord("0")
    year = number[:, 0] * 1000 + number[:, 1] * 100 + number[:, 2] * 10 + number[:, 3]
    month = number[:, 5] * 10 + number[:, 6]
    day = number[:, 8] * 10 + number[:, 9]
    form = digits(column[:, [0, 1, 2, 3, 5, 6, 8, 9]]) & (year >= 1)
    form &= _all(column[:, [4, 7]] == ord("-")) & (month >= 1) & (month <= 12)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = _MONTH_DAYS[np.where(form, month, 0)] + (leap & (month == 2))
    return (year * 100 + month) * 100 + day, form & (day >= 1) & (day <= last)


def sealed(column: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return 64 bytes for each value of 88 base64 letters (RFC 4648), and which are that."""
    # 64 bytes are 85 letters and a third: letters for zero in the padding's place make whole quads.
    letters = np.full(column.shape, ord("A"), dtype=np.uint8)
    letters[:, :86] = column[:, :86]
    right = _all(column[:, 86:] == ord("="))
    try:
        whole = binascii.a2b_base64(letters.data, strict_mode=True)
    except binascii.Error:
        right &= _all(_BASE64_LETTERS[letters] != _NO_LETTER)
        letters[~right] = ord("A")
        whole = binascii.a2b_base64(letters.data, strict_mode=True)
    decoded = np.frombuffer(whole, dtype=np.uint8).reshape(len(column), 66)
    # What the last letter has beyond its third is zero.
    return decoded[:, :64], right & (decoded[:, 64] == 0)


def printable(column: NDArray[np.uint8], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which values, of 1 to `width` bytes each, are printable ASCII."""
    width = column.shape[1]
    beyond = np.arange(width) >= sizes[:, np.newaxis]
    letters = (column >= 0x20) & (column <= 0x7E)
    marks: NDArray[np.bool_] = _all(letters | beyond) & (sizes >= 1) & (sizes <= width)
    return marks


def _all(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(marks.all(axis=1))
