"""What bank, postal, phone, e-mail and medical data look like (pure).

A value is first brought to plain ASCII, so that full-width or Arabic-Indic digits, Cyrillic
letters that look Latin, and invisible characters hide nothing. Then each kind is sought anywhere
in it, whatever spaces, dots or dashes its groups have.

Sources: ISO 13616 and ISO 7064 (IBAN, by python-stdnum's registry), ISO/IEC 7812 (card numbers,
Luhn), the key of the French RIB, the national numbering plan (0 and nine digits, +33), the forms
of ICD-10 (CIM-10) and CCAM codes.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from stdnum import iban, luhn, numdb


BANK, PHONE, EMAIL, POSTAL, MEDICAL = "bank", "phone", "e-mail", "postal", "medical"


class Sign(NamedTuple):
    """What a value looks like.

    Attributes:
        kind: bank, phone, e-mail, postal or medical.
        what: for people, such as "an IBAN".
        chance: whether an honest number of the same form could look like this by coincidence.
    """

    kind: str
    what: str
    chance: bool


IBAN = Sign(BANK, "an IBAN", chance=True)
RIB = Sign(BANK, "a bank account number (RIB)", chance=True)
CARD = Sign(BANK, "a payment card number", chance=True)
NUMBER = Sign(PHONE, "a phone number", chance=True)
MAIL = Sign(EMAIL, "an e-mail address", chance=False)
STREET = Sign(POSTAL, "a postal address", chance=False)
TOWN = Sign(POSTAL, "a post code and a town", chance=True)
ICD = Sign(MEDICAL, "a diagnosis code (CIM-10)", chance=True)
ACT = Sign(MEDICAL, "a medical act code (CCAM)", chance=True)
ILLNESS = Sign(MEDICAL, "a medical word", chance=False)

# Capitals of other alphabets that look Latin, which compatibility decomposition leaves alone.
_LOOKALIKES = str.maketrans(
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0423"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "ABESIJKMHOPCTXY" + "ABEZHIKMNOPTYX" + "-------",
)
_INVISIBLE = {"Cf", "Cc", "Mn", "Me"}

_MAIL = re.compile(r"[a-z0-9._%+-] ?(?:@|\(at\)|\[at\]) ?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2}")
_DIGITS_APART = re.compile(r"(?<![a-z0-9])[+(]?\d[\d ./()_-]*\d(?![a-z0-9])")
_SEPARATORS = re.compile(r"[ ./()_-]")
_PHONE = re.compile(r"(?:(?:\+|00)330?|0)[1-9]\d{8}")
_PHONE_INSIDE = re.compile(
    r"(?:(?<![a-z0-9])|(?<=tel)|(?<=mob)|(?<=gsm))(?<!\d[ ./_-])"
    r"(?:(?:(?:\+|00)33|0)[1-9]\d{8}"
    r"|(?:(?:\+|00)33[ ./_-]?(?:\(0\))?[ ./_-]?[1-9]|0[1-9])([ ./_-])\d\d(?:\1\d\d){3})"
    r"(?![a-z0-9]|[ ./_-]\d)"
)
_DATE = re.compile(r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{4}[./-]\d{1,2}[./-]\d{1,2})(?!\d)")
_CARD_INSIDE = re.compile(
    r"(?<!\d)(?:\d{14,19}|\d{4}([ .-])\d{4}\1\d{4}\1\d{4}|\d{4}([ .-])\d{6}\2\d{5})(?!\d)"
)
_CARD = re.compile(
    r"4\d{15}|4\d{18}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|3[68]\d{12}|6\d{15,18}"
)
_IBAN = re.compile(r"(?=([a-z]{2})\d{2}[a-z0-9]{11})")
_RIB = re.compile(r"(?=((?<!\d)\d{10}[a-z0-9]{11}\d{2}(?!\d)))")
_RIB_LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "12345678912345678923456789")
_STREETS = "rue|avenue|av|bd|bld|boulevard|allees?|chemin|impasse|quai|lotissement|faubourg"
_MORE_STREETS = "place|route|cours|square|villa|residence|hameau|passage|sentier|promenade"
_STREET_FORM = (
    r"\b\d{{1,4}} ?(?:bis|ter|quater|[a-d])?[ ,]+(?:{streets})[ .]+[a-z]"
    r"|\b(?:rue|avenue|boulevard|allees?|impasse|lotissement) (?:de|du|des|d|la|le|les|l)\b"
    r"|\bcedex\b|\bb\.?p\.? ?\d{{1,5}} .*\b\d{{5}}\b"
)
_STREET = re.compile(_STREET_FORM.format(streets=f"{_STREETS}|{_MORE_STREETS}"))
_STREET_IN_WORDS = re.compile(_STREET_FORM.format(streets=_STREETS))
_TOWN = re.compile(r"(?<![a-z0-9])(?:0[1-9]|[1-8]\d|9[0-8])\d{3} [a-z]{3}")
_ICD = re.compile(r"(?<![a-z0-9.])[a-z]\d{2}\.\d{1,2}(?![a-z0-9.])")
_ACT = re.compile(r"(?<![a-z0-9])[a-hjk-npqyz][a-z][a-z][a-hj-npqrsx]\d{3}(?![a-z0-9])")
_ILLNESS = re.compile(
    r"diagnos|patholog|\bcim[ -]?10\b|\bicd[ -]?10\b|\bald \d{1,2}\b|\batteinte? d"
    r"|\bcancer|\bdiabet|\basthm|\bdepress|\bhepatit|\bschizo|\bepileps|\bsclerose|\binfarctus"
    r"|\bleucem|\bgrossesse|\bchimiotherap|\bradiotherap|\bordonnance|\bseropositi|\baddiction"
)
_ANYWHERE = ((_MAIL, MAIL), (_ICD, ICD), (_ACT, ACT))
_IN_ROWS = (*_ANYWHERE, (_STREET, STREET), (_TOWN, TOWN), (_ILLNESS, ILLNESS))
_IN_WORDS = (*_ANYWHERE, (_STREET_IN_WORDS, STREET))


def plain(value: str) -> str:
    """Return `value` in lower-case ASCII as far as it has an ASCII likeness.

    Compatibility forms (NFKD), digits of any script, letters that look Latin; accents and
    invisible characters are dropped; every run of spaces becomes one space.
    """
    if not (value.isascii() and value.isprintable()):
        value = "".join(map(_plain, unicodedata.normalize("NFKD", value).upper()))
    return " ".join(value.split()).lower()


def _plain(letter: str) -> str:
    if letter.isspace():
        return " "
    if unicodedata.category(letter) in _INVISIBLE:
        return ""
    return str(unicodedata.decimal(letter, letter.translate(_LOOKALIKES)))


def signs(value: str) -> set[Sign]:
    """Return all that a row's value looks like."""
    return _signs(plain(value), _IN_ROWS)


