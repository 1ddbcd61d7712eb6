"""Forward migrations: `.sql` files, each applied once, in order, and never changed afterwards."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ecluse.store.errors import StoreError


if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable

    import asyncpg


FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
LOCK = int.from_bytes(hashlib.sha256(b"ecluse/migrate").digest()[:8], signed=True)
BOOK = """
CREATE TABLE IF NOT EXISTS ecluse_migration (
  number        integer PRIMARY KEY,
  name          text NOT NULL,
  sha256        bytea NOT NULL,
  applied_at    timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, name, and text."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> bytes:
        """The file's checksum, 32 bytes."""
        return hashlib.sha256(self.sql.encode()).digest()


def shipped(folder: Traversable | None = None) -> list[Migration]:
    """Return the migrations in `folder` (those of this version of Écluse), in order.

    Raises:
        StoreError: a file is misnamed, or two have one number. A number may be missing: work
            that goes on side by side takes its numbers beforehand, and lands in any order.
    """
    source = folder or files("ecluse.store") / "migrations"
    found = []
    for file in sorted(source.iterdir(), key=lambda file: file.name):
        match = FILE_NAME.fullmatch(file.name)
        if match is None:
            raise StoreError(f"{file.name} is not named like a migration, e.g. 0003_claims.sql.")
        found.append(Migration(int(match[1]), file.name, file.read_text("utf-8")))
    if len({migration.number for migration in found}) != len(found):
        raise StoreError("Two migrations have one number.")
    return found


async def migrate(
    connection: asyncpg.Connection[Any], migrations: Sequence[Migration]
) -> list[str]:
    """Apply what the database does not have yet; return the names of the files applied.

    Two processes may call this at once: the second waits, then finds nothing to do.

    Raises:
        StoreError: an applied file was changed since, or the database is newer than this code.
    """
    await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
    try:
        await connection.execute(BOOK)
        return [
            await _apply(connection, migration)
            for migration in await pending(connection, migrations)
        ]
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)


async def pending(
    connection: asyncpg.Connection[Any], migrations: Sequence[Migration]
) -> list[Migration]:
    """Return the migrations that the database lacks, after checking those that it has.

    Raises:
        StoreError: as for `migrate`.
    """
    if await connection.fetchval("SELECT to_regclass('ecluse_migration')") is None:
        return list(migrations)
    rows = await connection.fetch("SELECT number, name, sha256 FROM ecluse_migration")
    applied = {row["number"]: row for row in rows}
    known = {migration.number: migration for migration in migrations}
    for number, row in sorted(applied.items()):
        if number not in known:
            raise StoreError(
                f"The database is newer than this Écluse: it has {row['name']}.",
                hint="Run the version of Écluse that made it, or a newer one.",
            )
        if row["sha256"] != known[number].sha256:
            raise StoreError(
                f"{known[number].name} was changed after the database had applied it.",
                hint="Put the file back as it was, and make the change in a new migration.",
            )
    return [migration for migration in migrations if migration.number not in applied]


async def _apply(connection: asyncpg.Connection[Any], migration: Migration) -> str:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO ecluse_migration (number, name, sha256) VALUES ($1, $2, $3)",
            migration.number,
            migration.name,
            migration.sha256,
        )
    return migration.name
