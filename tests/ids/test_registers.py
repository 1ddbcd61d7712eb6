"""RPPS, FINESS and AMC: who asks and who pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecluse.ids import amc, finess, rpps
from ecluse.ids.errors import IdentifierError


if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("parse", "text", "number"),
    [
        (rpps.parse, "99700366240", "99700366240"),
        (rpps.parse, "999 000 634 80", "99900063480"),
        (finess.parse, "010000016", "010000016"),
        (finess.parse, "01 078 0195", "010780195"),
        (finess.parse, "2A0000014", "2A0000014"),
        (finess.parse, "2b0000015", "2B0000015"),
        (amc.parse, "75004407", "75004407"),
        (amc.parse, "99c0012345", "99C0012345"),
    ],
)
def test_a_number_is_returned_without_spaces_in_upper_case(
    parse: Callable[[str], str], text: str, number: str
) -> None:
    assert parse(text) == number


@pytest.mark.parametrize(
    ("parse", "text", "named"),
    [
        (rpps.parse, "99700366241", "RPPS number: the last digit"),
        (rpps.parse, "9970036624", "RPPS number: not eleven"),
        (rpps.parse, "9970036624\u0660", "RPPS number: not eleven"),
        (finess.parse, "010000017", "FINESS number: the last digit"),
        (finess.parse, "2C0000014", "FINESS number: not a department"),
        (finess.parse, "01000001", "FINESS number: not a department"),
        (amc.parse, "7500440", "AMC number: not eight to ten"),
        (amc.parse, "75004407123", "AMC number: not eight to ten"),
        (amc.parse, "7500-4407", "AMC number: not eight to ten"),
    ],
)
def test_an_error_names_the_number_and_what_is_wrong_but_not_its_value(
    parse: Callable[[str], str], text: str, named: str
) -> None:
    with pytest.raises(IdentifierError) as refused:
        parse(text)
    assert refused.value.problem.startswith(named)
    assert refused.value.hint
    assert text not in f"{refused.value.problem} {refused.value.hint}"
