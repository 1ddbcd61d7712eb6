"""Records go when no date reaches them, member references a year after the end of their feed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ecluse.feeds.purge import Purged, purge
from ecluse.ledger.entry import FeedPurged, decode
from ecluse.ledger.seal import open_sealed
from ecluse.store.roles import Role
from feeds import rosters


if TYPE_CHECKING:
    from feeds.world import Insurer, World


def purged(world: World) -> Purged:
    async def run() -> Purged:
        connection = await world.database.connect(Role.FEED)
        try:
            async with world.keyring() as keyring:
                return await purge(connection, keyring)
        finally:
            await connection.close()

    return asyncio.run(run())


def sent(world: World, insurer: Insurer, feed: int, since: str) -> None:
    wire = world.wire(insurer, rosters.text(rosters.rows(20)))
    assert world.load(world.send(insurer, wire, feed, period_from=since)).in_force


def kept(world: World, insurer: Insurer, table: str) -> list[tuple[int, int]]:
    return world.fetch(
        f"SELECT feed, count(*) FROM {table} WHERE insurer = $1 GROUP BY feed ORDER BY feed",  # noqa: S608 - constants
        insurer.number,
    )


def test_references_go_a_year_after_the_end_of_their_feed_and_not_before(world: World) -> None:
    insurer = world.insurer()
    for feed in (1, 2):
        sent(world, insurer, feed, "2026-01-01")
    assert kept(world, insurer, "cover_record") == [(2, 20)]
    assert purged(world) == Purged(0, 0, 0)
    for ago, left in (("365 days", [(1, 20), (2, 20)]), ("367 days", [(2, 20)])):
        world.fetch(
            "UPDATE feed SET superseded_at = now() - $2::text::interval"
            " WHERE insurer = $1 AND feed = 1",
            insurer.number,
            ago,
        )
        done = purged(world)
        assert kept(world, insurer, "member_reference") == left
    assert done == Purged(0, 1, 20)
    [(entry, month, sealed)] = world.fetch(
        "SELECT entry, month, sealed FROM ledger_entry ORDER BY position DESC LIMIT 1"
    )
    event = decode(open_sealed(sealed, world.vault.month(month), entry))
    assert isinstance(event, FeedPurged)
    assert (event.insurer, event.feed, event.references) == (insurer.number, 1, 20)
    assert purged(world) == Purged(0, 0, 0)


def test_records_of_earlier_dates_go_once_care_on_them_cannot_be_claimed(world: World) -> None:
    insurer = world.insurer()
    sent(world, insurer, 1, "2020-01-01")
    sent(world, insurer, 2, "2026-01-01")
    purged(world)
    assert kept(world, insurer, "cover_record") == [(1, 20), (2, 20)]
    world.fetch(
        "UPDATE feed SET period_from = '2023-01-01' WHERE insurer = $1 AND feed = 2", insurer.number
    )
    assert purged(world) == Purged(1, 0, 0)
    assert kept(world, insurer, "cover_record") == [(2, 20)]
