from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import pytest

from ecluse.store.database import Database
from ecluse.store.errors import StoreError
from ecluse.store.migrate import Migration, migrate, shipped
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


ONE = Migration(1, "0001_one.sql", "CREATE TABLE one (n int); INSERT INTO one VALUES (1);")
TWO = Migration(2, "0002_two.sql", "CREATE TABLE two (n int);")
BROKEN = Migration(2, "0002_two.sql", "CREATE TABLE two (n int); SELECT 1 / 0;")


@pytest.fixture
def blank(database_template: Database) -> Iterator[str]:
    """The address of a database without a single migration."""
    server = database_template.server
    assert server is not None
    name = f"blank_{uuid4().hex}"

    async def alone(statement: str) -> None:
        superuser = await asyncpg.connect(server.superuser_dsn())
        await superuser.execute(statement)
        await superuser.close()

    asyncio.run(alone(f"CREATE DATABASE {name}"))
    yield server.superuser_dsn(name)
    asyncio.run(alone(f"DROP DATABASE {name} WITH (FORCE)"))


def run(dsn: str, *migrations: Migration) -> list[str]:
    async def apply() -> list[str]:
        connection = await asyncpg.connect(dsn)
        try:
            return await migrate(connection, migrations)
        finally:
            await connection.close()

    return asyncio.run(apply())


def ask(dsn: str, sql: str) -> object:
    async def value() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(value())


def test_each_file_is_applied_once_and_in_order(blank: str) -> None:
    assert run(blank, ONE) == ["0001_one.sql"]
    assert run(blank, ONE, TWO) == ["0002_two.sql"]
    assert run(blank, ONE, TWO) == []
    assert ask(blank, "SELECT count(*) FROM one") == 1


def test_a_file_that_fails_leaves_nothing(blank: str) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        run(blank, ONE, BROKEN)
    assert ask(blank, "SELECT to_regclass('two')") is None
    assert run(blank, ONE, TWO) == ["0002_two.sql"]


def test_a_file_changed_afterwards_is_refused(blank: str) -> None:
    run(blank, ONE)
    with pytest.raises(StoreError, match=r"0001_one\.sql was changed"):
        run(blank, replace(ONE, sql=ONE.sql + " "), TWO)
    assert ask(blank, "SELECT to_regclass('two')") is None


def test_a_database_newer_than_the_code_is_refused(blank: str) -> None:
    run(blank, ONE, TWO)
    with pytest.raises(StoreError, match="newer than this Écluse"):
        run(blank, ONE)


def test_two_at_once_apply_each_file_once(blank: str) -> None:
    async def together() -> list[list[str]]:
        connections = [await asyncpg.connect(blank) for _ in range(4)]
        try:
            return await asyncio.gather(*(migrate(c, [ONE, TWO]) for c in connections))
        finally:
            for connection in connections:
                await connection.close()

    applied = asyncio.run(together())
    assert sorted(map(len, applied)) == [0, 0, 0, 2]


@pytest.mark.parametrize(
    "names", [["1_short.sql"], ["0001_Loud.sql"], ["0001_a.sql", "0001_b.sql"]]
)
def test_files_with_a_double_or_a_wrong_name_are_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(StoreError):
        shipped(tmp_path)


def test_preparing_twice_at_once_is_safe(database_template: Database) -> None:
    async def together() -> list[list[str]]:
        both = [Database(database_template.home, name="prepared_twice") for _ in range(3)]
        return await asyncio.gather(*(database.prepare() for database in both))

    applied = asyncio.run(together())
    assert sorted(map(len, applied)) == [0, 0, len(shipped())]
    dsn = Database(database_template.home, name="prepared_twice").dsn(Role.OWNER)
    assert ask(dsn, "SELECT count(*) FROM ecluse_migration") == len(shipped())
