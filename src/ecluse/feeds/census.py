"""Member references: telling an insurer's own numbering from a phone book (pure).

A member reference may have any form, so an honest one may look like a phone number, a payment card
or a diagnosis code. What no honest number looks like (an e-mail address, a street) refuses the feed
at once. What could be a coincidence is judged by its company:

* The *form* of a value is its length and where its letters, digits and signs stand. Where one
  length holds a hundred forms, letters and digits are drawn at random and count as one form.
* Fewer than five values of a form are strays among the others: one hit refuses the feed.
* From five on the form is a numbering. It is refused when at least half of its values pass the
  check of an account or card (chance passes 1 in 97 or 1 in 10), or are a post code and a town, or
  a diagnosis code; and, since ten digits that begin with 0 are common numbers, for phones only when
  every value is one and at least half are mobiles (06, 07). Four letters and three digits, which is
  all that an act code is, are never refused as a numbering.

So one phone number among thousands of ten-digit references passes: it cannot be told from them, and
the insurer seals it before it leaves, under a key that the operator does not have.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from ecluse.feeds.patterns import ACT, NUMBER, Sign, plain, signs
from ecluse.feeds.screen import Finding


if TYPE_CHECKING:
    from collections.abc import Iterable

#: From this many values on a form is a numbering, not strays.
NUMBERING = 5
#: From this many forms of one length on, letters and digits are drawn at random.
RANDOM = 100

#: How many values of a form are examined for coincidences: shares need no more.
_SAMPLE = 5_000
_COLUMN = "member_ref"

_FORM = bytes(
    ord("9") if 48 <= byte <= 57 else ord("A") if 65 <= (byte & 0xDF) <= 90 else min(byte, 0x80)
    for byte in range(256)
)
_OUTLINE = bytes.maketrans(b"9", b"A")
#: Forms that can hold what is never a coincidence, and those that can look like anything at all.
_CERTAIN = re.compile(rb"[@()\[\]\x00-\x1f\x7f\x80]|A{5}|[ ,.]A|AAA[ -]?99(?!9)")
_POSSIBLE = re.compile(rb"(?:9[ ./()_-]*){10}|AA[ ./()_-]*99|A99\.9|9{5} +A{3}|AAAA999")
_MOBILE = re.compile(r"(?:(?:\+|00)330?|0)[67]")


class Tally(NamedTuple):
    """Values of one form that look alike: how many, how many mobiles, the line of the first."""

    hits: int
    mobiles: int
    line: int


class Census:
    """The forms of a roster's member references and what they look like."""

    def __init__(self) -> None:
        self._forms: Counter[bytes] = Counter()
        self._examined: Counter[bytes] = Counter()
        self._tallies: dict[tuple[bytes, Sign], Tally] = {}

    def add(self, lines: Iterable[int], values: list[bytes]) -> Finding | None:
        """Count a chunk's values; return a finding that needs no company to be one."""
        forms = [value.translate(_FORM) for value in values]
        self._forms.update(forms)
        limits = {form: _limit(form) for form in set(forms)}
        if not any(limits.values()):
            return None
        for line, value, form in zip(lines, values, forms, strict=True):
            if self._examined[form] < limits[form]:
                self._examined[form] += 1
                finding = self._examine(line, value, form)
                if finding:
                    return finding
        return None

    def verdict(self) -> Finding | None:
        """Return the first line of a form that is no numbering; None when all are."""
        outlines: dict[bytes, list[bytes]] = {}
        for form in self._forms:
            outlines.setdefault(form.translate(_OUTLINE), []).append(form)
        guilty = [
            (tally.line, sign)
            for (form, sign), tally in self._tallies.items()
            if self._is_data(sign, form, tally, outlines[form.translate(_OUTLINE)])
        ]
        if not guilty:
            return None
        line, sign = min(guilty)
        return Finding(line, _COLUMN, f"the value looks like {sign.what}")

    def _examine(self, line: int, value: bytes, form: bytes) -> Finding | None:
        text = value.decode("utf-8", errors="replace")
        for sign in signs(text):
            if not sign.chance:
                return Finding(line, _COLUMN, f"the value looks like {sign.what}")
            before = self._tallies.get((form, sign), Tally(0, 0, line))
            mobile = sign == NUMBER and _MOBILE.match(plain(text)) is not None
            self._tallies[form, sign] = before._replace(
                hits=before.hits + 1, mobiles=before.mobiles + mobile
            )
        return None

    def _is_data(self, sign: Sign, form: bytes, tally: Tally, kin: list[bytes]) -> bool:
        """Tell whether what looks like `sign` is that, given the forms of the same outline."""
        if len(kin) < RANDOM:
            return _judge(sign, self._forms[form], self._examined[form], tally)
        tallies = [self._tallies[each, sign] for each in kin if (each, sign) in self._tallies]
        together = Tally(
            sum(each.hits for each in tallies), sum(each.mobiles for each in tallies), tally.line
        )
        alike = sum(self._forms[each] for each in kin)
        return _judge(sign, alike, alike, together)


def _judge(sign: Sign, alike: int, examined: int, tally: Tally) -> bool:
    if alike < NUMBERING:
        return True
    if sign == ACT:
        return False
    if sign == NUMBER:
        return tally.hits == examined and 2 * tally.mobiles >= tally.hits
    return 2 * tally.hits >= examined


def _limit(form: bytes) -> int:
    """Return how many values of a form are worth examining."""
    if _CERTAIN.search(form):
        return 1 << 62
    return _SAMPLE if _POSSIBLE.search(form) else 0
