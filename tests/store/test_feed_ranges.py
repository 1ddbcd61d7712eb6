"""What superseding a feed reads: its own rows' pages, not every insurer's."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.store.database import Database

INSURERS = 20
ROWS = 4000
TABLES = ["cover_record", "card_pointer"]
FILL = """
INSERT INTO {table} (idx, insurer, feed, epoch, sealed)
SELECT sha256(($1::int * 1000000 + number)::text::bytea), $1::int, 1, 1, sha256('sealed')
  FROM generate_series(1, {rows}) AS number
"""
SWEEP = "EXPLAIN (ANALYZE, FORMAT JSON) DELETE FROM {table} WHERE insurer = 7 AND feed = 1"


async def fill(database: Database, table: str) -> None:
    owner = await database.connect(Role.OWNER)
    for insurer in range(1, INSURERS + 1):
        await owner.execute(FILL.format(table=table, rows=ROWS), insurer)
    await owner.execute(f"VACUUM ANALYZE {table}")
    await owner.close()


async def explain(database: Database, table: str) -> dict[str, Any]:
    """Delete one insurer's feed as the loader does, tell how, and take it back."""
    connection = await database.connect(Role.FEED)
    transaction = connection.transaction()
    await transaction.start()
    told = await connection.fetchval(SWEEP.format(table=table))
    await transaction.rollback()
    await connection.close()
    plan: dict[str, Any] = json.loads(told)[0]["Plan"]
    return plan


@pytest.fixture(scope="module")
def filled(database: Database) -> Database:
    for table in TABLES:
        asyncio.run(fill(database, table))
    return database


@pytest.mark.parametrize("table", TABLES)
def test_a_superseded_feed_is_found_by_its_pages(filled: Database, table: str) -> None:
    (scan,) = asyncio.run(explain(filled, table))["Plans"]
    assert scan["Node Type"] == "Bitmap Heap Scan"
    assert scan["Plans"][0]["Index Name"] == f"{table}_feed"
    assert scan["Actual Rows"] == ROWS
    read_in_vain = scan["Rows Removed by Index Recheck"]
    assert read_in_vain < ROWS * INSURERS / 10
