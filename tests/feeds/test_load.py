"""A feed is in force as a whole or not at all, whatever happens on the way."""

from __future__ import annotations

import asyncio
import csv
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyrage
import pytest

from ecluse.cards import code
from ecluse.cover.record import Cover, open_record
from ecluse.errors import EcluseError
from ecluse.feeds.lines import CHUNK_ROWS
from ecluse.feeds.load import load
from ecluse.feeds.manifest import ManifestError, files_of
from ecluse.feeds.reference import ReferenceSealer
from ecluse.keyring import prf
from ecluse.ledger.entry import AnyEvent, FeedInForce, FeedRefused, decode
from ecluse.ledger.seal import open_sealed
from feeds import rosters
from feeds.rosters import row


if TYPE_CHECKING:
    from ecluse.feeds.report import Report
    from ecluse.keyring.bulk import Evaluated
    from feeds.rosters import Row
    from feeds.world import Insurer, World

TABLES = ("cover_record", "card_pointer", "member_reference")


def sent(world: World, insurer: Insurer, lines: list[Row], feed: int = 1) -> Path:
    """Send rows as they are, screened and checked by nobody before."""
    return world.send(insurer, world.wire(insurer, rosters.text(lines)), feed)


def counted(world: World, insurer: Insurer, feed: int = 1) -> tuple[int, ...]:
    """Return how many rows of a feed each table holds."""
    return tuple(
        world.fetch(
            f"SELECT count(*) FROM {table} WHERE insurer = $1 AND feed = $2",  # noqa: S608 - constants
            insurer.number,
            feed,
        )[0][0]
        for table in TABLES
    )


def states(world: World, insurer: Insurer) -> list[tuple[int, str]]:
    return world.fetch("SELECT feed, state FROM feed WHERE insurer = $1 ORDER BY 1", insurer.number)


def told(world: World, insurer: Insurer) -> list[AnyEvent]:
    """Return what the ledger says of an insurer's feeds."""
    events = [
        decode(open_sealed(sealed, world.vault.month(month), entry))
        for entry, month, sealed in world.fetch(
            "SELECT entry, month, sealed FROM ledger_entry ORDER BY position"
        )
    ]
    return [
        event
        for event in events
        if isinstance(event, FeedInForce | FeedRefused) and event.insurer == insurer.number
    ]


def rejects(report: Report) -> list[tuple[str, ...]]:
    assert report.rejects_file is not None
    with Path(report.rejects_file).open(encoding="utf-8", newline="") as file:
        return [tuple(line) for line in csv.reader(file)][1:]


def test_it_puts_a_prepared_feed_in_force(world: World, tmp_path: Path) -> None:
    insurer = world.insurer()
    roster = rosters.write(tmp_path, rosters.text(rosters.rows(300)))
    prepared = world.prepare(insurer, roster)
    seen: list[tuple[int, int]] = []
    report = world.load(prepared.manifest, progress=lambda *at: seen.append(at))
    assert (report.rows, report.accepted, report.rejected) == (300, 300, 0)
    assert report.in_force
    assert report.rejects_file is None
    assert counted(world, insurer) == (300, 300, 300)
    assert seen[-1] == (300, 300)
    assert [type(event) for event in told(world, insurer)] == [FeedInForce]
    assert world.fetch(
        "SELECT code FROM cover_package WHERE insurer = $1 ORDER BY code", insurer.number
    ) == [("CONF-1",), ("ECO-2",)]


def test_a_record_opens_with_the_person_and_the_keyring_alone(world: World) -> None:
    insurer = world.insurer()
    world.load(sent(world, insurer, rosters.rows(40)))
    keys, one = world.vault.keys.current, row(7)
    person = (one.nir[:13] + one.birth_date + one.birth_rank).encode()
    index = prf.person_index(keys.index, person)
    key = prf.record_key(prf.person_key(keys.person, person), insurer.number, 1)
    [(sealed, epoch)] = world.fetch(
        "SELECT sealed, epoch FROM cover_record WHERE idx = $1 AND insurer = $2",
        index,
        insurer.number,
    )
    assert open_record(
        sealed, key=key, index=index, insurer=insurer.number, feed=1, epoch=epoch
    ) == Cover("ECO-2", [("2026-01-01", "2026-12-31")], 2)
    [(reference,)] = world.fetch(
        "SELECT sealed FROM member_reference WHERE idx = $1 AND insurer = $2", index, insurer.number
    )
    opener = ReferenceSealer(insurer.keys.reference, insurer.keys.public.amc)
    assert opener.open(reference) == b"M0000007"
    card = prf.card_index(keys.index, code.decode(one.card))
    assert world.fetch(
        "SELECT count(*) FROM card_pointer WHERE idx = $1 AND insurer = $2", card, insurer.number
    ) == [(1,)]


