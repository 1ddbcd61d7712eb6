"""The derivations: keyed BLAKE2b under a domain each, pinned for ever.

A record that was sealed yesterday has to open tomorrow: a changed value here is a lost record.
"""

from __future__ import annotations

import hashlib
import struct
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.keyring import prf


if TYPE_CHECKING:
    from collections.abc import Callable

    Derive = Callable[[bytes, bytes], bytes]


KEY = bytes(range(32))
PERSON = b"2841075101001198410311"
CARD = bytes(range(100, 116))
DOMAINS: list[tuple[Derive, bytes, int]] = [
    (prf.person_index, b"ecluse/person", 16),
    (prf.card_index, b"ecluse/card", 16),
    (prf.person_key, b"ecluse/personkey", 32),
    (prf.pointer_key, b"ecluse/pointer", 32),
    (prf.reference_key, b"ecluse/reference", 32),
    (prf.nobody, b"ecluse/nobody", 48),
]


@pytest.mark.parametrize(
    ("derived", "pinned"),
    [
        (prf.person_index(KEY, PERSON), "e83410105dd427be164d45997172e92a"),
        (prf.card_index(KEY, CARD), "ce02bc9b85409e76303d455d56ec539c"),
        (
            prf.person_key(KEY, PERSON),
            "ad474c0bd3ab7d486dfdb006776e1f4d0557de80e6ac9f370a3392326f11e47f",
        ),
        (
            prf.pointer_key(KEY, CARD),
            "4e055c674b1c963e107ab02fe240aac570e07a28c0f13d4dbae8c654d4655c78",
        ),
        (
            prf.reference_key(KEY, CARD),
            "1f46ab29eac9332a4f50568a77c9516d9d9184bb5f59e364d821b9cbb576b59a",
        ),
        (
            prf.record_key(KEY, 7, 3),
            "7adedecf4de079be9b5ec19b39dca9fe5fdab5ac8c7fb43cc8aa96771794a833",
        ),
    ],
)
def test_a_value_is_what_it_was(derived: bytes, pinned: str) -> None:
    assert derived.hex() == pinned


@pytest.mark.parametrize(("derive", "domain", "size"), DOMAINS)
@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32))
def test_each_is_keyed_blake2b_under_its_own_domain(
    derive: Derive, domain: bytes, size: int, text: bytes, key: bytes
) -> None:
    padded = domain.ljust(16, b"\0")
    expected = hashlib.blake2b(text, digest_size=size, key=key, person=padded)
    assert derive(key, text) == expected.digest()


@given(st.integers(0, 65_535), st.integers(0, 2**32 - 1))
def test_a_record_key_is_one_persons_insurers_and_feeds(insurer: int, feed: int) -> None:
    text = struct.pack(">HI", insurer, feed)
    expected = hashlib.blake2b(text, digest_size=32, key=KEY, person=b"ecluse/record").digest()
    assert prf.record_key(KEY, insurer, feed) == expected


@given(st.binary(min_size=16, max_size=22))
def test_no_two_derivations_of_one_text_begin_alike(text: bytes) -> None:
    derived = [derive(KEY, text)[:16] for derive, *_ in DOMAINS]
    assert all(one != other for one, other in combinations(derived, 2))


@given(st.binary(min_size=32, max_size=32))
def test_another_key_leads_elsewhere(key: bytes) -> None:
    for derive, *_ in DOMAINS:
        assert (derive(KEY, CARD) == derive(key, CARD)) == (key == KEY)
