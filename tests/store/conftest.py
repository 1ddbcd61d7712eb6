"""Debian's PostgreSQL, the oldest that Écluse runs on, beside the one that comes with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest

from ecluse.store.binaries import DEBIAN, OLDEST
from ecluse.store.database import Database
from ecluse.store.server import Server


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def debian(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make Debian's oldest PostgreSQL the one in use, and return its folder of programs."""
    found = [path for path in DEBIAN.glob("*/bin") if int(path.parent.name) >= OLDEST]
    assert found, "Debian's PostgreSQL is not installed; `./ecluse test` installs it."
    folder = min(found, key=lambda path: int(path.parent.name))
    monkeypatch.setenv("ECLUSE_PG_BIN", str(folder))
    return folder


@pytest.fixture
def debian_server(debian: Path, fresh_home: Path) -> Iterator[Server]:
    with Server(fresh_home) as server:
        yield server


@pytest.fixture
def external(debian_server: Server, tmp_path: Path) -> Database:
    """A database of somebody else's: its owner may create roles, and nothing beyond."""

    async def hand_over() -> str:
        superuser = await asyncpg.connect(debian_server.superuser_dsn())
        await superuser.execute("CREATE ROLE landlord LOGIN CREATEROLE PASSWORD 'p@ss/word'")
        await superuser.execute('CREATE DATABASE "the house" OWNER landlord')
        await superuser.close()
        where = debian_server.superuser_dsn("the house").partition("@")[2]
        return f"postgresql://landlord:p%40ss%2Fword@{where}"

    return Database(tmp_path, url=asyncio.run(hand_over()))
