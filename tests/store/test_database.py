from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest

from ecluse.store.database import Database
from ecluse.store.errors import StoreError
from ecluse.store.migrate import shipped
from ecluse.store.roles import Role
from ecluse.store.status import status


if TYPE_CHECKING:
    from pathlib import Path

    from ecluse.store.server import Server


def ask(database: Database, role: Role, sql: str) -> object:
    async def value() -> object:
        connection = await database.connect(role)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(value())


def as_superuser(server: Server, statement: str) -> None:
    async def execute() -> None:
        superuser = await asyncpg.connect(server.superuser_dsn())
        await superuser.execute(statement)
        await superuser.close()

    asyncio.run(execute())


@pytest.mark.parametrize("role", list(Role))
def test_every_role_can_sign_in_as_itself(database: Database, role: Role) -> None:
    assert ask(database, role, "SELECT current_user") == f"ecluse_{role}"


def test_no_role_gets_into_another_database(database: Database) -> None:
    elsewhere = Database(database.home, name="postgres")
    for role in Role:
        with pytest.raises(StoreError, match="does not let"):
            ask(elsewhere, role, "SELECT 1")


def test_a_migrated_database_is_ready(database: Database) -> None:
    found = asyncio.run(status(database))
    assert found.ready
    assert found.embedded
    assert found.version.startswith("18.")


def test_a_database_never_started_is_not_ready(tmp_path: Path) -> None:
    database = Database(tmp_path)
    found = asyncio.run(status(database))
    assert not found.running
    assert found.pending[0] == "0001_core.sql"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreError) as caught:
        asyncio.run(database.connect(Role.GATE))
    assert "ecluse store migrate" in caught.value.hint


def test_a_stopped_database_says_how_to_start_it(fresh_home: Path) -> None:
    database = Database(fresh_home)
    asyncio.run(database.prepare())
    asyncio.run(database.stop())
    with pytest.raises(StoreError, match="does not answer") as caught:
        asyncio.run(database.connect(Role.GATE))
    assert "ecluse store migrate" in caught.value.hint


def test_an_external_database_is_brought_up_and_shared_out(external: Database) -> None:
    assert asyncio.run(external.prepare()) == [migration.name for migration in shipped()]
    assert asyncio.run(external.prepare()) == []
    assert ask(external, Role.OWNER, "SELECT current_user") == "landlord"
    assert ask(external, Role.GATE, "SELECT current_user") == "ecluse_gate"
    assert ask(external, Role.GATE, "SELECT current_database()") == "the house"
    assert ask(external, Role.GATE, "SELECT count(*) FROM cover_record") == 0
    found = asyncio.run(status(external))
    assert found.ready
    assert not found.embedded
    asyncio.run(external.stop())
    assert ask(external, Role.OWNER, "SELECT 1") == 1


def test_no_password_travels_in_a_statement(external: Database, debian_server: Server) -> None:
    as_superuser(debian_server, "ALTER SYSTEM SET log_statement = 'all'")
    as_superuser(debian_server, "SELECT pg_reload_conf()")
    asyncio.run(external.prepare())
    written = "".join(path.read_text() for path in debian_server.log.iterdir())
    assert "ROLE ecluse_gate LOGIN PASSWORD 'SCRAM-SHA-256$" in written
    password = external.dsn(Role.GATE).partition("@")[0].rpartition(":")[2]
    assert len(password) > 30
    assert password not in written
    as_superuser(debian_server, "ALTER SYSTEM RESET log_statement")
    as_superuser(debian_server, "SELECT pg_reload_conf()")


def test_a_role_with_an_administrators_powers_is_refused(
    external: Database, debian_server: Server
) -> None:
    as_superuser(debian_server, "CREATE ROLE ecluse_gate LOGIN SUPERUSER")
    with pytest.raises(StoreError, match="ecluse_gate with an administrator's powers"):
        asyncio.run(external.prepare())


def test_an_owner_who_may_not_make_roles_is_told_so(
    external: Database, debian_server: Server
) -> None:
    as_superuser(debian_server, "ALTER ROLE landlord NOCREATEROLE")
    with pytest.raises(StoreError, match="may not make the roles") as caught:
        asyncio.run(external.prepare())
    assert "CREATEROLE" in caught.value.hint
