"""The number of a person in the national register: thirteen characters and a key of two digits.

Accepted: the NIR (first digit 1 or 2; article 4 of décret 82-103) and, laid out the same way, the
NIA that a person born abroad holds until the NIR is certified (first digit 3 or 4).

Refused, each with its own reason:

* the NNP (7 or 8), which funds gave out on their own and which ended on 31 December 2022: the
  person has a NIR or a NIA since;
* the MIG (5 or 6), by which the mandatory scheme files the family of somebody passing through:
  it comes with no complementary cover.

python-stdnum computes the key but accepts any first digit and any month, so the pattern of the
mandatory scheme (`assurance-maladie-digital/nir-validation`) stands on top of it.
"""

from __future__ import annotations

import re

from stdnum.fr import nir as stdnum_nir

from ecluse.ids.errors import IdentifierError


# Each part in turn, so that an error can name the first one that is wrong.
_PARTS = (
    (re.compile(r"[1-4]"), 0, 1, "the first digit is none of 1, 2 (NIR), 3, 4 (NIA)"),
    (re.compile(r"[0-9]{2}"), 1, 3, "the year of birth is not two digits"),
    (re.compile(r"0[1-9]|1[0-2]|[2-9][0-9]"), 3, 5, "the month of birth is not one"),
    (re.compile(r"[0-9]{2}|2A|2B"), 5, 7, "the department of birth is not one"),
    (re.compile(r"[0-9]{3}"), 7, 10, "the commune or country of birth is not three digits"),
    (re.compile(r"[0-9]{3}"), 10, 13, "the order number is not three digits"),
    (re.compile(r"[0-9]{2}"), 13, 15, "the key is not two digits"),
)
_WHOLE = re.compile("".join(f"(?:{part.pattern})" for part, *_ in _PARTS))
_SEPARATORS = str.maketrans("", "", " .\u00a0\u202f")
_ENDED = {
    "5": ("a MIG number carries no complementary cover", "Ask the person for their NIR."),
    "6": ("a MIG number carries no complementary cover", "Ask the person for their NIR."),
    "7": ("provisional NNP numbers ended on 31 December 2022", "Use the person's NIR or NIA."),
    "8": ("provisional NNP numbers ended on 31 December 2022", "Use the person's NIR or NIA."),
}


def parse(text: str) -> str:
    """Return the thirteen characters of a number given with its key, in upper case.

    Args:
        text: fifteen characters as printed; spaces and dots between them are dropped.

    Raises:
        IdentifierError: a part of the number, or its key, is wrong.
    """
    number = text.translate(_SEPARATORS).upper()
    if not _WHOLE.fullmatch(number):
        raise _reason(number)
    if stdnum_nir.calc_check_digits(number) != number[13:]:
        raise IdentifierError(
            "NIR: the key does not match the thirteen characters before it",
            hint="Read the number again: a digit was probably mistyped.",
        )
    return number[:13]


def key(nir13: str) -> str:
    """Return the two-digit key of thirteen characters: 97 - (N mod 97), 2A as 19, 2B as 18."""
    return str(stdnum_nir.calc_check_digits(nir13))


def is_provisional(nir13: str) -> bool:
    """Tell whether a parsed number is a NIA, which its holder's NIR will replace."""
    return nir13[0] in "34"


def _reason(number: str) -> IdentifierError:
    """Name the first thing that is wrong about a number that does not match."""
    if number[:1] in _ENDED:
        problem, hint = _ENDED[number[0]]
        return IdentifierError(f"NIR: {problem}", hint=hint)
    if len(number) != 15:
        return IdentifierError(
            f"NIR: {len(number)} characters where 15 are expected",
            hint="Give the thirteen characters and the two digits of the key.",
        )
    wrong = next(
        problem
        for pattern, start, end, problem in _PARTS
        if not pattern.fullmatch(number[start:end])
    )
    return IdentifierError(f"NIR: {wrong}", hint="Read the number again on the card.")
