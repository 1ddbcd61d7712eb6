"""Whole columns are judged as the identifiers' own modules judge one value."""

from __future__ import annotations

import base64
import random
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecluse.cards import code
from ecluse.feeds import columns
from ecluse.ids import nir
from ecluse.ids.errors import IdentifierError


if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

digits = st.sampled_from("0123456789")
nirs = st.tuples(
    st.sampled_from("0123456789"),
    st.integers(0, 99).map("{:02}".format),
    st.integers(0, 99).map("{:02}".format),
    st.sampled_from(["01", "2A", "2B", "19", "18", "99", "A2", "2C", "2a"]),
    st.integers(0, 999_999).map("{:06}".format),
).map("".join)
codes = st.binary(min_size=16, max_size=16).map(code.encode)


def matrix(values: list[str]) -> NDArray[np.uint8]:
    joined = "".join(values).encode("latin-1")
    return np.frombuffer(joined, dtype=np.uint8).reshape(len(values), -1)


def parses(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except (IdentifierError, ValueError):
        return False
    return True


def parse_date(value: str) -> date:
    """Parse YYYY-MM-DD alone; Python 3.11 takes other forms of ISO 8601 too."""
    parsed = date.fromisoformat(value)
    if parsed.isoformat() != value:
        raise ValueError
    return parsed


def spoilt(values: st.SearchStrategy[str], letters: str) -> st.SearchStrategy[str]:
    """Values, some with one character replaced."""
    return st.builds(
        lambda value, place, letter: value[:place] + letter + value[place + 1 :],
        values,
        st.integers(0, 50).map(lambda number: number % 36),
        st.sampled_from(letters),
    ).filter(lambda value: len(value) == 37)


def with_key(nir13: str) -> str:
    try:
        return nir13 + nir.key(nir13)
    except ValueError:
        return nir13 + "00"


@given(st.lists(st.one_of(nirs.map(with_key), nirs.map(lambda n: n + "42")), min_size=1))
def test_a_nir_is_taken_exactly_when_it_parses(values: list[str]) -> None:
    form, key = columns.nir(matrix(values))
    upper_case = [value == value.upper() and parses(nir.parse, value) for value in values]
    assert (form & key).tolist() == upper_case


@given(st.lists(st.one_of(codes, spoilt(codes, "BCDELRSATQ1 ")), min_size=1))
def test_a_card_code_is_taken_exactly_when_it_decodes(values: list[str]) -> None:
    secrets, form, check = columns.card(matrix(values))
    expected = [" " not in value and parses(code.decode, value) for value in values]
    assert (form & check).tolist() == expected
    for value, right, secret in zip(values, expected, secrets, strict=True):
        assert not right or secret.tobytes() == code.decode(value)


@given(
    st.lists(
        st.one_of(
            st.dates().map(date.isoformat),
            st.tuples(st.integers(0, 9999), st.integers(0, 14), st.integers(0, 33)).map(
                lambda parts: "{:04}-{:02}-{:02}".format(*parts)
            ),
            st.text("0123456789-/", min_size=10, max_size=10),
        ),
        min_size=1,
    )
)
def test_a_date_is_taken_exactly_when_the_calendar_has_it(values: list[str]) -> None:
    numbers, right = columns.date(matrix(values))
    assert right.tolist() == [parses(parse_date, value) for value in values]
    days = [value for value, good in zip(values, right, strict=True) if good]
    ordered = sorted(zip(numbers[right].tolist(), days, strict=True))
    assert [day for _, day in ordered] == sorted(days)


@given(st.lists(st.binary(min_size=64, max_size=64), min_size=1))
def test_a_sealed_reference_comes_out_as_it_went_in(values: list[bytes]) -> None:
    text = [base64.b64encode(value).decode() for value in values]
    found, right = columns.sealed(matrix(text))
    assert right.all()
    assert found.tobytes() == b"".join(values)


def test_a_reference_that_is_not_canonical_base64_is_not_taken() -> None:
    whole = base64.b64encode(random.Random(1).randbytes(64)).decode()  # noqa: S311 - no secret
    wrong = [
        whole[:85] + "B==",
        whole[:-1] + "A",
        *(whole[:40] + letter + whole[41:] for letter in " -=\n\xff"),
        "=" * 88,
    ]
    assert not columns.sealed(matrix(wrong))[1].any()
    found, right = columns.sealed(matrix([*wrong, whole]))
    assert right.tolist() == [False] * len(wrong) + [True]
    assert found[-1].tobytes() == base64.b64decode(whole)
