"""Bytes as letters that a handheld reader types alike on every counter's keyboard.

A reader acts as a keyboard and often has the wrong layout; digits need a shift on AZERTY. So each
four bits are one of sixteen letters that sit at the same place on AZERTY and QWERTY keyboards.

A text is a prefix that says what it is, two letters for each byte, and two check letters: the first
byte of SHA-256(domain | bytes). They catch a letter lost or swapped, before anybody is asked
anything.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from ecluse.ids.errors import IdentifierError


ALPHABET = "BCDEFGHIJKLNOPRS"

_DIGITS = "0123456789abcdef"
_SEPARATORS = str.maketrans("", "", " -\u00a0\u202f")
_TO_LETTERS = str.maketrans(_DIGITS, ALPHABET)
_TO_HEX = str.maketrans(ALPHABET, _DIGITS)


class Form(NamedTuple):
    """One kind of text: its three letters in front, its own domain, how many bytes it holds."""

    prefix: str
    domain: bytes
    size: int
    #: What a person calls it, for the words of an error.
    name: str

    @property
    def length(self) -> int:
        """How many letters the whole text has."""
        return len(self.prefix) + 2 * (self.size + 1)

    def check(self, raw: bytes) -> bytes:
        """Return the check byte."""
        return hashlib.sha256(self.domain + raw).digest()[:1]

    def write(self, raw: bytes) -> str:
        """Return the text of `raw`, in upper case.

        Raises:
            ValueError: Not as many bytes as this form holds.
        """
        if len(raw) != self.size:
            raise ValueError(f"a {self.name} holds {self.size} bytes")
        return self.prefix + (raw + self.check(raw)).hex().translate(_TO_LETTERS)

    def read(self, text: str) -> bytes:
        """Return the bytes of a text; case, spaces and dashes do not matter.

        Raises:
            IdentifierError: It is not of this form, or a letter of it is wrong.
        """
        code = text.strip().translate(_SEPARATORS).upper()
        letters = code.removeprefix(self.prefix)
        if len(code) != self.length or len(letters) == len(code) or set(letters) - set(ALPHABET):
            raise IdentifierError(
                f"{self.name}: not {self.prefix} and {self.length - len(self.prefix)} letters of"
                " its alphabet",
                hint="Scan it again, from a little farther away.",
            )
        whole = bytes.fromhex(letters.translate(_TO_HEX))
        raw, check = whole[: self.size], whole[self.size :]
        if self.check(raw) != check:
            raise IdentifierError(
                f"{self.name}: the check letters do not match the others",
                hint="Scan it again: a letter was lost or swapped.",
            )
        return raw