def test_every_sealed_record_has_the_same_length(world: World) -> None:
    insurer = world.insurer()
    world.load(sent(world, insurer, rosters.rows(60)))
    assert world.fetch(
        "SELECT DISTINCT octet_length(sealed) FROM cover_record WHERE insurer = $1", insurer.number
    ) == [(92,)]


def test_the_same_manifest_again_changes_nothing(world: World) -> None:
    insurer = world.insurer()
    manifest = sent(world, insurer, rosters.rows(50))
    first = world.load(manifest)
    before = world.fetch("SELECT idx, sealed FROM cover_record ORDER BY idx")
    again = world.load(manifest)
    assert again == first._replace(before=True)
    assert world.fetch("SELECT idx, sealed FROM cover_record ORDER BY idx") == before
    assert len(told(world, insurer)) == 1


def test_the_next_feed_replaces_the_one_before_and_references_stay(world: World) -> None:
    insurer = world.insurer()
    world.load(sent(world, insurer, rosters.rows(50)))
    report = world.load(sent(world, insurer, rosters.rows(30, first=40), feed=3))
    assert report.in_force
    assert states(world, insurer) == [(1, "superseded"), (3, "in_force")]
    assert counted(world, insurer, 1) == (0, 0, 50)
    assert counted(world, insurer, 3) == (30, 30, 30)
    assert world.fetch(
        "SELECT DISTINCT feed FROM cover_package WHERE insurer = $1", insurer.number
    ) == [(3,)]


def test_an_older_feed_and_a_number_used_twice_are_refused(world: World) -> None:
    insurer = world.insurer()
    first = sent(world, insurer, rosters.rows(30), feed=4)
    older = sent(world, insurer, rosters.rows(30), feed=3)
    world.load(first)
    with pytest.raises(ManifestError, match="comes after feed 4"):
        world.load(older)
    another = sent(world, insurer, rosters.rows(31), feed=4)
    with pytest.raises(ManifestError, match="under another manifest"):
        world.load(another)
    assert states(world, insurer) == [(4, "in_force")]


@pytest.mark.parametrize("moment", ["evaluated", "written"])
def test_a_load_killed_at_any_moment_changes_nothing_and_can_be_repeated(
    world: World, moment: str
) -> None:
    insurer = world.insurer()
    world.load(sent(world, insurer, rosters.rows(20)))
    manifest = sent(world, insurer, rosters.rows(40), feed=2)
    die(world, manifest, moment)
    assert states(world, insurer)[0] == (1, "in_force")
    assert (2, "in_force") not in states(world, insurer)
    assert counted(world, insurer, 1) == (20, 20, 20)
    assert told(world, insurer)[1:] == []
    assert world.load(manifest).in_force
    assert counted(world, insurer, 1)[:2] == (0, 0)
    assert counted(world, insurer, 2) == (40, 40, 40)


def test_a_load_killed_between_chunks_goes_on_where_it_stopped(world: World) -> None:
    insurer = world.insurer()
    lines = rosters.rows(2 * CHUNK_ROWS + 50)
    lines[-1] = lines[-1].but(nir=lines[0].nir, birth_date=lines[0].birth_date)
    manifest = sent(world, insurer, lines)
    die(world, manifest, "chunk 2")
    [(state, chunks)] = world.fetch(
        "SELECT state, chunks FROM feed WHERE insurer = $1", insurer.number
    )
    assert state == "loading"
    assert chunks in {1, 2}
    assert counted(world, insurer) == (chunks * CHUNK_ROWS,) * 3
    evaluated: list[int] = []

    async def again() -> Report:
        async with world.keyring() as door:
            ask = door.evaluate

            async def noted(chunk: int, persons: bytes, cards: bytes) -> Evaluated:
                evaluated.append(chunk)
                return await ask(chunk, persons, cards)

            door.evaluate = noted  # type: ignore[method-assign] # to see what is asked for
            return await load(manifest, door, world.database)

    report = asyncio.run(again())
    assert evaluated == [0, 1, 2][chunks:]
    assert (report.in_force, report.accepted, report.rejected) == (True, len(lines) - 1, 1)
    assert counted(world, insurer) == (len(lines) - 1,) * 3


def test_the_next_feed_sweeps_away_what_a_killed_load_left(world: World) -> None:
    insurer = world.insurer()
    world.load(sent(world, insurer, rosters.rows(20)))
    killed = sent(world, insurer, rosters.rows(40), feed=2)
    die(world, killed, "written")
    assert counted(world, insurer, 2) == (40, 40, 40)
    assert world.load(sent(world, insurer, rosters.rows(30), feed=3)).in_force
    assert counted(world, insurer, 2) == (0, 0, 0)
    assert counted(world, insurer, 3) == (30, 30, 30)
    with pytest.raises(ManifestError, match="comes after feed 3"):
        world.load(killed)


