"""Deltas through every door: an insurer's commands, the loader, the gate that answers from them."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from ecluse.client.replies import Covered, NotCovered, Refused
from ecluse.cover.family import CareFamily
from ecluse.feeds import insurer_keys
from ecluse.feeds.load import load
from ecluse.feeds.manifest import ManifestError
from ecluse.feeds.prepare import Announcement, Source, prepare
from ecluse.keyring.client import FeedKeyring, OfficerKeyring
from ecluse.local import officer
from feeds import rosters
from feeds.rosters import Row, row
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.client.replies import CheckReply
    from ecluse.feeds.insurer_keys import InsurerKeys
    from ecluse.feeds.report import Report
    from ecluse.siege.scene import Scene
    from towns import Town


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_town(members=60) as opened:
        yield opened


class Mutual(NamedTuple):
    """An insurer of a test's own, at the town's operator."""

    town: Town
    keys: InsurerKeys
    folder: Path

    async def send(
        self, feed: int, lines: list[Row], *, base: int | None = None, since: str = "2026-01-01"
    ) -> Report:
        """Prepare and load a feed, as the insurer's and the operator's commands do."""
        installation = self.town.operator.installation
        roster = rosters.write(self.folder / f"feed{feed}", rosters.text(lines))
        async with OfficerKeyring(installation.sockets) as officers:
            recipient = await officers.loader_recipient()
        prepared = prepare(
            Source(roster, roster.with_name("packages.json")),
            self.keys,
            Announcement(feed, date.fromisoformat(since), base=base),
            recipient=recipient,
            out=self.folder,
        )
        async with FeedKeyring(installation.sockets) as keyring:
            return await load(prepared.manifest, keyring, installation.database)


async def join(town: Town, folder: Path, amc: str) -> Mutual:
    keys = insurer_keys.create(folder / amc, amc=amc, name=f"Mutuelle {amc}")
    await officer.add_insurer(town.operator.installation, keys.public)
    return Mutual(town, keys, folder)


async def asked(
    scene: Scene, card: str, day: str, family: CareFamily = CareFamily.OPTICS
) -> CheckReply:
    clerk = await scene.hire()
    return await clerk.gate.check_card(card, care_date=date.fromisoformat(day), family=family)


def member(number: int, **changes: str) -> Row:
    """Someone covered since 2020, without end, by the package with optics."""
    usual = {"package": "CONF-1", "valid_from": "2020-01-01", "valid_to": "", "priority": "1"}
    return row(number).but(**usual | changes)


def changed(one: Row, change: str, **changes: str) -> Row:
    return one.but(change=change, **changes)


def test_the_date_of_care_decides_which_change_counts(town: Town, tmp_path: Path) -> None:
    async def play() -> None:
        mutual = await join(town, tmp_path, "75900001")
        stays, leaves, moves, joins = (member(number) for number in range(100, 104))
        assert (await mutual.send(1, [stays, leaves, moves])).in_force
        report = await mutual.send(
            2,
            [
                changed(leaves, "leave", valid_to="2026-06-30"),
                changed(moves, "change", package="ECO-2", valid_from="2026-07-01"),
                changed(joins, "join", valid_from="2026-09-01"),
            ],
            base=1,
        )
        assert (report.in_force, report.accepted) == (True, 3)
        async with town.scene() as scene:
            answers = [
                (stays, "2026-11-01", Covered),
                (leaves, "2026-06-30", Covered),
                (leaves, "2026-07-01", NotCovered),
                (moves, "2026-06-30", Covered),
                (moves, "2026-07-01", NotCovered),
                (joins, "2026-08-31", NotCovered),
                (joins, "2026-09-01", Covered),
            ]
            for one, day, kind in answers:
                assert isinstance(await asked(scene, one.card, day), kind), (one.member_ref, day)
            hospital = await asked(scene, moves.card, "2026-07-01", CareFamily.HOSPITAL)
            assert isinstance(hospital, Covered)
            until = await asked(scene, moves.card, "2026-06-30")
            assert isinstance(until, Covered)
            assert until.cover is not None
            assert until.cover.valid_to == date(2026, 6, 30)

    asyncio.run(play())


def test_a_full_feed_for_later_leaves_earlier_dates_to_the_one_before(
    town: Town, tmp_path: Path
) -> None:
    async def play() -> None:
        mutual = await join(town, tmp_path, "75900002")
        both, gone = member(110), member(111)
        await mutual.send(1, [both, gone])
        await mutual.send(2, [both.but(package="ECO-2")], since="2026-07-01")
        # Too late, but true: in March already another package.
        await mutual.send(
            3, [changed(gone, "change", package="ECO-2", valid_from="2026-03-01")], base=2
        )
        async with town.scene() as scene:
            assert isinstance(await asked(scene, both.card, "2026-06-30"), Covered)
            assert isinstance(await asked(scene, both.card, "2026-07-01"), NotCovered)
            assert isinstance(await asked(scene, gone.card, "2026-02-28"), Covered)
            assert isinstance(await asked(scene, gone.card, "2026-03-01"), NotCovered)
            assert isinstance(await asked(scene, both.card, "2025-12-31"), Refused)

    asyncio.run(play())


def test_a_replaced_card_is_refused_and_the_new_one_answers(town: Town, tmp_path: Path) -> None:
    async def play() -> None:
        mutual = await join(town, tmp_path, "75900003")
        lost, other = member(120), member(121)
        new = lost.but(card=member(129).card)
        await mutual.send(1, [lost, other])
        async with town.scene() as scene:
            assert isinstance(await asked(scene, lost.card, "2026-11-01"), Covered)
            await mutual.send(2, [changed(new, "change", valid_from="2026-11-20")], base=1)
            for day in ("2026-11-01", "2026-11-20", "2026-11-22"):
                assert isinstance(await asked(scene, lost.card, day), Refused), day
                assert isinstance(await asked(scene, new.card, day), Covered), day
            assert isinstance(await asked(scene, other.card, "2026-11-22"), Covered)

    asyncio.run(play())


def test_a_delta_builds_on_the_latest_feed_in_force_and_no_other(
    town: Town, tmp_path: Path
) -> None:
    async def play() -> None:
        mutual = await join(town, tmp_path, "75900004")
        one = member(130)
        with pytest.raises(ManifestError, match="none is in force"):
            await mutual.send(1, [changed(one, "join")], base=7)
        await mutual.send(1, [one])
        await mutual.send(2, [changed(member(131), "join")], base=1)
        with pytest.raises(ManifestError, match="feed 2 is the latest"):
            await mutual.send(3, [changed(member(132), "join")], base=1)
        assert (await mutual.send(3, [changed(member(132), "join")], base=2)).in_force

    asyncio.run(play())


@pytest.mark.parametrize(
    ("amc", "change", "last", "reason"),
    [
        ("75900011", "leave", "", "who leaves has a last day"),
        ("75900012", "moved", "2026-06-30", "none of join, change, leave"),
        ("75900013", "join", "2019-12-31", "before valid_from"),
    ],
)
def test_a_delta_row_that_says_nothing_clear_is_rejected(
    town: Town, tmp_path: Path, amc: str, change: str, last: str, reason: str
) -> None:
    async def play() -> Report:
        mutual = await join(town, tmp_path, amc)
        await mutual.send(1, [member(140)])
        return await mutual.send(2, [changed(member(141), change, valid_to=last)], base=1)

    report = asyncio.run(play())
    assert not report.in_force
    assert report.rejects_file is not None
    assert reason in Path(report.rejects_file).read_text("utf-8")
