"""Positions: consecutive whoever appends, whatever is rolled back."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from ecluse.ledger.append import append
from ecluse.store.roles import Role
from ledger.writing import AT, sealed


if TYPE_CHECKING:
    from ecluse.store.database import Database

    Connection = asyncpg.Connection[Any]


pytestmark = pytest.mark.anyio


async def held(connection: Connection) -> list[int]:
    """Return the entries' numbers in the order of their positions, which must have no gap."""
    rows = await connection.fetch("SELECT position, entry FROM ledger_entry ORDER BY position")
    assert [row["position"] for row in rows] == list(range(len(rows)))
    assert await connection.fetchval("SELECT size FROM ledger_head") == len(rows)
    return [int.from_bytes(row["entry"]) for row in rows]


async def test_entries_take_the_next_positions_in_the_order_given(
    gate: Connection, owner: Connection
) -> None:
    assert await append(gate, [sealed(5), sealed(3)], AT) == 0
    assert await append(gate, [sealed(4)], AT) == 2
    assert await held(owner) == [5, 3, 4]


async def test_an_entry_is_stored_as_it_was_sealed(gate: Connection, owner: Connection) -> None:
    entry = sealed(1)
    await append(gate, [entry], AT)
    row = await owner.fetchrow("SELECT * FROM ledger_entry")
    assert row is not None
    stored = row["entry"], row["month"], row["sealed"], row["commitment"], row["at"]
    assert stored == (entry.entry, entry.month, entry.sealed, entry.commitment, AT)


async def test_appending_nothing_takes_no_position(gate: Connection, owner: Connection) -> None:
    await append(gate, [sealed(1)], AT)
    assert await append(gate, [], AT) == 1
    assert await held(owner) == [1]


async def test_a_transaction_that_rolls_back_gives_its_positions_back(
    gate: Connection, owner: Connection
) -> None:
    await append(gate, [sealed(1)], AT)
    transaction = gate.transaction()
    await transaction.start()
    assert await append(gate, [sealed(2), sealed(3)], AT) == 1
    await transaction.rollback()
    assert await append(gate, [sealed(4)], AT) == 1
    assert await held(owner) == [1, 4]


async def test_eight_at_once_leave_no_gap_and_keep_their_batches_together(
    database: Database, owner: Connection
) -> None:
    connections = [await database.connect(Role.GATE) for _ in range(8)]
    batches: dict[int, list[int]] = {}

    async def write(writer: int, connection: Connection) -> None:
        draw = random.Random(writer)  # noqa: S311 - nothing secret: sizes of batches
        for turn in range(25):
            first = writer * 10_000 + turn * 100
            numbers = list(range(first, first + draw.randint(1, 20)))
            async with connection.transaction():
                position = await append(connection, [sealed(number) for number in numbers], AT)
                if draw.random() < 0.2:
                    await connection.execute("SELECT pg_sleep(0.002)")
            batches[position] = numbers

    await asyncio.gather(*(write(*each) for each in enumerate(connections)))
    for connection in connections:
        await connection.close()
    entries = await held(owner)
    assert len(batches) == 200
    assert entries == [number for position in sorted(batches) for number in batches[position]]
    assert all(entries[position] == numbers[0] for position, numbers in batches.items())


async def test_the_log_s_time_never_runs_backwards(gate: Connection, owner: Connection) -> None:
    for number, seconds in enumerate([0, 5, -60, 6]):
        await append(gate, [sealed(number)], AT + timedelta(seconds=seconds))
    rows = await owner.fetch("SELECT at FROM ledger_entry ORDER BY position")
    assert [(row["at"] - AT).total_seconds() for row in rows] == [0, 5, 5, 6]


async def test_who_appends_can_neither_change_nor_delete_nor_read_what_stands(
    gate: Connection,
) -> None:
    await append(gate, [sealed(1)], AT)
    for act in (
        "UPDATE ledger_entry SET month = month",
        "DELETE FROM ledger_entry",
        "SELECT sealed FROM ledger_entry",
        "INSERT INTO ledger_tile VALUES (0, 0, 0, '')",
        "INSERT INTO ledger_checkpoint VALUES (0, 0, now(), '')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gate.execute(act)
