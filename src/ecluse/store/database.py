"""The one entry to the database, embedded or external."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import asyncpg

from ecluse.home import home as ecluse_home
from ecluse.store import address, binaries
from ecluse.store.errors import StoreError
from ecluse.store.migrate import LOCK, migrate, shipped
from ecluse.store.roles import Passwords, Role, admit, bring_up, quoted
from ecluse.store.server import Server


if TYPE_CHECKING:
    from pathlib import Path


NAME = "ecluse"
PROCESSES = [role for role in Role if role is not Role.OWNER]
SILENT = (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError)
REFUSED = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)


class Database:
    """A migrated database and an address per role.

    Without a `url` the embedded PostgreSQL of `home` is used, and the database in it is `name`;
    with one, `url` is the owner's address of an existing database on PostgreSQL 15 or newer, and
    that owner may create roles.
    """

    def __init__(self, home: Path, *, url: str | None = None, name: str = NAME) -> None:
        self.home = home
        self.name = name
        self.url = address.check(url) if url else ""
        self.server = None if url else Server(home)
        self._passwords = Passwords(home / "postgres")

    @classmethod
    def from_environment(cls) -> Database:
        """Return the database that `ECLUSE_DATABASE_URL` and `ECLUSE_HOME` name."""
        return cls(ecluse_home(), url=os.environ.get("ECLUSE_DATABASE_URL"))

    async def prepare(self) -> list[str]:
        """Start the server if it is ours, make roles and database, apply migrations.

        Safe to call again, and from several processes at once.

        Returns:
            The names of the migrations that were applied now.

        Raises:
            StoreError: what is wrong and what to do.
        """
        if self.server is not None:
            await asyncio.to_thread(self.server.start)
            await self._make_embedded(self.server)
        else:
            (self.home / "postgres").mkdir(mode=0o700, parents=True, exist_ok=True)
            await self._make_external()
        owner = await self.connect(Role.OWNER)
        try:
            return await migrate(owner, shipped())
        finally:
            await owner.close()

    async def stop(self) -> None:
        """Stop the embedded server; an external one is not ours to stop."""
        if self.server is not None:
            await asyncio.to_thread(self.server.stop)

    def dsn(self, role: Role) -> str:
        """Return the database's address for `role`, password included: never print or log it."""
        if self.server is not None:
            return self.server.dsn(role, self.name)
        if role is Role.OWNER:
            return self.url
        return address.signed_in_as(self.url, user=role.login, password=self._passwords.of(role))

    async def connect(self, role: Role) -> asyncpg.Connection[Any]:
        """Open a connection as `role`.

        Raises:
            StoreError: the database does not answer, or does not know the role.
        """
        return await _connect(self.dsn(role), application=role.login)

    async def _make_embedded(self, server: Server) -> None:
        superuser = await _connect(server.superuser_dsn(), application="ecluse_store")
        try:
            await superuser.execute("SELECT pg_advisory_lock($1)", LOCK)
            await bring_up(superuser, self._passwords.make(), list(Role))
            if not await superuser.fetchval(
                "SELECT true FROM pg_database WHERE datname = $1", self.name
            ):
                await superuser.execute(
                    f"CREATE DATABASE {quoted(self.name)} OWNER {Role.OWNER.login}"
                )
            for database in ("postgres", "template1"):
                await admit(superuser, database, [])
            await admit(superuser, self.name, PROCESSES)
        finally:
            await superuser.close()

    async def _make_external(self) -> None:
        owner = await self.connect(Role.OWNER)
        try:
            if owner.get_server_version().major < binaries.OLDEST:
                raise StoreError(
                    f"The database is on a PostgreSQL older than {binaries.OLDEST}.",
                    hint="Move it to a newer one, or unset ECLUSE_DATABASE_URL to use the embedded.",
                )
            await owner.execute("SELECT pg_advisory_lock($1)", LOCK)
            await bring_up(owner, self._passwords.make(), PROCESSES)
            await admit(owner, await owner.fetchval("SELECT current_database()"), PROCESSES)
        except asyncpg.InsufficientPrivilegeError as error:
            raise StoreError(
                "The owner that ECLUSE_DATABASE_URL names may not make the roles.",
                hint="Give it CREATEROLE, and make it the owner of the database.",
            ) from error
        finally:
            await owner.close()


async def _connect(dsn: str, *, application: str) -> asyncpg.Connection[Any]:
    try:
        return await asyncpg.connect(dsn, server_settings={"application_name": application})
    except SILENT as error:
        raise StoreError(
            "The database does not answer.",
            hint="`ecluse store status` tells whether it runs; `ecluse store migrate` starts it.",
        ) from error
    except REFUSED as error:
        raise StoreError(
            f"The database does not let {application} in.",
            hint="`ecluse store migrate` makes the roles and the database, and sets the passwords.",
        ) from error
