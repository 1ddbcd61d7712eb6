"""A count out of the insurer's usual waits for two officers, and nothing of the feed is read before."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ecluse.acts import book
from ecluse.acts.act import FeedRelease, Person
from ecluse.feeds.manifest import ManifestError
from ecluse.keyring.client import OfficerKeyring
from ecluse.keyring.usual import ROOM, held
from ecluse.ledger.append import append
from ecluse.ledger.entry import ActDone, FeedHeld, FeedInForce, decode
from ecluse.ledger.seal import open_sealed
from ecluse.login.roles import AccountRole
from ecluse.store.roles import Role
from feeds import rosters


if TYPE_CHECKING:
    from pathlib import Path

    from ecluse.ledger.entry import AnyEvent
    from feeds.world import Insurer, World

ADA = Person(b"ada" + bytes(13), AccountRole.SECURITY, b"key of ada", b"{}")
BEN = Person(b"ben" + bytes(13), AccountRole.SECURITY, b"key of ben", b"{}")


def sent(world: World, insurer: Insurer, count: int, feed: int) -> Path:
    return world.send(insurer, world.wire(insurer, rosters.text(rosters.rows(count))), feed)


def propose(world: World, insurer: Insurer, feed: int, *seconders: Person) -> None:
    """Have Ada propose a feed's release, and others second it, each with its ledger entry."""

    async def run() -> None:
        [(manifest,)] = await asyncio.to_thread(
            world.fetch,
            "SELECT encode(manifest, 'hex') FROM feed WHERE insurer = $1 AND feed = $2",
            insurer.number,
            feed,
        )
        content = FeedRelease(insurer.keys.public.amc, feed, manifest)
        officer = await world.database.connect(Role.OFFICER)
        try:
            number, now = os.urandom(16), datetime.now(UTC)
            events: list[AnyEvent] = [await book.propose(officer, number, content, ADA, now)]
            for seconder in seconders:
                _, event = await book.second(officer, number, seconder, now)
                events.append(event)
            async with world.keyring(), OfficerKeyring(world.folder) as keyring:
                entries = [await keyring.seal_entry(event) for event in events]
            async with officer.transaction():
                await append(officer, entries, now)
        finally:
            await officer.close()

    asyncio.run(run())


def told(world: World) -> list[AnyEvent]:
    return [
        decode(open_sealed(sealed, world.vault.month(month), entry))
        for entry, month, sealed in world.fetch(
            "SELECT entry, month, sealed FROM ledger_entry ORDER BY position"
        )
    ]


def held_with(world: World, feed: int) -> tuple[Insurer, Path]:
    """Return an insurer of 300 members and its feed of 400, held."""
    insurer = world.insurer()
    assert world.load(sent(world, insurer, 300, feed - 1)).in_force
    manifest = sent(world, insurer, 400, feed)
    report = world.load(manifest)
    assert not report.in_force
    assert report.reason.startswith("The feed is held: 400 rows, where this insurer has 300")
    return insurer, manifest


def states(world: World, insurer: Insurer) -> list[tuple[int, str]]:
    return world.fetch("SELECT feed, state FROM feed WHERE insurer = $1 ORDER BY 1", insurer.number)


def test_a_held_feed_is_not_read_and_the_one_before_stays_in_force(world: World) -> None:
    insurer, manifest = held_with(world, 2)
    assert states(world, insurer) == [(1, "in_force"), (2, "held")]
    assert world.vault.marks.feeds[insurer.number].feed == 1  # the keyring evaluated none of it
    assert world.fetch(
        "SELECT count(*) FROM cover_record WHERE insurer = $1 AND feed = 2", insurer.number
    ) == [(0,)]
    entries = len(told(world))
    event = told(world)[-1]
    assert isinstance(event, FeedHeld)
    assert (event.insurer, event.rows, event.usual) == (insurer.number, 400, 300)
    assert not world.load(manifest).in_force
    assert len(told(world)) == entries


def test_one_officer_alone_releases_nothing(world: World) -> None:
    insurer, manifest = held_with(world, 2)
    propose(world, insurer, 2)
    assert not world.load(manifest).in_force
    assert states(world, insurer)[-1] == (2, "held")


def test_two_officers_release_it_and_it_is_loaded(world: World) -> None:
    insurer, manifest = held_with(world, 2)
    propose(world, insurer, 2, BEN)
    report = world.load(manifest)
    assert (report.in_force, report.accepted) == (True, 400)
    assert [type(event) for event in told(world)[-2:]] == [ActDone, FeedInForce]
    # It counts once: the next feed out of the usual is held again.
    assert not world.load(sent(world, insurer, 900, 3)).in_force


def test_another_feed_takes_the_place_of_a_held_one(world: World) -> None:
    insurer, manifest = held_with(world, 2)
    propose(world, insurer, 2, BEN)
    assert world.load(sent(world, insurer, 310, 3)).in_force
    with pytest.raises(ManifestError, match="comes after feed 3"):
        world.load(manifest)
    assert states(world, insurer)[1:] == [(2, "abandoned"), (3, "in_force")]


def test_a_contract_says_what_is_usual_before_there_is_a_history(world: World) -> None:
    insurer = world.insurer()
    world.fetch("UPDATE insurer SET members = 200 WHERE insurer = $1", insurer.number)
    assert not world.load(sent(world, insurer, 260, 1)).in_force
    assert world.load(sent(world, insurer, 240, 2)).in_force


@pytest.mark.parametrize(
    ("rows", "usual", "full", "waits"),
    [
        (10**6, None, True, False),
        (1_200_000, 10**6, True, False),
        (1_200_001, 10**6, True, True),
        (200_000, 10**6, False, False),
        (200_001, 10**6, False, True),
        (1, 10**6, True, False),
        (10 + ROOM, 10, True, False),
        (11 + ROOM, 10, True, True),
    ],
)
def test_a_fifth_more_is_still_usual(rows: int, usual: int | None, full: bool, waits: bool) -> None:
    assert held(rows, usual, full=full) == waits
