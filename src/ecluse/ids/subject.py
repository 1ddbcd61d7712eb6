"""Who a check is about: number, birth date as printed and birth rank, together.

A card may bear the policy-holder's number, so that one number serves a whole family, and twins
share their birth date as well. Only the three together name one person.
"""

from __future__ import annotations

import re

from ecluse.ids.errors import IdentifierError


PERSON_SIZE = 22
_RANK = re.compile(r"[1-9]")
_PERSON = re.compile(rb"[1-4][0-9]{4}[0-9][0-9AB][0-9]{15}")


def parse_rank(text: str) -> int:
    """Return a birth rank: 1, or the place among children of one birth.

    Raises:
        IdentifierError: the text is not one digit from 1 to 9.
    """
    if not _RANK.fullmatch(text):
        raise IdentifierError(
            "birth rank: not one digit from 1 to 9",
            hint="It is 1 unless the card says otherwise.",
        )
    return int(text)


def person_identifier(nir13: str, birth_date: str, birth_rank: int) -> bytes:
    """Return what the keyring evaluates for a person: 22 ASCII bytes.

    NIR without its key (13) | birth date YYYYMMDD as printed (8) | birth rank (1). Each part has
    one length, so two different subjects never give the same bytes.

    Args:
        nir13: as `ids.nir.parse` returns it.
        birth_date: as `ids.birth.parse` returns it.
        birth_rank: as `parse_rank` returns it.

    Raises:
        IdentifierError: a part was not parsed first.
    """
    if len(nir13) != 13 or len(birth_date) != 8 or not 1 <= birth_rank <= 9:
        raise IdentifierError("person: a part of the identifier does not have its length")
    person = f"{nir13}{birth_date}{birth_rank}".encode("ascii", errors="replace")
    if not _PERSON.fullmatch(person):
        raise IdentifierError("person: a part of the identifier has a character out of place")
    return person
