"""What tests of several packages share: a real PostgreSQL with the real schema and roles."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import settings

from counts import PROVES
from ecluse.store.database import PROCESSES, Database
from ecluse.store.roles import Role, admit


if TYPE_CHECKING:
    from collections.abc import Iterator


# Everybody's test draws the same, so that what fails here fails there; proving draws anew. None is
# timed: a machine under load is no fault.
settings.register_profile("ecluse", deadline=None, derandomize=not PROVES)
settings.load_profile("ecluse")

# Not below pytest's own folder: that one is closed to PostgreSQL's account when we are root.
PREFIX = "ecluse-test-"


@pytest.fixture
def fresh_home() -> Iterator[Path]:
    """An empty folder that may become an `ECLUSE_HOME`."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as home:
        yield Path(home)


@pytest.fixture(scope="session")
def database_template() -> Iterator[Database]:
    """One embedded server for the whole session, with one migrated database that nobody fills."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as home:
        template = Database(Path(home), name="template_ecluse")
        asyncio.run(template.prepare())
        yield template
        asyncio.run(template.stop())


@pytest.fixture(scope="module")
def database(database_template: Database) -> Iterator[Database]:
    """A fresh, migrated, empty database for each test module, reached like any other."""
    name = f"test_{uuid4().hex}"
    server = database_template.server
    assert server is not None
    asyncio.run(_copy(server.superuser_dsn(), database_template.name, name))
    yield Database(database_template.home, name=name)
    asyncio.run(_drop(server.superuser_dsn(), name))


async def _copy(superuser: str, template: str, name: str) -> None:
    connection = await asyncpg.connect(superuser)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {Role.OWNER.login}")
    await admit(connection, name, PROCESSES)
    await connection.close()


async def _drop(superuser: str, name: str) -> None:
    connection = await asyncpg.connect(superuser)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()
