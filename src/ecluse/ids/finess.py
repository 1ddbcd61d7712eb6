"""The number of an establishment (FINESS): nine characters, the department first, Luhn.

In Corsica the number begins with 2A or 2B. How its last digit is computed there is not published,
so it is not checked; everywhere else Luhn's digit is.
"""

from __future__ import annotations

import re

from stdnum import luhn

from ecluse.ids.errors import IdentifierError


_FORM = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{7}")


def parse(text: str) -> str:
    """Return a FINESS number in upper case; spaces are dropped.

    Raises:
        IdentifierError: not nine characters of that form, or the last one is not Luhn's.
    """
    number = text.replace(" ", "").upper()
    if not _FORM.fullmatch(number):
        raise IdentifierError(
            "FINESS number: not a department and seven digits", hint="It has nine characters."
        )
    if number.isdigit() and not luhn.is_valid(number):
        raise IdentifierError(
            "FINESS number: the last digit does not match the others",
            hint="Read the number again: a digit was probably mistyped.",
        )
    return number