def die(world: World, manifest: Path, moment: str) -> None:
    """Load a feed with a loader that is killed at `moment`."""
    script = Path(__file__).with_name("dying_loader.py")

    async def run() -> int:
        database = world.database
        async with world.keyring():
            arguments = (database.home, database.name, world.folder, manifest, moment)
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(script), *map(str, arguments)
            )
            return await process.wait()

    assert asyncio.run(run()) == -signal.SIGKILL


def test_two_loads_of_one_feed_at_once_are_one_load(world: World) -> None:
    insurer = world.insurer()
    manifest = sent(world, insurer, rosters.rows(200))

    async def twice() -> list[Report]:
        async with world.keyring() as first, world.keyring_door() as second:
            return await asyncio.gather(
                *(load(manifest, door, world.database) for door in (first, second))
            )

    reports = asyncio.run(twice())
    assert sorted(report.before for report in reports) == [False, True]
    assert all(report.in_force for report in reports)
    assert counted(world, insurer) == (200, 200, 200)
    assert len(told(world, insurer)) == 1


def test_no_file_holds_what_identifies_a_member(world: World, tmp_path: Path) -> None:
    insurer = world.insurer()
    lines = rosters.rows(120, first=5000)
    lines[7] = lines[7].but(priority="")
    roster = rosters.write(tmp_path, rosters.text(lines))
    assert world.load(world.prepare(insurer, roster).manifest).in_force
    files = [*world.database.home.rglob("*"), *insurer.folder.rglob("*")]
    content = b"".join(path.read_bytes() for path in files if path.is_file())
    assert insurer.keys.public.amc.encode() in content
    for line in (lines[0], lines[7], lines[60]):
        assert line.nir[:13].encode() not in content
        assert line.card.encode() not in content
        assert code.decode(line.card) not in content
        assert line.member_ref.encode() not in content


def test_one_bad_row_in_a_hundred_is_borne(world: World) -> None:
    insurer = world.insurer()
    lines = rosters.rows(100)
    lines[60] = lines[60].but(birth_rank="0")
    report = world.load(sent(world, insurer, lines))
    assert (report.in_force, report.accepted, report.rejected) == (True, 99, 1)
    assert rejects(report) == [("62", "birth_rank", "not a birth rank from 1 to 9", "•")]
    assert counted(world, insurer) == (99, 99, 99)


def test_two_bad_rows_in_a_hundred_refuse_the_feed_and_are_listed(world: World) -> None:
    insurer = world.insurer()
    world.load(sent(world, insurer, rosters.rows(60)))
    lines = rosters.rows(100)
    lines[5] = lines[5].but(package="UNKNOWN")
    lines[6] = lines[6].but(valid_from="2026-02-30")
    manifest = sent(world, insurer, lines, feed=2)
    report = world.load(manifest)
    assert not report.in_force
    assert [line[:2] for line in rejects(report)] == [("7", "package"), ("8", "valid_from")]
    assert states(world, insurer) == [(1, "in_force"), (2, "refused")]
    assert counted(world, insurer, 2) == (0, 0, 0)
    assert isinstance(told(world, insurer)[-1], FeedRefused)
    again = world.load(manifest)
    assert (again.in_force, again.before) == (False, True)
    assert len(told(world, insurer)) == 2


def test_the_threshold_can_be_set(world: World) -> None:
    insurer = world.insurer()
    lines = rosters.rows(10)
    lines[5] = lines[5].but(priority="3")
    assert world.load(sent(world, insurer, lines), threshold=0.1).in_force


def test_rejects_are_masked(world: World) -> None:
    insurer = world.insurer()
    lines = rosters.rows(10)
    wrong_key = lines[0].nir[:13] + "00"
    lines[0] = lines[0].but(nir=wrong_key)
    lines[1] = lines[1].but(card=lines[1].card[:-1] + "B")
    lines[2] = lines[2].but(package=lines[2].nir)  # columns shifted
    report = world.load(sent(world, insurer, lines), threshold=1)
    assert [line[3] for line in rejects(report)] == [
        f"{wrong_key[:2]}•",
        "EC•",
        f"{lines[2].nir[:2]}•",
    ]
    assert report.rejects_file is not None
    listed = Path(report.rejects_file)
    text = listed.read_text("utf-8")
    assert not any(value[2:8] in text for value in (wrong_key, lines[1].card, lines[2].nir))
    assert listed.stat().st_mode & 0o077 == 0


def test_the_second_row_of_a_person_or_a_card_is_rejected(world: World) -> None:
    insurer = world.insurer()
    lines = rosters.rows(10)
    lines[4] = lines[4].but(nir=lines[1].nir, birth_date=lines[1].birth_date)
    lines[8] = lines[8].but(card=lines[2].card)
    report = world.load(sent(world, insurer, lines), threshold=1)
    assert [line[:3] for line in rejects(report)] == [
        ("6", "nir", "an earlier row has this person"),
        ("10", "card", "an earlier row has this card"),
    ]
    assert counted(world, insurer) == (8, 8, 8)


