"""What leads to a person's key opens with its own key and in its own row, or not at all."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from ecluse.keyring.wrap import (
    CLAIM_SIZE,
    WRAPPED_SIZE,
    Claim,
    Target,
    pointer_row,
    reference_row,
    unwrap,
    unwrap_claim,
    wrap,
    wrap_claim,
)


KEY = bytes(range(32))
targets = st.builds(
    Target,
    epoch=st.integers(0, 65_535),
    idx=st.binary(min_size=16, max_size=16),
    key=st.binary(min_size=32, max_size=32),
)
TARGET = Target(1, bytes(16), bytes(32))


@given(targets, st.binary(max_size=64))
def test_it_opens_what_it_wrapped(target: Target, row: bytes) -> None:
    wrapped = wrap(KEY, target, row)
    assert len(wrapped) == WRAPPED_SIZE
    assert unwrap(KEY, wrapped, row) == target


claims = st.builds(
    Claim,
    target=targets,
    insurer=st.none() | st.integers(0, 32_767),
    carded=st.integers(0, 2**32 - 1),
)


@given(claims, st.binary(max_size=64), st.integers(0, CLAIM_SIZE - 1), st.integers(1, 255))
def test_a_claim_opens_in_its_own_row_and_whole_or_not_at_all(
    claim: Claim, row: bytes, place: int, change: int
) -> None:
    wrapped = wrap_claim(KEY, claim, row)
    assert len(wrapped) == CLAIM_SIZE
    assert unwrap_claim(KEY, wrapped, row) == claim
    assert unwrap_claim(KEY, wrapped, row + b"!") is None
    altered = bytearray(wrapped)
    altered[place] ^= change
    assert unwrap_claim(KEY, bytes(altered), row) is None
    assert unwrap_claim(KEY, wrap(KEY, claim.target, row), row) is None
    assert unwrap(KEY, wrapped, row) is None


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=64))
def test_another_key_or_another_row_opens_nothing(key: bytes, row: bytes) -> None:
    wrapped = wrap(KEY, TARGET, b"row")
    assert (unwrap(key, wrapped, b"row") is not None) == (key == KEY)
    assert (unwrap(KEY, wrapped, row) is not None) == (row == b"row")


@given(st.integers(0, WRAPPED_SIZE - 1), st.integers(1, 255))
def test_an_altered_byte_opens_nothing(place: int, change: int) -> None:
    wrapped = bytearray(wrap(KEY, TARGET, b"row"))
    wrapped[place] ^= change
    assert unwrap(KEY, bytes(wrapped), b"row") is None


@given(st.binary(max_size=WRAPPED_SIZE + 10))
def test_anything_else_opens_nothing(content: bytes) -> None:
    assert unwrap(KEY, content, b"row") is None


def test_wrapping_twice_shows_nothing_in_common() -> None:
    assert wrap(KEY, TARGET, b"row")[:12] != wrap(KEY, TARGET, b"row")[:12]


@given(
    st.binary(min_size=16, max_size=16),
    st.tuples(st.integers(0, 65_535), st.integers(0, 2**32 - 1)),
    st.tuples(st.integers(0, 65_535), st.integers(0, 2**32 - 1)),
)
def test_a_pointers_row_is_one_rows(
    card: bytes, one: tuple[int, int], other: tuple[int, int]
) -> None:
    assert (pointer_row(card, *one) == pointer_row(card, *other)) == (one == other)
    assert len(pointer_row(card, *one)) == 22


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_a_references_row_is_the_hash_of_what_its_organisation_holds(
    reference: bytes, organisation: bytes
) -> None:
    expected = hashlib.sha256(b"ecluse/reference/v1" + reference + organisation).digest()
    assert reference_row(reference, organisation) == expected
