"""P2 at its root: no key of a record leaves but for an entry that stands in the ledger."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from ecluse.keyring import prf
from ecluse.keyring.messages import Asked, Committed, Opened
from ecluse.keyring.wrap import reference_row, unwrap_claim
from ecluse.ledger.append import append
from ecluse.ledger.entry import Withheld
from ecluse.ledger.seal import MonthKeys, seal
from ecluse.store.roles import Role
from keyring.lodge import (
    COVER,
    OTHER_PHARMACY,
    PHARMACY,
    card,
    check,
    index,
    person,
    sealed,
    sealed_bytes,
    typed,
)


if TYPE_CHECKING:
    from keyring.lodge import Lodge


pytestmark = pytest.mark.anyio

REFUSED = Opened((), b"")
MEMBER = person(1)


async def test_a_committed_check_opens_the_persons_record(lodge: Lodge) -> None:
    await lodge.put_on_file(MEMBER)
    entry = os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(typed(MEMBER, entry))
        position = await lodge.commit(await sealed(doors.gate, check(index(found)), entry))
        opened = await doors.unseal(entry, position)
    assert found.admitted
    assert await lodge.open_record(index(found), *opened.record_keys[0]) == COVER


async def test_a_card_leads_to_the_same_record_as_its_bearers_number(lodge: Lodge) -> None:
    await lodge.put_on_file(MEMBER)
    entry = os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(card(MEMBER, entry))
        assert index(found) == index(await doors.locate(typed(MEMBER, os.urandom(16))))
        assert found.insurer == 1
        event = check(index(found), lane="card", kind="card")
        position = await lodge.commit(await sealed(doors.gate, event, entry))
        opened = await doors.unseal(entry, position)
    assert await lodge.open_record(index(found), *opened.record_keys[0]) == COVER


async def test_the_reference_opens_what_was_wrapped_for_its_organisation(lodge: Lodge) -> None:
    entry = os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(typed(MEMBER, entry))
        position = await lodge.commit(await sealed(doors.gate, check(index(found)), entry))
        opened = await doors.unseal(entry, position)
    row = reference_row(opened.reference, PHARMACY)
    assert found.reference_row == row
    assert found.reference_row != reference_row(opened.reference, OTHER_PHARMACY)
    key = prf.reference_key(lodge.keys.reference, opened.reference)
    claim = unwrap_claim(key, found.wrapped, row)
    assert claim is not None
    assert claim.target.idx == index(found)
    assert (claim.insurer, claim.carded) == (None, 0)


async def test_it_refuses_without_an_entry(lodge: Lodge) -> None:
    entry = os.urandom(16)
    async with lodge.running() as doors:
        await doors.locate(typed(MEMBER, entry))
        assert await doors.unseal(entry, 0) == REFUSED


@pytest.mark.parametrize("rolled_back", [False, True])
async def test_it_refuses_before_the_commit_and_after_a_roll_back(
    lodge: Lodge, rolled_back: bool
) -> None:
    entry = os.urandom(16)
    gate = await lodge.database.connect(Role.GATE)
    async with lodge.running() as doors:
        found = await doors.locate(typed(MEMBER, entry))
        ready = await sealed(doors.gate, check(index(found)), entry)
        transaction = gate.transaction()
        await transaction.start()
        position = await append(gate, [ready], datetime.now(UTC))
        if rolled_back:
            await transaction.rollback()
        assert await doors.unseal(entry, position) == REFUSED
    await gate.close()


NOTHING_ELSE: dict[str, object] = {}
SOMETHING_ELSE: list[dict[str, object]] = [
    {"subject": bytes(16)},
    {"lane": "card"},
    {"lane": "known"},
    {"organisation": OTHER_PHARMACY},
    {"outcome": "refused"},
    {"opened": ((1, 1), (70_000, 1))},
    {"opened": ((-1, 1),)},
    {"opened": ((1, 2**32),)},
    {"opened": ((1, -1),)},
    {"at": datetime.now(UTC) - timedelta(hours=1)},
    {"at": datetime.now(UTC).replace(tzinfo=None)},
]


async def test_it_refuses_for_an_entry_that_tells_of_something_else(
    lodge: Lodge, subtests: pytest.Subtests
) -> None:
    async with lodge.running() as doors:
        for changes in (NOTHING_ELSE, *SOMETHING_ELSE):
            with subtests.test(changes=changes):
                entry = os.urandom(16)
                found = await doors.locate(typed(MEMBER, entry))
                event = msgspec.structs.replace(check(index(found)), **changes)
                ready = await sealed_bytes(doors.gate, msgspec.msgpack.encode(event), entry)
                opened = await doors.unseal(entry, await lodge.commit(ready))
                assert (opened == REFUSED) == bool(changes)


async def test_a_card_opens_what_every_insurer_says_of_its_bearer(lodge: Lodge) -> None:
    await lodge.put_on_file(MEMBER, insurer=0)
    entry = os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(card(MEMBER, entry))
        event = check(index(found), lane="card", opened=((0, 1), (2, 1)))
        position = await lodge.commit(await sealed(doors.gate, event, entry))
        assert found.insurer == 0
        opened = await doors.unseal(entry, position)
    assert [key[:2] for key in opened.record_keys] == [(0, 1), (2, 1)]


async def test_it_refuses_an_entry_of_another_kind(lodge: Lodge) -> None:
    entry = os.urandom(16)
    async with lodge.running() as doors:
        await doors.locate(typed(MEMBER, entry))
        event = Withheld(at=datetime.now(UTC), entry=entry, reason="keyring")
        position = await lodge.commit(await sealed(doors.gate, event, entry))
        assert await doors.unseal(entry, position) == REFUSED


async def test_it_refuses_another_entry_at_the_position(lodge: Lodge) -> None:
    entry, other = os.urandom(16), os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(typed(MEMBER, entry))
        await doors.locate(typed(MEMBER, other))
        position = await lodge.commit(await sealed(doors.gate, check(index(found)), other))
        assert await doors.unseal(entry, position) == REFUSED


@pytest.mark.parametrize("wrong", ["key", "salt", "commitment"])
async def test_it_refuses_an_entry_that_the_tree_would_not_hold_up(
    lodge: Lodge, wrong: str
) -> None:
    entry = os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(typed(MEMBER, entry))
        month = await doors.gate.month_keys(datetime.now(UTC).strftime("%Y-%m"))
        keys = MonthKeys(
            month.month,
            bytes(32) if wrong == "key" else month.key,
            bytes(32) if wrong == "salt" else month.salt_key,
        )
        ready = seal(check(index(found)), keys, entry)
        if wrong == "commitment":
            ready = msgspec.structs.replace(ready, commitment=bytes(32))
        assert await doors.unseal(entry, await lodge.commit(ready)) == REFUSED


@pytest.mark.parametrize("month", ["2020-01", "../keys.sealed", "", "2026-13", "\u0662026-11"])
async def test_an_entry_of_a_month_without_keys_opens_nothing_and_breaks_nothing(
    lodge: Lodge, month: str
) -> None:
    entry = os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(typed(MEMBER, entry))
        ready = await sealed(doors.gate, check(index(found)), entry)
        position = await lodge.commit(msgspec.structs.replace(ready, month=month))
        assert await doors.unseal(entry, position) == REFUSED
        assert not (await doors.gate.hello()).restored
    assert len(list((lodge.folder / "months").iterdir())) == 1


async def test_it_opens_once(lodge: Lodge) -> None:
    entry = os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(typed(MEMBER, entry))
        position = await lodge.commit(await sealed(doors.gate, check(index(found)), entry))
        twice = [Committed(entry, position)] * 2
        first, second = await doors.gate.unseal(twice)
        assert first.record_keys
        assert second == REFUSED
        assert await doors.gate.unseal(twice) == [REFUSED, REFUSED]


async def test_an_old_entry_never_stands_for_a_new_check(lodge: Lodge) -> None:
    """Locate again under the id of an entry that is there already, and nothing would be written."""
    entry = os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(typed(MEMBER, entry))
        position = await lodge.commit(await sealed(doors.gate, check(index(found)), entry))
        assert (await doors.unseal(entry, position)).record_keys
        await doors.locate(typed(MEMBER, entry))
        assert await doors.unseal(entry, position) == REFUSED
    async with lodge.running() as doors:
        await doors.locate(typed(MEMBER, entry))
        assert await doors.unseal(entry, position) == REFUSED


async def test_the_head_cannot_be_set_back_to_make_an_old_entry_new(lodge: Lodge) -> None:
    entry = os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(typed(MEMBER, entry))
        position = await lodge.commit(await sealed(doors.gate, check(index(found)), entry))
        gate = await lodge.database.connect(Role.GATE)
        await gate.execute("UPDATE ledger_head SET size = 0")
        await gate.close()
        await doors.locate(typed(MEMBER, entry))
        assert await doors.unseal(entry, position) == REFUSED


async def test_a_restart_forgets_the_checks_under_way(lodge: Lodge) -> None:
    entry = os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(typed(MEMBER, entry))
        position = await lodge.commit(await sealed(doors.gate, check(index(found)), entry))
    async with lodge.running() as doors:
        assert await doors.unseal(entry, position) == REFUSED


async def test_one_bad_check_does_not_fail_its_neighbours(lodge: Lodge) -> None:
    entries = [os.urandom(16) for _ in range(3)]
    async with lodge.running() as doors:
        found = await doors.gate.locate([typed(person(n), e) for n, e in enumerate(entries)])
        ready = [
            await sealed(doors.gate, check(index(each)), entry)
            for each, entry in zip(found, entries, strict=True)
        ]
        ready[1] = await sealed_bytes(doors.gate, b"\xc1 no event", entries[1])
        first = await lodge.commit(*ready)
        opened = await doors.gate.unseal(
            [Committed(entry, first + number) for number, entry in enumerate(entries)]
        )
    assert [bool(each.record_keys) for each in opened] == [True, False, True]


async def test_a_card_that_nobody_has_looks_like_any_other(lodge: Lodge) -> None:
    await lodge.put_on_file(MEMBER)
    async with lodge.running() as doors:
        known = await doors.locate(card(MEMBER, os.urandom(16)))
        nobody = await doors.locate(card(person(2), os.urandom(16)))
        again = await doors.locate(card(person(2), os.urandom(16)))
    assert nobody.admitted
    assert nobody.insurer is None
    assert nobody.candidates == again.candidates
    assert [len(index(each)) for each in (known, nobody)] == [16, 16]
    assert len(known.wrapped) == len(nobody.wrapped)


@pytest.mark.parametrize("state", ["loading", "superseded", "refused"])
async def test_a_card_of_a_feed_that_is_not_in_force_leads_nowhere(
    lodge: Lodge, state: str
) -> None:
    await lodge.put_on_file(MEMBER, state=state)
    async with lodge.running() as doors:
        found = await doors.locate(card(MEMBER, os.urandom(16)))
        person_found = await doors.locate(typed(MEMBER, os.urandom(16)))
    assert found.insurer is None
    assert index(found) != index(person_found)


async def test_a_forged_pointer_neither_leads_anywhere_nor_hides_the_true_one(
    lodge: Lodge,
) -> None:
    await lodge.put_on_file(MEMBER)
    await lodge.put_on_file(person(2), insurer=2)
    card_index = prf.card_index(lodge.keys.current.index, MEMBER.card)
    for feed, forged in enumerate((b"", b"short", bytes(78), os.urandom(78)), start=2):
        await lodge.owner.execute(
            "INSERT INTO feed SELECT insurer, $1, manifest, state, row_count, accepted, rejected,"
            " rejects_file, period_from FROM feed WHERE insurer = 2 AND feed = 1",
            feed,
        )
        await lodge.owner.execute(
            "INSERT INTO card_pointer VALUES ($1, 2, $2, 1, $3)", card_index, feed, forged
        )
    async with lodge.running() as doors:
        assert (await doors.locate(card(MEMBER, os.urandom(16)))).insurer == 1


@pytest.mark.parametrize(
    "asked",
    [
        Asked(bytes(16), "card", PHARMACY, bytes(16), MEMBER.identifier),
        Asked(bytes(16), "typed", PHARMACY, bytes(16), MEMBER.card),
        Asked(bytes(16), "typed", PHARMACY, bytes(16), MEMBER.identifier[:-1]),
    ],
    ids=["a person as a card", "a card as a person", "a person cut short"],
)
async def test_an_identifier_of_another_lane_is_not_located(lodge: Lodge, asked: Asked) -> None:
    await lodge.put_on_file(MEMBER)
    async with lodge.running() as doors:
        refused = await doors.locate(asked)
        known = await doors.locate(typed(MEMBER, os.urandom(16)))
    assert not refused.admitted
    assert index(refused) != index(known)


async def test_records_of_every_live_epoch_are_found_and_opened(lodge: Lodge) -> None:
    old, new = person(1), person(2)
    await lodge.put_on_file(old)
    lodge.begin_epoch()
    await lodge.put_on_file(new)
    async with lodge.running() as doors:
        for member, epoch in ((old, 1), (new, 2)):
            by_number = await doors.locate(typed(member, os.urandom(16)))
            assert [number for number, _ in by_number.candidates] == [1, 2]
            entry = os.urandom(16)
            by_card = await doors.locate(card(member, entry))
            assert by_card.candidates == (by_number.candidates[epoch - 1],)
            event = check(index(by_card), lane="card", kind="card")
            position = await lodge.commit(await sealed(doors.gate, event, entry))
            opened = await doors.unseal(entry, position)
            assert await lodge.open_record(index(by_card), *opened.record_keys[0]) == COVER


async def test_a_number_opens_the_epoch_that_its_entry_names(lodge: Lodge) -> None:
    await lodge.put_on_file(MEMBER)
    lodge.begin_epoch()
    entry = os.urandom(16)
    async with lodge.running() as doors:
        found = await doors.locate(typed(MEMBER, entry))
        (_, old), _ = found.candidates
        position = await lodge.commit(await sealed(doors.gate, check(old), entry))
        opened = await doors.unseal(entry, position)
    assert await lodge.open_record(old, *opened.record_keys[0]) == COVER