def signs_in_words(value: str) -> set[Sign]:
    """Return what a contract's text looks like, where amounts and names of care are at home.

    A label may say "15000 euros" or "cancer screening"; what it has no reason to hold are
    accounts, phone numbers, addresses and codes.
    """
    return _signs(plain(value), _IN_WORDS)


def _signs(text: str, words: tuple[tuple[re.Pattern[str], Sign], ...]) -> set[Sign]:
    found = {sign for pattern, sign in words if pattern.search(text)}
    joined = _SEPARATORS.sub("", text)
    if any(_is_iban(joined[at.start() :]) for at in _IBAN.finditer(joined)):
        found.add(IBAN)
    if any(_is_rib(at[1]) for at in _RIB.finditer(joined)):
        found.add(RIB)
    apart = [at[0] for at in _DIGITS_APART.finditer(text)]
    if _PHONE_INSIDE.search(text) or any(map(_is_phone, apart)):
        found.add(NUMBER)
    if any(map(_is_card, [*apart, *(at[0] for at in _CARD_INSIDE.finditer(text))])):
        found.add(CARD)
    return found


@cache
def _iban_length(country: str) -> int:
    """Return the length of a country's IBANs; 0 for no such country."""
    structure = dict(numdb.get("iban").info(country.upper())[0][1]).get("bban", "")
    sizes = [int(size) for size in re.findall(r"(\d+)!", structure)]
    return 4 + sum(sizes) if sizes else 0


def _is_iban(text: str) -> bool:
    """Tell whether `text` begins with an IBAN."""
    length = _iban_length(text[:2])
    return 0 < length <= len(text) and iban.is_valid(text[:length], check_country=False)


def _is_rib(text: str) -> bool:
    """Check a RIB's key: 97 - (89 bank + 15 branch + 3 account) mod 97, letters as digits."""
    account = int(text[10:21].translate(_RIB_LETTERS))
    total = 89 * int(text[:5]) + 15 * int(text[5:10]) + 3 * account
    return 97 - total % 97 == int(text[21:])


def _is_phone(digits: str) -> bool:
    return bool(_PHONE.fullmatch(_SEPARATORS.sub("", digits))) and not _DATE.match(digits)


def _is_card(digits: str) -> bool:
    joined = _SEPARATORS.sub("", digits)
    return bool(_CARD.fullmatch(joined)) and luhn.is_valid(joined)
