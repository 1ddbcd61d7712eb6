"""Verification: a good log passes, and whatever is altered is found and named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ecluse.ledger import note, storage
from ecluse.ledger.append import append
from ecluse.ledger.keeper import Keeper
from ecluse.ledger.note import Checkpoint
from ecluse.ledger.verify import CHUNK, MOST_FAULTS, Fault, verify
from ledger.writing import AT, LOG_KEY, MONTH, SALTS, SeedSigner, cover, fill, sealed


if TYPE_CHECKING:
    from collections.abc import Mapping

    import asyncpg

    Connection = asyncpg.Connection[Any]


pytestmark = pytest.mark.anyio

SIZE = 300


@pytest.fixture
async def log(gate: Connection, ledger: Connection) -> Connection:
    """A log over 300 entries with checkpoints over 0, 120 and 300, as the verifier reads it."""
    keeper = await Keeper.start(ledger, SeedSigner())
    await keeper.step()
    await fill(gate, 0, 120)
    await keeper.step()
    await fill(gate, 120, SIZE)
    await keeper.step()
    return ledger


async def faults(connection: Connection, salts: Mapping[str, bytes] | None = SALTS) -> list[Fault]:
    report = await verify(connection, LOG_KEY, salts=salts)
    assert report.verified == (not report.faults)
    return report.faults


async def test_a_good_log_is_verified_down_to_its_texts(log: Connection) -> None:
    report = await verify(log, LOG_KEY, salts=SALTS)
    latest = await storage.latest(log, 0)
    assert latest is not None
    assert report.verified
    assert report.faults == []
    assert report.root in latest
    assert (report.entries, report.signed, report.commitments) == (SIZE, SIZE, SIZE)
    assert (report.checkpoints, report.tiles) == (3, 1)


async def test_without_salts_it_verifies_all_but_the_texts(log: Connection) -> None:
    report = await verify(log, LOG_KEY)
    assert (report.verified, report.entries, report.commitments) == (True, SIZE, 0)


async def test_an_empty_log_is_verified(ledger: Connection) -> None:
    assert (await verify(ledger, LOG_KEY)).verified
    await cover(ledger)
    report = await verify(ledger, LOG_KEY)
    assert (report.verified, report.checkpoints) == (True, 1)


async def test_entries_that_await_their_checkpoint_are_no_fault(
    log: Connection, gate: Connection
) -> None:
    await fill(gate, SIZE, 600)
    report = await verify(log, LOG_KEY, salts=SALTS)
    assert (report.verified, report.entries, report.signed) == (True, 600, SIZE)


async def test_a_log_longer_than_a_chunk_is_verified_across_its_borders(
    gate: Connection, ledger: Connection
) -> None:
    keeper = await Keeper.start(ledger, SeedSigner())
    before = 0
    for end in (CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 300):
        await fill(gate, before, end)
        await keeper.step()
        before = end
    told: list[tuple[int, int]] = []
    report = await verify(
        ledger, LOG_KEY, salts=SALTS, told=lambda done, total: told.append((done, total))
    )
    assert (report.verified, report.checkpoints, report.tiles) == (True, 4, 65)
    assert told == [(end, 2 * CHUNK + 300) for end in (CHUNK, 2 * CHUNK, 2 * CHUNK + 300)]


@pytest.mark.parametrize("column", ["entry", "sealed", "commitment"])
async def test_any_altered_byte_of_an_entry_is_found_and_its_position_named(
    log: Connection, owner: Connection, column: str
) -> None:
    for position in (0, 137, SIZE - 1):
        where = f"FROM ledger_entry WHERE position = {position}"
        good = await owner.fetchval(f"SELECT {column} {where}")
        change = f"UPDATE ledger_entry SET {column} = $1 WHERE position = {position}"  # noqa: S608
        for at in range(0, len(good), 1 if position == 137 else 13):
            await owner.execute(change, good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
            found = await faults(log)
            assert found[0] == Fault(position, "The entry is not what its commitment says.")
        await owner.execute(change, good)
    assert await faults(log) == []


async def test_an_altered_commitment_is_found_by_an_outsider_too(
    log: Connection, owner: Connection
) -> None:
    await owner.execute("UPDATE ledger_entry SET commitment = sha256('') WHERE position = 137")
    assert await faults(log, None) == [
        Fault(SIZE - 1, f"The first {SIZE} entries are not the ones that were signed."),
        Fault(0, "Tile 0 of level 0 is not the entries' tree."),
    ]


async def test_any_altered_byte_of_a_tile_is_found(log: Connection, owner: Connection) -> None:
    good = await owner.fetchval("SELECT hashes FROM ledger_tile")
    for at in range(0, len(good), 173):
        altered = good[:at] + bytes([good[at] ^ 0x80]) + good[at + 1 :]
        await owner.execute("UPDATE ledger_tile SET hashes = $1", altered)
        assert await faults(log) == [Fault(0, "Tile 0 of level 0 is not the entries' tree.")]


async def test_any_altered_letter_of_a_checkpoint_is_found(
    gate: Connection, ledger: Connection, owner: Connection
) -> None:
    await fill(gate, 0, 5)
    await cover(ledger)
    good = await owner.fetchval("SELECT note FROM ledger_checkpoint")
    for at in range(len(good)):
        altered = good[:at] + chr(ord(good[at]) ^ 1) + good[at + 1 :]
        await owner.execute("UPDATE ledger_checkpoint SET note = $1", altered)
        (fault,) = await faults(ledger)
        assert fault.position == 4
        assert fault.problem.startswith("The checkpoint over 5 entries: ")


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (
            "DELETE FROM ledger_entry WHERE position = 41",
            Fault(41, "The entry is missing or has no commitment; nothing after it was verified."),
        ),
        (
            "UPDATE ledger_entry SET position = 999 WHERE position = 41",
            Fault(999, "The entry stands outside the ledger's size."),
        ),
        (
            "UPDATE ledger_entry SET commitment = '' WHERE position = 0",
            Fault(0, "The entry is missing or has no commitment; nothing after it was verified."),
        ),
        (
            "UPDATE ledger_head SET size = 299",
            Fault(None, "A checkpoint is over 300 entries; the ledger has 299."),
        ),
        (
            "UPDATE ledger_head SET size = 299",
            Fault(299, "The entry stands outside the ledger's size."),
        ),
        (
            "UPDATE ledger_entry SET sealed = NULL WHERE position = 41",
            Fault(41, "The entry's text is gone, though its month was not erased."),
        ),
        (
            "UPDATE ledger_entry SET at = at - interval '1 second' WHERE position = 41",
            Fault(41, "The entry is older than the one before it."),
        ),
        (
            "UPDATE ledger_entry SET at = 'infinity' WHERE position = 41",
            Fault(41, "The entry has no time."),
        ),
        (
            "UPDATE ledger_entry SET at = '9999-12-31T23:59:59Z' WHERE position = 299",
            Fault(299, "The entry is not sealed under the month of its time."),
        ),
        (
            "UPDATE ledger_entry SET month = '2026-10', sealed = NULL WHERE position = 41",
            Fault(41, "The entry is not sealed under the month of its time."),
        ),
        ("DELETE FROM ledger_tile", Fault(0, "Tile 0 of level 0 is missing.")),
        (
            "INSERT INTO ledger_tile VALUES (0, 1, 0, '')",
            Fault(None, "Tile 0 of level 1 is beyond every checkpoint."),
        ),
        (
            "INSERT INTO ledger_tile VALUES (0, 7, 0, '')",
            Fault(None, "Tile 0 of level 7 is beyond every checkpoint."),
        ),
        (
            "DELETE FROM ledger_checkpoint",
            Fault(None, "No checkpoint is over any of the entries."),
        ),
        (
            "UPDATE ledger_checkpoint SET size = 121 WHERE size = 120",
            Fault(120, "The checkpoint over 121 entries is over another number."),
        ),
    ],
)
async def test_whatever_else_is_altered_is_named(
    log: Connection, owner: Connection, damage: str, fault: Fault
) -> None:
    assert await faults(log) == []
    await owner.execute(damage)
    assert fault in await faults(log)


async def test_two_entries_that_changed_places_are_found(
    log: Connection, owner: Connection
) -> None:
    for old, new in ((41, -1), (42, 41), (-1, 42)):
        await owner.execute("UPDATE ledger_entry SET position = $2 WHERE position = $1", old, new)
    for salts in (None, SALTS):
        assert [fault.position for fault in await faults(log, salts)] == [119, SIZE - 1, 0]


async def test_a_rewritten_log_signed_by_another_key_does_not_pass(
    gate: Connection, ledger: Connection
) -> None:
    await fill(gate, 0, SIZE)
    keeper = await Keeper.start(ledger, SeedSigner(b"\x08" * 32))
    await keeper.step()
    (fault,) = await faults(ledger)
    assert "not signed by this log's key" in fault.problem


async def test_a_root_that_was_signed_for_other_entries_does_not_pass(
    log: Connection, owner: Connection
) -> None:
    body = Checkpoint(LOG_KEY.name, 120, b"\x01" * 32).text()
    signature = await SeedSigner().sign(body.encode(), 120)
    await owner.execute(
        "UPDATE ledger_checkpoint SET note = $1 WHERE size = 120",
        note.assemble(body, LOG_KEY, signature),
    )
    assert await faults(log) == [
        Fault(119, "The first 120 entries are not the ones that were signed.")
    ]


async def test_a_month_that_was_erased_leaves_a_log_that_verifies(
    log: Connection, owner: Connection
) -> None:
    await owner.execute("UPDATE ledger_entry SET sealed = NULL")
    report = await verify(log, LOG_KEY, salts={"2026-12": MONTH.salt_key})
    assert (report.verified, report.entries, report.commitments) == (True, SIZE, 0)


async def test_an_entry_sealed_just_before_midnight_and_given_just_after_is_no_fault(
    gate: Connection, ledger: Connection
) -> None:
    await append(gate, [sealed(1)], AT.replace(month=12, day=1, hour=0, minute=0, second=2))
    await cover(ledger)
    assert await faults(ledger) == []


async def test_it_stops_counting_when_nothing_holds_any_more(
    gate: Connection, ledger: Connection, owner: Connection
) -> None:
    await fill(gate, 0, CHUNK + 200)
    await cover(ledger)
    await owner.execute("UPDATE ledger_entry SET entry = '' WHERE position < 200")
    report = await verify(ledger, LOG_KEY, salts=SALTS)
    assert not report.verified
    assert len(report.faults) >= MOST_FAULTS
    assert report.entries == CHUNK
