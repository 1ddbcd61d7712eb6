from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.login import fingerprint


ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(st.binary(max_size=100))
def test_it_is_the_first_sixty_bits_of_the_keys_hash(public_key: bytes) -> None:
    letters = fingerprint.fingerprint(public_key).replace("-", "")
    number = 0
    for letter in letters:
        number = number * 32 + ALPHABET.index(letter)
    assert len(letters) == 12
    assert number == int(hashlib.sha256(public_key).hexdigest()[:15], 16)


@given(st.binary(max_size=10))
def test_it_is_read_however_it_is_typed(public_key: bytes) -> None:
    mark = fingerprint.fingerprint(public_key)
    typed = mark.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert fingerprint.parse(typed) == fingerprint.parse(mark) == mark


@pytest.mark.parametrize(
    "text", ["", "7F3K-92MD", "7F3K-92MD-0XQAA", "7F3K-92MD-0XQU", "../../etc/pwd"]
)
def test_it_refuses_what_is_no_fingerprint(text: str) -> None:
    with pytest.raises(fingerprint.FingerprintError):
        fingerprint.parse(text)
