from __future__ import annotations

import re

import pytest
import segno

from ecluse.cards.code import encode
from ecluse.cards.print import svg
from ecluse.ids.errors import IdentifierError


CODE = encode(bytes(range(16)))
STROKES = re.compile(r'stroke="#000" d="([^"]+)"')
STEPS = re.compile(r"([Mmh])([-\d. ]+)")


def _modules(path: str, side: int) -> list[list[int]]:
    """Draw the horizontal strokes of segno's path into a matrix of dark modules."""
    matrix = [[0] * side for _ in range(side)]
    x = y = 0.0
    for command, numbers in STEPS.findall(path):
        values = [float(number) for number in numbers.split()]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            for column in range(int(x), int(x + values[0])):
                matrix[int(y)][column] = 1
            x += values[0]
    return matrix


def test_the_picture_draws_the_qr_of_the_code_module_by_module() -> None:
    (drawn,) = STROKES.findall(svg(CODE))
    expected = segno.make_qr(CODE, error="q", boost_error=False)
    border = 4
    side = len(expected.matrix) + 2 * border
    inside = [row[border:-border] for row in _modules(drawn, side)[border:-border]]
    assert inside == [list(row) for row in expected.matrix]


def test_the_picture_is_the_same_for_a_code_typed_in_lower_case() -> None:
    assert svg(CODE.lower()) == svg(CODE)


def test_the_symbol_stays_small_enough_for_a_card() -> None:
    symbol = segno.make_qr(CODE, error="q", boost_error=False)
    assert (symbol.version, symbol.error) == (3, "Q")


def test_nothing_that_is_not_a_card_code_is_ever_printed() -> None:
    with pytest.raises(IdentifierError):
        svg("255081416802538")
