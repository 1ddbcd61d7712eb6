"""Debian's PostgreSQL, the oldest that Écluse runs on, beside the one that comes with it."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from ecluse.store.binaries import DEBIAN, OLDEST
from ecluse.store.database import Database
from ecluse.store.roles import Role
from ecluse.store.server import Server


if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def debian() -> Path:
    """The folder of Debian's oldest PostgreSQL that Écluse accepts."""
    found = [path for path in DEBIAN.glob("*/bin") if int(path.parent.name) >= OLDEST]
    assert found, "Debian's PostgreSQL is not installed; `./ecluse test` installs it."
    return min(found, key=lambda path: int(path.parent.name))


@pytest.fixture(scope="session")
def debian_server(debian: Path) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="ecluse-test-") as home:
        server = Server(Path(home))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ECLUSE_PG_BIN", str(debian))
            server.start()
        yield server
        server.stop()


@pytest.fixture
def external(debian_server: Server, tmp_path: Path) -> Iterator[Database]:
    """A database of somebody else's: its owner may create roles, and nothing beyond."""
    as_superuser(debian_server, "CREATE ROLE landlord LOGIN CREATEROLE PASSWORD 'p@ss/word'")
    as_superuser(debian_server, 'CREATE DATABASE "the house" OWNER landlord')
    where = debian_server.superuser_dsn("the house").partition("@")[2]
    yield Database(tmp_path, url=f"postgresql://landlord:p%40ss%2Fword@{where}")
    as_superuser(debian_server, 'DROP DATABASE "the house" WITH (FORCE)')
    for name in ("landlord", *(role.login for role in Role)):
        as_superuser(debian_server, f"DROP ROLE IF EXISTS {name}")


def as_superuser(server: Server, statement: str) -> None:
    async def execute() -> None:
        superuser = await asyncpg.connect(server.superuser_dsn())
        await superuser.execute(statement)
        await superuser.close()

    asyncio.run(execute())
