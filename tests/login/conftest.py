"""A connection per database role, and an enrolment that waits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import asyncpg

    from ecluse.store.database import Database
    from ecluse.store.roles import Role

T = TypeVar("T")


class As(Protocol):
    """Runs one act on a connection of its own."""

    def __call__(self, role: Role, act: Callable[[asyncpg.Connection[Any]], Awaitable[T]]) -> T: ...


@pytest.fixture
def as_role(database: Database) -> As:
    """Do something in the database with a role's rights and no others."""

    def run(role: Role, act: Callable[[asyncpg.Connection[Any]], Awaitable[T]]) -> T:
        async def connected() -> T:
            connection = await database.connect(role)
            try:
                return await act(connection)
            finally:
                await connection.close()

        return asyncio.run(connected())

    return run
