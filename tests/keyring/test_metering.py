"""What a captured gate gets: so many persons a day, whatever is restarted and whatever it writes."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from ecluse.keyring.vault import Milestone
from ecluse.ledger.seal import SealedEntry
from keyring.lodge import card, check, index, person, sealed, sealed_bytes, typed


if TYPE_CHECKING:
    from keyring.lodge import Doors, Lodge


pytestmark = pytest.mark.anyio

LIMITS = {"card": None, "typed": 3}


async def ask(doors: Doors, number: int) -> bool:
    return (await doors.locate(typed(person(number), os.urandom(16)))).admitted


async def ask_and_commit(lodge: Lodge, doors: Doors, number: int) -> bool:
    """Have a person opened; tell whether that was let through."""
    entry = os.urandom(16)
    found = await doors.locate(typed(person(number), entry))
    if not found.admitted:
        return False
    position = await lodge.commit(await sealed(doors.gate, check(index(found)), entry))
    return bool((await doors.unseal(entry, position)).record_keys)


async def test_it_locates_so_many_distinct_persons_and_no_more(lodge: Lodge) -> None:
    async with lodge.running(LIMITS) as doors:
        assert [await ask(doors, number) for number in range(5)] == [True] * 3 + [False] * 2
        assert [await ask(doors, number) for number in range(5)] == [True] * 3 + [False] * 2


async def test_a_person_beyond_the_limit_has_no_index_to_look_for(lodge: Lodge) -> None:
    """The index alone, looked up in the records, would tell who is on file."""
    async with lodge.running({"typed": None}) as doors:
        known = index(await doors.locate(typed(person(9), os.urandom(16))))
    async with lodge.running(LIMITS) as doors:
        for number in range(3):
            await ask(doors, number)
        told = [await doors.locate(typed(person(9), os.urandom(16))) for _ in range(2)]
    assert not any(each.admitted for each in told)
    assert len({index(each) for each in told} | {known}) == 3


async def test_a_batch_is_cut_at_the_limit(lodge: Lodge) -> None:
    async with lodge.running(LIMITS) as doors:
        located = await doors.gate.locate([typed(person(n), os.urandom(16)) for n in range(6)])
    assert [each.admitted for each in located] == [True] * 3 + [False] * 3


async def test_cards_are_never_braked(lodge: Lodge) -> None:
    async with lodge.running({"card": None, "typed": 0}) as doors:
        located = await doors.gate.locate([card(person(n), os.urandom(16)) for n in range(20)])
    assert all(each.admitted for each in located)


async def test_a_restart_frees_nobody_who_stands_in_the_ledger(lodge: Lodge) -> None:
    async with lodge.running(LIMITS) as doors:
        assert [await ask_and_commit(lodge, doors, n) for n in range(3)] == [True] * 3
    for _ in range(2):
        async with lodge.running(LIMITS) as doors:
            assert not await ask(doors, 7)
            assert [await ask(doors, n) for n in range(3)] == [True] * 3


async def test_a_restart_frees_nobody_who_was_asked_for_and_never_written(lodge: Lodge) -> None:
    async with lodge.running(LIMITS) as doors:
        assert [await ask(doors, n) for n in range(3)] == [True] * 3
    for _ in range(2):
        async with lodge.running(LIMITS) as doors:
            assert not await ask(doors, 7)


async def test_what_was_written_is_not_counted_twice(lodge: Lodge) -> None:
    async with lodge.running(LIMITS) as doors:
        assert await ask_and_commit(lodge, doors, 0)
        assert await ask(doors, 1)
    async with lodge.running(LIMITS) as doors:
        assert await ask_and_commit(lodge, doors, 2)
        assert not await ask(doors, 3)


@pytest.mark.parametrize(
    "claimed", [datetime(2001, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)]
)
async def test_the_times_that_entries_claim_free_nobody(lodge: Lodge, claimed: datetime) -> None:
    """A captured gate writes rows as it likes, and somebody restarts the keyring."""
    async with lodge.running(LIMITS) as doors:
        assert [await ask_and_commit(lodge, doors, n) for n in range(3)] == [True] * 3
        event = msgspec.structs.replace(check(bytes(16), outcome="refused"), at=claimed)
        for place in (5, 6, 7):
            row = await sealed(doors.gate, event)
            await lodge.owner.execute(
                "INSERT INTO ledger_entry VALUES (0, $1, $2, $3, $4, $5, $6)",
                *(place, row.entry, claimed, row.month, row.sealed, row.commitment),
            )
    async with lodge.running(LIMITS) as doors:
        assert not await ask(doors, 7)


@pytest.mark.parametrize("month", ["2026-11", "1999-01", "../marks", ""])
async def test_rows_that_are_no_entries_do_not_keep_the_keyring_from_starting(
    lodge: Lodge, month: str
) -> None:
    async with lodge.running(LIMITS) as doors:
        assert await ask_and_commit(lodge, doors, 0)
        junk = await sealed_bytes(doors.gate, b"\xc1", os.urandom(16))
        await lodge.commit(
            SealedEntry(os.urandom(16), month, b"short", bytes(32)),
            SealedEntry(os.urandom(16), month, os.urandom(80), bytes(32)),
            msgspec.structs.replace(junk, month=month or junk.month),
        )
        assert await ask_and_commit(lodge, doors, 1)
    await lodge.owner.execute("UPDATE ledger_entry SET sealed = NULL WHERE position = 1")
    async with lodge.running(LIMITS) as doors:
        assert await ask(doors, 2)
        assert not await ask(doors, 3)


async def test_entries_before_the_last_milestone_of_yesterday_count_no_more(lodge: Lodge) -> None:
    async with lodge.running(LIMITS) as doors:
        assert [await ask_and_commit(lodge, doors, n) for n in range(3)] == [True] * 3
    vault = lodge.vault()
    rows = await lodge.owner.fetch("SELECT entry FROM ledger_entry ORDER BY position")
    yesterday = (datetime.now(UTC) - timedelta(days=1, minutes=5)).timestamp()
    milestones = (
        Milestone(1, yesterday - 7200, rows[0]["entry"]),
        Milestone(2, yesterday, rows[1]["entry"]),
        Milestone(3, yesterday + 3600, rows[2]["entry"]),
    )
    vault.remember(msgspec.structs.replace(vault.marks, milestones=milestones, reserved={}))
    async with lodge.running(LIMITS) as doors:
        assert await doors.service.recall() == 1
        assert [await ask(doors, n) for n in (3, 4, 5)] == [True, True, False]
