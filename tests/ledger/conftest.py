"""Connections to an empty ledger, as the roles that use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from ecluse.store.database import Database


EMPTY = """
DELETE FROM ledger_entry; DELETE FROM ledger_tile; DELETE FROM ledger_checkpoint;
UPDATE ledger_head SET size = 0, last_at = '-infinity';
"""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection[Any]]:
    """Whoever can do anything to the tables, on a ledger that begins empty."""
    connection = await database.connect(Role.OWNER)
    await connection.execute(EMPTY)
    yield connection
    await connection.close()


@pytest.fixture
async def gate(
    database: Database, owner: asyncpg.Connection[Any]
) -> AsyncIterator[asyncpg.Connection[Any]]:
    """One of those who append."""
    connection = await database.connect(Role.GATE)
    yield connection
    await connection.close()


@pytest.fixture
async def ledger(
    database: Database, owner: asyncpg.Connection[Any]
) -> AsyncIterator[asyncpg.Connection[Any]]:
    """The keeper, who is also the verifier."""
    connection = await database.connect(Role.LEDGER)
    yield connection
    await connection.close()
