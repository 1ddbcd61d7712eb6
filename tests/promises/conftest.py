"""The town that all promises are attacked in, unless an attack would leave it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from towns import open_town


if TYPE_CHECKING:
    from collections.abc import Iterator

    from towns import Town


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """One town for all tests that leave it as it was: those that kill or flood open their own."""
    with open_town() as opened:
        yield opened


@pytest.fixture(scope="session")
def watched() -> Iterator[Town]:
    """A small town with a watch at work; thieves of several tests play in it."""
    with open_town(members=600, watched=True) as opened:
        yield opened
