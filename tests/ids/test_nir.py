from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.ids import nir
from ecluse.ids.errors import IdentifierError


nirs = st.from_regex(
    r"[1-4][0-9]{2}(0[1-9]|1[0-2]|[2-9][0-9])([0-9]{2}|2A|2B)[0-9]{6}", fullmatch=True
)


@pytest.mark.parametrize(
    ("printed", "nir13"),
    [
        ("255081416802538", "2550814168025"),
        ("253072B07300470", "253072B073004"),
        ("253072A07300443", "253072A073004"),
        ("2 95 10 99 126 111 93", "2951099126111"),
        ("253072b07300470", "253072B073004"),
    ],
)
def test_it_returns_the_thirteen_characters_of_a_number_with_its_key(
    printed: str, nir13: str
) -> None:
    assert nir.parse(printed) == nir13


@pytest.mark.parametrize(
    ("number", "named"),
    [
        ("255081416802539", "the key does not match"),
        ("2550814168025", "13 characters where 15"),
        ("055081416802538", "first digit"),
        ("955081416802538", "first digit"),
        ("755081416802538", "NNP"),
        ("855081416802538", "NNP"),
        ("555081416802538", "MIG"),
        ("2X5081416802538", "year of birth"),
        ("255001416802538", "month of birth"),
        ("255131416802538", "month of birth"),
        ("255082C16802538", "department of birth"),
        ("25508141X802538", "commune or country"),
        ("2550814168O2538", "order number"),
        ("25508141680253X", "the key is not"),
        ("25508141680253\u0668", "the key is not"),
        ("", "0 characters"),
    ],
)
def test_it_names_the_part_that_is_wrong_and_never_the_value(number: str, named: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        nir.parse(number)
    told = f"{refused.value.problem} {refused.value.hint}"
    assert named in told
    assert not number or number not in told
    assert not re.search(r"\d{5}", told)


@given(nirs)
def test_every_number_of_the_pattern_parses_with_its_own_key(nir13: str) -> None:
    assert nir.parse(nir13 + nir.key(nir13)) == nir13


@given(nirs, st.integers(1, 96))
def test_no_other_key_is_accepted(nir13: str, off: int) -> None:
    wrong = (int(nir.key(nir13)) - 1 + off) % 97 + 1
    with pytest.raises(IdentifierError):
        nir.parse(f"{nir13}{wrong:02d}")


@given(st.text(max_size=14))
def test_any_shorter_text_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(IdentifierError, match=r"^NIR: "):
        nir.parse(text)


@given(nirs)
def test_a_number_is_provisional_when_it_begins_with_three_or_four(nir13: str) -> None:
    assert nir.is_provisional(nir13) == (nir13[0] in "34")
