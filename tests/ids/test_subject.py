from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.ids import birth
from ecluse.ids.errors import IdentifierError
from ecluse.ids.subject import PERSON_SIZE, parse_rank, person_identifier


subjects = st.tuples(
    st.from_regex(r"[12][0-9]{4}([0-9]{2}|2A|2B)[0-9]{6}", fullmatch=True),
    st.from_regex(r"[0-9]{8}", fullmatch=True),
    st.integers(1, 9),
)


def test_a_person_is_number_then_birth_date_then_rank() -> None:
    assert person_identifier("2550814168025", "19550800", 2) == b"2550814168025195508002"


@given(subjects, subjects)
def test_two_subjects_share_their_identifier_only_when_they_are_the_same(
    one: tuple[str, str, int], other: tuple[str, str, int]
) -> None:
    first, second = person_identifier(*one), person_identifier(*other)
    assert len(first) == PERSON_SIZE
    assert (first == second) == (one == other)


@pytest.mark.parametrize(
    ("nir13", "birth_date", "birth_rank"),
    [
        ("255081416802", "195508001", 1),
        ("25508141680251", "1955080", 1),
        ("2550814168025", "19550800", 0),
        ("2550814168025", "19550800", 10),
        ("2550814168025", "1955080\u00e9", 1),
        ("255081416802B", "19550800", 1),
        ("7550814168025", "19550800", 1),
    ],
)
def test_a_part_that_was_not_parsed_is_refused(
    nir13: str, birth_date: str, birth_rank: int
) -> None:
    with pytest.raises(IdentifierError):
        person_identifier(nir13, birth_date, birth_rank)


@pytest.mark.parametrize("printed", ["19450231", "19620000", "20240229", "00000000"])
def test_a_birth_date_is_kept_as_printed_even_when_no_calendar_has_it(printed: str) -> None:
    assert birth.parse(printed) == printed


@pytest.mark.parametrize(
    "text", ["1962", "196200000", "1962-0-0", "1962 000", "\u0661962000" + "0", "", "19620000\n"]
)
def test_a_birth_date_that_is_not_eight_digits_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        birth.parse(text)
    assert not text or text not in str(refused.value)


def test_a_birth_rank_is_one_digit_from_one_to_nine() -> None:
    assert [parse_rank(str(rank)) for rank in range(1, 10)] == list(range(1, 10))


@pytest.mark.parametrize("text", ["0", "10", "", "-1", "a", "\u00b2", " 1"])
def test_any_other_birth_rank_is_refused(text: str) -> None:
    with pytest.raises(IdentifierError):
        parse_rank(text)
