from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.store.database import Database


@pytest.mark.parametrize("role", list(Role))
def test_every_role_can_sign_in_as_itself(database: Database, role: Role) -> None:
    async def who() -> str:
        connection = await database.connect(role)
        try:
            return str(await connection.fetchval("SELECT current_user"))
        finally:
            await connection.close()

    assert asyncio.run(who()) == f"ecluse_{role}"