def test_a_family_and_twins_may_share_a_nir(world: World) -> None:
    insurer = world.insurer()
    lines = rosters.rows(4)
    lines[1] = lines[1].but(nir=lines[0].nir)
    lines[2] = lines[2].but(nir=lines[0].nir, birth_date=lines[0].birth_date, birth_rank="2")
    lines[3] = lines[3].but(birth_date="19450231")  # no such day, but printed so
    assert world.load(sent(world, insurer, lines)).accepted == 4


def test_another_insurers_member_is_no_reject(world: World) -> None:
    first, second = world.insurer(), world.insurer()
    world.load(sent(world, first, rosters.rows(30)))
    report = world.load(sent(world, second, rosters.rows(30)))
    assert (report.accepted, report.rejected, report.rejects_file) == (30, 0, None)


@pytest.mark.parametrize("announced", [29, 31])
def test_one_row_more_or_fewer_than_announced_refuses_the_feed(
    world: World, announced: int
) -> None:
    insurer = world.insurer()
    wire = world.wire(insurer, rosters.text(rosters.rows(30)))
    report = world.load(world.send(insurer, wire, rows=announced))
    assert not report.in_force
    assert states(world, insurer) == [(1, "refused")]
    assert counted(world, insurer) == (0, 0, 0)


def test_another_insurers_signature_writes_nothing(world: World) -> None:
    insurer, thief = world.insurer(), world.insurer()
    manifest = sent(world, insurer, rosters.rows(30))
    files_of(manifest).signature.write_bytes(thief.keys.sign(manifest.read_bytes()))
    with pytest.raises(ManifestError, match="signature does not hold"):
        world.load(manifest)
    assert states(world, insurer) == []


def test_the_keyring_believes_its_own_list_of_insurers_not_the_database(world: World) -> None:
    insurer, thief = world.insurer(), world.insurer()
    manifest = sent(world, insurer, rosters.rows(30))
    files_of(manifest).signature.write_bytes(thief.keys.sign(manifest.read_bytes()))
    world.fetch(
        "UPDATE insurer SET signing_key = $2 WHERE insurer = $1",
        insurer.number,
        thief.keys.public.signing_key,
    )
    with pytest.raises(EcluseError, match="signature does not hold"):
        world.load(manifest)
    assert states(world, insurer) == []
    assert counted(world, insurer) == (0, 0, 0)


def test_an_unknown_insurer_writes_nothing(world: World) -> None:
    insurer = world.insurer()
    wire = world.wire(insurer, rosters.text(rosters.rows(30)))
    manifest = world.send(insurer, wire, amc="98765432")
    with pytest.raises(ManifestError, match="No insurer"):
        world.load(manifest)


@pytest.mark.parametrize("spoil", [lambda raw: raw[:-1], lambda raw: raw[:500] + b"x" + raw[501:]])
def test_an_altered_or_cut_file_writes_nothing_and_can_be_sent_again(
    world: World, spoil: object
) -> None:
    assert callable(spoil)
    insurer = world.insurer()
    manifest = sent(world, insurer, rosters.rows(30))
    rows = files_of(manifest).rows
    whole = rows.read_bytes()
    rows.write_bytes(spoil(whole))
    with pytest.raises(ManifestError, match="not the file that its manifest announces"):
        world.load(manifest)
    assert states(world, insurer) == []
    rows.write_bytes(whole)
    assert world.load(manifest).in_force


def test_rows_for_another_recipient_write_nothing(world: World) -> None:
    insurer = world.insurer()
    stranger = str(pyrage.x25519.Identity.generate().to_public())
    wire = world.wire(insurer, rosters.text(rosters.rows(30)))
    manifest = world.send(insurer, wire, recipient=stranger)
    with pytest.raises(ManifestError, match="does not decrypt"):
        world.load(manifest)
    assert states(world, insurer) == []


def test_quotes_that_do_not_close_refuse_the_feed(world: World) -> None:
    insurer = world.insurer()
    wire = world.wire(insurer, rosters.text(rosters.rows(30)))
    manifest = world.send(insurer, wire.replace("CONF-1", '"CONF-1', 1), rows=30)
    assert not world.load(manifest).in_force


def test_a_feed_of_bad_rows_only_is_refused(world: World) -> None:
    insurer = world.insurer()
    lines = [line.but(priority="9") for line in rosters.rows(30)]
    report = world.load(sent(world, insurer, lines))
    assert (report.in_force, report.accepted, report.rejected) == (False, 0, 30)
