"""The number of a health professional in the shared register (RPPS): eleven digits, Luhn."""

from __future__ import annotations

import re

from stdnum import luhn

from ecluse.ids.errors import IdentifierError


_DIGITS = re.compile(r"[0-9]{11}")


def parse(text: str) -> str:
    """Return an RPPS number; spaces are dropped.

    Raises:
        IdentifierError: not eleven digits, or the last one is not Luhn's.
    """
    number = text.replace(" ", "")
    if not _DIGITS.fullmatch(number):
        raise IdentifierError("RPPS number: not eleven digits", hint="It is on the CPS card.")
    if not luhn.is_valid(number):
        raise IdentifierError(
            "RPPS number: the last digit does not match the others",
            hint="Read the number again: a digit was probably mistyped.",
        )
    return number
