"""A column is sealed as the plain library seals each of its texts, whichever library does it."""

from __future__ import annotations

import os
import random  # noqa: TC003 - hypothesis reads the annotation

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from ecluse.keyring import aead


@given(st.integers(1, 5), st.integers(1, 100), st.integers(1, 40), st.randoms())
def test_both_libraries_give_the_bytes_of_one_text_at_a_time(
    count: int, size: int, bound_size: int, drawn: random.Random
) -> None:
    keys, nonces = drawn.randbytes(32 * count), drawn.randbytes(12 * count)
    texts, bound_to = drawn.randbytes(size * count), drawn.randbytes(bound_size * count)
    expected = b""
    for place in range(count):
        nonce = nonces[12 * place : 12 * place + 12]
        expected += nonce + AESGCM(keys[32 * place : 32 * place + 32]).encrypt(
            nonce,
            texts[size * place : size * place + size],
            bound_to[bound_size * place : bound_size * place + bound_size],
        )
    assert aead.by_cryptography(keys, nonces, texts, bound_to) == expected
    assert aead.by_libsodium(keys, nonces, texts, bound_to) == expected


def test_each_nonce_is_drawn_anew() -> None:
    keys, text = bytes(32 * 500), bytes(500 * 20)
    sealed = aead.seal_each(keys, text, text) + aead.seal_each(keys, text, text)
    assert len({sealed[place : place + 12] for place in range(0, len(sealed), 48)}) == 1000


@pytest.mark.parametrize(
    ("keys", "texts", "bound_to"),
    [(0, 0, 0), (32, 0, 1), (33, 2, 2), (64, 3, 2), (64, 2, 3), (31, 1, 1)],
)
def test_columns_of_different_lengths_are_not_sealed(keys: int, texts: int, bound_to: int) -> None:
    with pytest.raises(ValueError, match="different lengths"):
        aead.seal_each(os.urandom(keys), os.urandom(texts), os.urandom(bound_to))
