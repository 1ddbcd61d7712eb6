"""The keeper at work: what it signs, what it survives, what it refuses to paper over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from ecluse.errors import EcluseError
from ecluse.ledger import merkle, storage
from ecluse.ledger.errors import BrokenLedgerError
from ecluse.ledger.keeper import CHUNK, Keeper, keep
from ecluse.ledger.note import Checkpoint, NoteError, open_checkpoint
from ecluse.ledger.tiles import Edge
from ecluse.store.roles import Role
from ledger.writing import LOG_KEY, SeedSigner, cover, fill


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import asyncpg

    from ecluse.store.database import Database

    Connection = asyncpg.Connection[Any]


pytestmark = pytest.mark.anyio


async def stands(connection: Connection, size: int) -> None:
    """Hold what is stored against a tree built at once from the first `size` commitments."""
    rows = await connection.fetch(
        "SELECT commitment FROM ledger_entry WHERE position < $1 ORDER BY position", size
    )
    edge, full = Edge().extend(b"".join(merkle.leaf_hash(row["commitment"]) for row in rows))
    latest = await storage.latest(connection, 0)
    assert latest is not None
    assert open_checkpoint(latest, LOG_KEY) == Checkpoint(LOG_KEY.name, size, edge.root())
    assert await storage.find_tiles(connection, 0, full) == full
    assert await connection.fetchval("SELECT count(*) FROM ledger_tile") == len(full)


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds, a minute at most."""
    for _ in range(3000):
        if await holds():
            return
        await asyncio.sleep(0.02)
    pytest.fail("waited a minute in vain")


async def test_a_new_log_begins_with_a_checkpoint_over_nothing(ledger: Connection) -> None:
    keeper = await Keeper.start(ledger, SeedSigner())
    assert await keeper.step() == Checkpoint(LOG_KEY.name, 0, merkle.EMPTY_ROOT)
    assert await keeper.step() is None
    await stands(ledger, 0)


async def test_it_covers_what_was_committed_and_signs_nothing_twice(
    gate: Connection, ledger: Connection
) -> None:
    keeper = await Keeper.start(ledger, SeedSigner())
    before = 0
    for end in (1, 255, 256, 257, 900):
        await fill(gate, before, end)
        assert await keeper.step() is not None
        assert await keeper.step() is None
        await stands(ledger, end)
        before = end
    assert await ledger.fetchval("SELECT count(*) FROM ledger_checkpoint") == 5


async def test_it_takes_up_where_the_last_one_ended(
    database: Database, gate: Connection, owner: Connection
) -> None:
    before = 0
    for end in (100, 512, 700):
        await fill(gate, before, end)
        connection = await database.connect(Role.LEDGER)
        await cover(connection)
        await stands(connection, end)
        await connection.close()
        before = end


