"""The names in the gate's state: nothing to anybody without the key, and never the same twice."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from ecluse.gate.tokens import Tokens


KEY = bytes(range(32))
TOKENS = Tokens(KEY)
SIXTEEN = st.binary(min_size=16, max_size=16)


@given(SIXTEEN, SIXTEEN)
def test_a_subject_is_keyed_blake2b_of_account_and_index(account: bytes, index: bytes) -> None:
    expected = hashlib.blake2b(account + index, key=KEY, digest_size=16, person=b"ecluse/subject")
    assert TOKENS.subject(account, index) == expected.digest()


@given(SIXTEEN, SIXTEEN, SIXTEEN)
def test_one_person_is_another_token_for_every_account(
    index: bytes, account: bytes, other: bytes
) -> None:
    same = TOKENS.subject(account, index) == TOKENS.subject(other, index)
    assert same == (account == other)


@given(SIXTEEN)
def test_the_three_names_and_another_key_never_agree(text: bytes) -> None:
    names = {
        TOKENS.subject(text, b""),
        TOKENS.visitor(text, b""),
        TOKENS.card(text[:14], int.from_bytes(text[14:], "big")),
        Tokens(bytes(32)).subject(text, b""),
    }
    assert len(names) == 4


@given(SIXTEEN, st.integers(0, 65_535), st.integers(0, 65_535))
def test_a_card_is_one_insurers(index: bytes, insurer: int, other: int) -> None:
    same = TOKENS.card(index, insurer) == TOKENS.card(index, other)
    assert same == (insurer == other)
