from __future__ import annotations

import asyncio
import os
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg

from ecluse.client.device import DeviceKey
from ecluse.gate.registered import Registered
from ecluse.login import devices
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ecluse.store.database import Database

_ACCOUNT = """
INSERT INTO account (account, organisation, label, probation_until)
VALUES ($1, '', 'Comptoir', now())
"""


class Asked:
    """A pool, the statements sent through it, and devices to ask for."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self.pool = pool
        self.statements: list[str] = []

    async def note(self, connection: asyncpg.Connection[Any]) -> None:
        def seen(told: asyncpg.connection.LoggedQuery) -> None:
            if "FROM device" in told.query or "JOIN device" in told.query:
                self.statements.append(told.query)

        connection.add_query_logger(seen)

    async def register(self, account: bytes) -> tuple[bytes, bytes]:
        key, now = DeviceKey.generate(), datetime.now(UTC)
        ends = now + timedelta(hours=1)
        device = devices.Device(account, key.thumbprint, key.public_key, b"credential", now, ends)
        async with self.pool.acquire() as connection:
            await connection.execute(_ACCOUNT, account)
            await devices.register(connection, device)
        return account, key.thumbprint


@asynccontextmanager
async def asked_of(database: Database) -> AsyncIterator[Asked]:
    async with asyncpg.create_pool(database.dsn(Role.OWNER), min_size=1, max_size=4) as pool:
        yield Asked(pool)


def test_requests_that_wait_are_read_in_few_queries(database: Database) -> None:
    async def play() -> tuple[int, int]:
        async with asked_of(database) as asked:
            keys = [await asked.register(os.urandom(16)) for _ in range(20)]
            async with asyncpg.create_pool(
                database.dsn(Role.GATE), min_size=1, max_size=4, init=asked.note
            ) as pool:
                registered = Registered(pool, remembered=10)
                now = time.time()
                found = await asyncio.gather(*(registered.find(key, now) for key in keys * 2))
        return sum(1 for each in found if each), len(asked.statements)

    assert asyncio.run(play()) == (40, 1)


def test_a_request_is_never_answered_by_a_query_that_began_before_it(database: Database) -> None:
    """Nothing remembered: whoever asks after a device was signed out is told so, always."""

    async def play() -> list[bool]:
        async with asked_of(database) as asked:
            account, thumbprint = await asked.register(os.urandom(16))
            registered = Registered(asked.pool, remembered=0)
            wrong = []
            for _ in range(50):
                early = asyncio.create_task(registered.find((account, thumbprint), time.time()))
                await asyncio.sleep(0)
                async with asked.pool.acquire() as connection:
                    await connection.execute(
                        "UPDATE device SET revoked_at = now() WHERE account = $1", account
                    )
                if await registered.find((account, thumbprint), time.time()) is not None:
                    wrong.append(True)
                await early
                async with asked.pool.acquire() as connection:
                    await connection.execute(
                        "UPDATE device SET revoked_at = NULL WHERE account = $1", account
                    )
        return wrong

    assert asyncio.run(play()) == []


def test_one_failure_is_told_to_all_who_wait_and_the_next_query_is_tried(
    database: Database,
) -> None:
    async def play() -> tuple[list[bool], bool]:
        async with asked_of(database) as asked:
            key = await asked.register(os.urandom(16))
            registered, now = Registered(asked.pool, remembered=10), time.time()
            bad: Any = (key[0], "no bytes")  # an argument that the database's driver refuses
            failed = await asyncio.gather(
                registered.find(key, now),
                registered.find(bad, now),
                return_exceptions=True,
            )
            told = [isinstance(each, asyncpg.DataError) for each in failed]
            return told, await registered.find(key, now) is not None

    assert asyncio.run(play()) == ([True, True], True)