async def test_a_long_log_is_caught_up_with_in_chunks(gate: Connection, ledger: Connection) -> None:
    await fill(gate, 0, 70_000)
    keeper = await Keeper.start(ledger, SeedSigner())
    sizes = []
    while (checkpoint := await keeper.step()) is not None:
        sizes.append(checkpoint.size)
    assert sizes == [CHUNK, 70_000]
    await stands(ledger, 70_000)
    rows = await ledger.fetch("SELECT level, count(*) FROM ledger_tile GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in rows] == [(0, 273), (1, 1)]


async def test_a_refused_signature_leaves_everything_as_it_was(
    gate: Connection, ledger: Connection
) -> None:
    await fill(gate, 0, 300)
    signer = SeedSigner()
    signer.refusal = EcluseError("no")
    keeper = await Keeper.start(ledger, signer)
    with pytest.raises(EcluseError, match="no"):
        await keeper.step()
    assert await storage.latest(ledger, 0) is None
    signer.refusal = None
    await keeper.step()
    await stands(ledger, 300)


async def test_one_works_and_the_next_waits_until_it_is_gone(
    database: Database, gate: Connection, owner: Connection
) -> None:
    first, second = [await database.connect(Role.LEDGER) for _ in range(2)]
    await Keeper.start(first, SeedSigner())
    waiting = asyncio.create_task(cover(second))

    async def is_queued() -> bool:
        return bool(await owner.fetchval("SELECT true FROM pg_locks WHERE NOT granted"))

    await eventually(is_queued)
    await fill(gate, 0, 10)
    assert await storage.latest(owner, 0) is None
    await first.close()
    await waiting
    await stands(owner, 10)
    await second.close()


async def test_it_outlives_its_connection_and_its_signer(
    database: Database, gate: Connection, ledger: Connection
) -> None:
    signer = SeedSigner()
    told: list[str] = []
    opened: list[Connection] = []

    async def connect() -> Connection:
        opened.append(await database.connect(Role.LEDGER))
        return opened[-1]

    def covers(size: int) -> Callable[[], Awaitable[bool]]:
        async def covered() -> bool:
            latest = await storage.latest(ledger, 0)
            return latest is not None and open_checkpoint(latest, LOG_KEY).size == size

        return covered

    working = asyncio.create_task(
        keep(connect, signer, lambda error: told.append(type(error).__name__))
    )
    await fill(gate, 0, 5)
    await eventually(covers(5))
    await ledger.execute("SELECT pg_terminate_backend($1)", opened[-1].get_server_pid())
    await fill(gate, 5, 9)
    await eventually(covers(9))
    signer.refusal = EcluseError("no")
    await fill(gate, 9, 12)

    async def is_told() -> bool:
        return "EcluseError" in told

    await eventually(is_told)
    signer.refusal = None
    await eventually(covers(12))
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await stands(ledger, 12)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("DELETE FROM ledger_entry WHERE position = 350", "no good entry at position 350"),
        (
            "UPDATE ledger_entry SET commitment = '' WHERE position = 350",
            "no good entry at position 350",
        ),
        ("UPDATE ledger_head SET size = 299", "has 299 entries; 300 were signed"),
        ("INSERT INTO ledger_tile VALUES (0, 0, 1, '')", "stands in the way of size 600"),
        ("DELETE FROM ledger_head", "head of ledger shard 0 is missing"),
    ],
)
async def test_it_stops_at_what_it_cannot_sign_for(
    gate: Connection, ledger: Connection, owner: Connection, damage: str, problem: str
) -> None:
    await fill(gate, 0, 300)
    keeper = await cover(ledger)
    await fill(gate, 300, 600)
    await owner.execute(damage)
    with pytest.raises(BrokenLedgerError, match=problem):
        await keeper.step()
    await owner.execute("INSERT INTO ledger_head VALUES (0, 0, now()) ON CONFLICT DO NOTHING")


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE ledger_entry SET commitment = sha256('') WHERE position = 299", "not the ones"),
        ("UPDATE ledger_tile SET hashes = hashes || sha256('')", "Tile 0 of level 0 is not whole"),
        ("DELETE FROM ledger_tile", "Tile 0 of level 0 is not whole"),
        ("DELETE FROM ledger_entry WHERE position = 299", "no good entry at position 299"),
    ],
)
async def test_it_does_not_start_on_another_tree_than_the_signed_one(
    gate: Connection, ledger: Connection, owner: Connection, damage: str, problem: str
) -> None:
    await fill(gate, 0, 300)
    await cover(ledger)
    await owner.execute(damage)
    with pytest.raises(BrokenLedgerError, match=problem):
        await Keeper.start(ledger, SeedSigner())


async def test_it_does_not_start_under_another_key(gate: Connection, ledger: Connection) -> None:
    await fill(gate, 0, 3)
    await cover(ledger)
    with pytest.raises(NoteError, match="not signed by this log's key"):
        await Keeper.start(ledger, SeedSigner(b"\x08" * 32))


async def test_keeping_a_broken_log_ends_with_the_error(
    database: Database, gate: Connection, ledger: Connection, owner: Connection
) -> None:
    await fill(gate, 0, 3)
    await cover(ledger)
    await ledger.execute("SELECT pg_advisory_unlock_all()")
    await owner.execute("UPDATE ledger_head SET size = 2")
    with pytest.raises(BrokenLedgerError, match="has 2 entries; 3 were signed"):
        await keep(lambda: database.connect(Role.LEDGER), SeedSigner(), lambda _: None)
