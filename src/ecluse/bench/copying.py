"""The limit of a feed: as many bytes, taken by PostgreSQL as fast as it can, then indexed.

The rows have the shapes of the tables that a feed fills and hold noise. They are laid out before
the clock starts; the tables begin empty and have no index until every row is in.
"""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

import numpy as np

from ecluse.cover.record import BUCKET, NONCE_SIZE
from ecluse.feeds.reference import SEALED_SIZE
from ecluse.feeds.seal import HEADER, INDEX_SIZE, TABLES, TRAILER, rows
from ecluse.keyring.bulk import POINTER_SIZE
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ecluse.store.database import Database

_TAG = 16
_SEALED = {
    "cover_record": NONCE_SIZE + BUCKET + _TAG,
    "card_pointer": POINTER_SIZE,
    "member_reference": SEALED_SIZE,
}
_AT_ONCE = 65_536
_INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = $1"


class Copying:
    """Bare copies of `count` rows into tables like those that a feed fills."""

    def __init__(self, database: Database, folder: Path, count: int) -> None:
        self._database = database
        self._count = count
        self._files = {table: folder / f"{table}.copy" for table in TABLES}

    def lay_out(self) -> None:
        """Write what is copied to files, from where it is read back out of memory."""
        for table, path in self._files.items():
            path.parent.mkdir(exist_ok=True)
            with path.open("wb") as file:
                file.write(HEADER)
                for start in range(0, self._count, _AT_ONCE):
                    file.write(_noise(table, min(_AT_ONCE, self._count - start)).data)
                file.write(TRAILER)

    async def measure(self) -> float:
        """Copy and index everything once; return the seconds that took."""
        connection = await self._database.connect(Role.OWNER)
        try:
            await connection.execute("CREATE SCHEMA bare")
            for table in TABLES:
                await connection.execute(f"CREATE TABLE bare.{table} (LIKE {table})")
            indexes = [
                re.sub(r" INDEX \S+ ON \S+ ", f" INDEX ON bare.{table} ", row["indexdef"])
                for table in TABLES
                for row in await connection.fetch(_INDEXES, table)
            ]
            began = time.monotonic()
            async with connection.transaction():
                for table, columns in TABLES.items():
                    await connection.copy_to_table(
                        table,
                        schema_name="bare",
                        source=self._files[table],
                        columns=columns,
                        format="binary",
                    )
                for index in indexes:
                    await connection.execute(index)
            seconds = time.monotonic() - began
            await connection.execute("DROP SCHEMA bare CASCADE")
        finally:
            await connection.close()
        return seconds


def _noise(table: str, count: int) -> NDArray[np.uint8]:
    where = [np.array([1], ">i2"), np.array([1], ">i4")]
    if "epoch" in TABLES[table]:
        where.append(np.array([1], ">i2"))
    return rows(_random(count, INDEX_SIZE), *where, _random(count, _SEALED[table]))


def _random(count: int, width: int) -> NDArray[np.uint8]:
    return np.frombuffer(os.urandom(count * width), dtype=np.uint8).reshape(count, width)
