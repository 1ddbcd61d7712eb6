"""The operator keeps a member reference and cannot read it."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.feeds.reference import SEALED_SIZE, MemberReferenceError, ReferenceSealer


sealer = ReferenceSealer(os.urandom(32), "75004407")
numbers = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=35)


@given(numbers.map(str.encode))
def test_it_opens_to_what_was_sealed_and_has_one_length(number: bytes) -> None:
    sealed = sealer.seal(number)
    assert len(sealed) == SEALED_SIZE
    assert sealer.open(sealed) == number


def test_the_same_number_sealed_twice_shares_nothing() -> None:
    first, second = sealer.seal(b"M1"), sealer.seal(b"M1")
    assert first[:12] != second[:12]
    assert first[12:] != second[12:]


def test_another_insurer_cannot_open_it() -> None:
    sealed = sealer.seal(b"M1")
    for other in (ReferenceSealer(os.urandom(32), "75004407"), ReferenceSealer(b"k" * 32, "7")):
        with pytest.raises(MemberReferenceError):
            other.open(sealed)


def test_it_is_bound_to_the_amc_number() -> None:
    key = os.urandom(32)
    sealed = ReferenceSealer(key, "75004407").seal(b"M1")
    with pytest.raises(MemberReferenceError):
        ReferenceSealer(key, "75004408").open(sealed)


@pytest.mark.parametrize("number", [b"", b"x" * 36, "é".encode(), b"a\nb"])
def test_it_refuses_a_number_of_another_form_without_repeating_it(number: bytes) -> None:
    with pytest.raises(MemberReferenceError, match="1 to 35 printable ASCII") as refused:
        sealer.seal(number)
    assert not number or number.decode() not in refused.value.problem
