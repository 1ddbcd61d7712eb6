"""The town that all promises are attacked in, unless an attack would leave it changed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from officers import Bureau
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import Iterator

    from officers import Person
    from towns import Town


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """One town for all tests that leave it as it was: those that kill or flood open their own."""
    with open_town() as opened:
        yield opened


@pytest.fixture(scope="module")
def watched() -> Iterator[Town]:
    """A small town with a watch at work; too many alarms in one would brake everybody in it."""
    with open_town(members=600, watched=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def officers(watched: Town) -> tuple[Person, Person]:
    """The first two security officers of that town: no more join on one person's word."""

    async def hire() -> tuple[Person, Person]:
        async with Bureau(watched.operator) as bureau:
            return await bureau.first(), await bureau.first()

    return asyncio.run(hire())
