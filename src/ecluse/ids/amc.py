"""The number of a complementary insurer (AMC).

Sources disagree on its length and none publishes a key, so it stays opaque: eight to ten letters
and digits, compared as they stand in the insurers' directory.
"""

from __future__ import annotations

import re

from ecluse.ids.errors import IdentifierError


_FORM = re.compile(r"[0-9A-Z]{8,10}")


def parse(text: str) -> str:
    """Return an AMC number in upper case; spaces are dropped.

    Raises:
        IdentifierError: not eight to ten letters and digits.
    """
    number = text.replace(" ", "").upper()
    if not _FORM.fullmatch(number):
        raise IdentifierError(
            "AMC number: not eight to ten letters and digits",
            hint="It stands at the top left of the member's card.",
        )
    return number
