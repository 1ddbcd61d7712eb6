"""Which insurers there are, whose feed is late, and that none is added without its ledger entry."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ecluse.feeds import insurer_keys, insurers
from ecluse.keyring.client import KeyringUnreachableError, OfficerKeyring
from ecluse.ledger.entry import InsurerAdded, decode
from ecluse.ledger.seal import open_sealed
from ecluse.store.roles import Role
from feeds import rosters


if TYPE_CHECKING:
    from pathlib import Path

    from ecluse.feeds.insurers import Listed
    from feeds.world import Insurer, World


def listed(world: World, insurer: Insurer) -> Listed:
    async def run() -> list[Listed]:
        connection = await world.database.connect(Role.GATE)
        try:
            return await insurers.listed(connection)
        finally:
            await connection.close()

    (mine,) = [each for each in asyncio.run(run()) if each.amc == insurer.keys.public.amc]
    return mine


def sent(world: World, insurer: Insurer, count: int, feed: int) -> Path:
    return world.send(insurer, world.wire(insurer, rosters.text(rosters.rows(count))), feed)


def aged(world: World, insurer: Insurer, table: str, column: str, days: int) -> None:
    world.fetch(
        f"UPDATE {table} SET {column} = {column} - make_interval(days => $2) WHERE insurer = $1",  # noqa: S608 - constants
        insurer.number,
        days,
    )


def test_an_insurer_is_late_when_its_feed_is_older_than_its_contract_says(world: World) -> None:
    insurer = world.insurer()
    assert (listed(world, insurer).fed_at, listed(world, insurer).late) == (None, False)
    aged(world, insurer, "insurer", "added_at", 36)
    assert listed(world, insurer).late  # it never sent one
    assert world.load(sent(world, insurer, 100, 1)).in_force
    assert not listed(world, insurer).late
    aged(world, insurer, "feed", "ended_at", 36)
    assert listed(world, insurer).late
    world.fetch("UPDATE insurer SET feed_days = 40 WHERE insurer = $1", insurer.number)
    assert not listed(world, insurer).late


def test_a_feed_that_is_held_does_not_count_as_come(world: World) -> None:
    insurer = world.insurer()
    assert world.load(sent(world, insurer, 100, 1)).in_force
    aged(world, insurer, "feed", "ended_at", 36)
    before = listed(world, insurer)
    assert not world.load(sent(world, insurer, 900, 2)).in_force
    assert listed(world, insurer) == before


def test_no_insurer_is_added_without_its_ledger_entry(world: World, tmp_path: Path) -> None:
    added = world.insurer()
    events = [
        decode(open_sealed(sealed, world.vault.month(month), entry))
        for entry, month, sealed in world.fetch("SELECT entry, month, sealed FROM ledger_entry")
    ]
    mine = [each for each in events if isinstance(each, InsurerAdded)]
    assert added.keys.public.amc in {each.amc for each in mine}
    assert len(mine) == world.fetch("SELECT count(*) FROM insurer")[0][0]

    public = insurer_keys.create(tmp_path / "keys", amc="75009999", name="Mutuelle").public

    async def without_a_keyring() -> None:
        connection = await world.database.connect(Role.OFFICER)
        try:
            await insurers.add(connection, OfficerKeyring(world.folder), public)
        finally:
            await connection.close()

    with pytest.raises(KeyringUnreachableError):
        asyncio.run(without_a_keyring())
    assert world.fetch("SELECT 1 FROM insurer WHERE amc = $1", public.amc) == []
