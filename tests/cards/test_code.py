from __future__ import annotations

import contextlib
import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.cards.code import CODE_SIZE, decode, encode, encode_many
from ecluse.ids.errors import IdentifierError


secrets = st.binary(min_size=16, max_size=16)

# The letters of each layout by key, row by row: what stands at another place reads wrong.
QWERTY = "QWERTYUIOPASDFGHJKLZXCVBNM"
AZERTY = "AZERTYUIOPQSDFGHJKLWXCVBN?"
SAME_KEY = {one for one, other in zip(QWERTY, AZERTY, strict=True) if one == other}


def test_a_code_is_ecl_then_the_secret_then_the_first_byte_of_its_hash() -> None:
    secret = bytes(range(16))
    check = hashlib.sha256(b"ecluse/card/v1" + secret).digest()[:1]
    letters = "".join("BCDEFGHIJKLNOPRS"[int(digit, 16)] for digit in (secret + check).hex())
    assert encode(secret) == f"ECL{letters}"


@given(secrets)
def test_decoding_a_code_gives_the_secret_back_however_it_was_typed(secret: bytes) -> None:
    code = encode(secret)
    spaced = " ".join(code[at : at + 5] for at in range(0, len(code), 5))
    assert decode(code) == decode(spaced.lower()) == decode(spaced.replace(" ", "-")) == secret


@given(secrets)
def test_every_letter_sits_at_the_same_place_on_azerty_and_qwerty(secret: bytes) -> None:
    assert set(encode(secret)) <= SAME_KEY


@given(secrets, st.integers(3, CODE_SIZE - 1), st.sampled_from("BCDEFGHIJKLNOPRS"))
def test_a_wrong_letter_never_gives_the_same_card(secret: bytes, at: int, letter: str) -> None:
    code = encode(secret)
    misread = code[:at] + letter + code[at + 1 :]
    with contextlib.suppress(IdentifierError):
        assert (decode(misread) == secret) == (misread == code)


def test_nearly_every_wrong_letter_is_noticed() -> None:
    code = encode(bytes(range(16)))
    misread = [code[:at] + letter + code[at + 1 :] for at in range(3, 35) for letter in "BCDEFGHIJ"]
    accepted = 0
    for text in misread:
        with contextlib.suppress(IdentifierError):
            accepted += text != code and decode(text) is not None
    # Eight check bits let one mistake in 256 pass.
    assert accepted <= len(misread) // 50


def test_a_code_with_wrong_check_letters_says_so() -> None:
    code = encode(bytes(range(16)))
    with pytest.raises(IdentifierError, match="check letters"):
        decode(code[:-2] + ("BB" if code[-2:] != "BB" else "CC"))


@pytest.mark.parametrize(
    "text",
    ["", "ECL", "B" * 37, "ECL" + "B" * 33, "ECL" + "B" * 35, "ECL" + "A" * 34, "ECL" + "0" * 34],
)
def test_what_is_not_a_code_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        decode(text)
    assert refused.value.hint
    assert len(text) < 4 or text not in str(refused.value)


def test_a_secret_of_another_size_cannot_be_encoded() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        encode(b"short")


@given(st.lists(secrets, max_size=20))
def test_many_codes_at_once_equal_the_codes_one_by_one(batch: list[bytes]) -> None:
    rows = np.frombuffer(b"".join(batch), dtype=np.uint8).reshape(len(batch), 16)
    assert [code.decode() for code in encode_many(rows)] == [encode(secret) for secret in batch]
