"""A birth date as the card prints it.

Only the form is checked. A register holds dates that no calendar has, of people whose papers were
incomplete: the 31st of February, or a month and a day of zeros. They are part of the identity and
are compared as printed, never corrected.
"""

from __future__ import annotations

import re

from ecluse.ids.errors import IdentifierError


_PRINTED = re.compile(r"[0-9]{8}")


def parse(text: str) -> str:
    """Return a birth date given as YYYYMMDD, unchanged.

    Raises:
        IdentifierError: the text is not eight digits.
    """
    if not _PRINTED.fullmatch(text):
        raise IdentifierError(
            "birth date: not eight digits",
            hint="Write it as YYYYMMDD exactly as the card prints it, zeros included.",
        )
    return text
