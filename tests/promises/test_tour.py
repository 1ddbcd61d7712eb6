"""Every theft of the tour, one by one, on a running operator."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ecluse.siege.thefts import THEFTS


if TYPE_CHECKING:
    from ecluse.siege.thefts import Theft
    from towns import Town


@pytest.mark.attack
@pytest.mark.parametrize("theft", THEFTS, ids=lambda theft: theft.name)
def test_a_thief_gets_no_more_than_the_bound(town: Town, theft: Theft) -> None:
    async def commit() -> int:
        async with town.scene() as scene:
            return await theft.commit(scene)

    persons = asyncio.run(commit())
    assert persons <= theft.bound(town.scene())
