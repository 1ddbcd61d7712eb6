"""An insurer's word about a phone: believed while it is fresh, whole and its own."""

from __future__ import annotations

import json
import os

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ecluse.cards import grant
from ecluse.cards.grant import LIFETIME, MOST_BYTES, SKEW, End, Grant, GrantError, believed, signed


NOW = 1_800_000_000
AMC = "75004407"
SIGNER = Ed25519PrivateKey.generate()
KEYS = {AMC: SIGNER.public_key().public_bytes_raw()}
PHONE = b"\x02" + os.urandom(32)
CARD = os.urandom(16)
WORD = Grant(AMC, PHONE, NOW, grant.card_hash(CARD))


@pytest.mark.parametrize("word", [WORD, End(AMC, PHONE, NOW)])
def test_it_is_believed_from_its_moment_for_ten_minutes(word: grant.Word) -> None:
    raw = signed(word, SIGNER.sign)
    assert len(raw) < MOST_BYTES
    for seconds in (0, LIFETIME - 1, -SKEW):
        assert believed(raw, KEYS, NOW + seconds) == word
    for seconds in (LIFETIME, -SKEW - 1):
        with pytest.raises(GrantError):
            believed(raw, KEYS, NOW + seconds)


@given(st.data())
def test_no_byte_of_it_can_be_changed(data: st.DataObject) -> None:
    raw = bytearray(signed(WORD, SIGNER.sign))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(GrantError):
        believed(bytes(raw), KEYS, NOW)


@given(st.binary(max_size=MOST_BYTES))
def test_noise_is_no_word(raw: bytes) -> None:
    with pytest.raises(GrantError):
        believed(raw, KEYS, NOW)


def test_it_is_no_other_insurers_word() -> None:
    stranger = Ed25519PrivateKey.generate()
    for keys in ({}, {AMC: stranger.public_key().public_bytes_raw()}):
        with pytest.raises(GrantError):
            believed(signed(WORD, SIGNER.sign), keys, NOW)


def test_what_is_signed_is_no_manifest_and_shows_no_card() -> None:
    raw = signed(WORD, lambda message: message)
    assert raw.startswith(b"ecluse/phone/v1\n")
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(raw)
    assert CARD not in raw


def test_a_word_is_used_up_by_what_is_signed_whatever_signs_it() -> None:
    other = Ed25519PrivateKey.generate()
    assert grant.mark(signed(WORD, SIGNER.sign)) == grant.mark(signed(WORD, other.sign))
