"""What was stolen in 2024, row by row of the README's table, tried on an operator at work.

Which places an answer or a table has for each is tested beside the README itself; here clerks ask,
a thief reads what came back and what was kept, and insurers send too much.
"""

from __future__ import annotations

import asyncio
import csv
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pyrage
import pytest

from ecluse.client.replies import Covered, Line, NotCovered, Refused
from ecluse.cover.family import CareFamily
from ecluse.cover.package import parse_packages
from ecluse.demo.stage import Listed
from ecluse.feeds import insurer_keys
from ecluse.feeds.prepare import Announcement, Source, prepare
from ecluse.feeds.screen import ForbiddenDataError
from ecluse.keyring.client import FeedKeyring
from ecluse.siege import dumps
from feeds import rosters
from feeds.world import World
from promises.overheard import counter


if TYPE_CHECKING:
    from pathlib import Path

    from ecluse.client.replies import CheckReply
    from ecluse.cover.package import CoverPackage
    from ecluse.siege.dumps import Dump
    from ecluse.siege.scene import Member
    from ecluse.store.database import Database
    from promises.overheard import Counter
    from promises.wires import Reply
    from towns import Town

pytestmark = pytest.mark.attack

#: Columns of civil status as insurers' own files call them.
CIVIL_STATUS = ["nom", "prenom", "nom_naissance", "civilite", "sexe", "lieu_naissance", "surname"]


class Known(NamedTuple):
    """A covered member, as their insurers know them: one, or two."""

    member: Member
    #: By the insurer's name.
    packages: dict[str, CoverPackage]


class Told(NamedTuple):
    """What one check was answered with."""

    known: Known
    family: CareFamily
    answer: CheckReply
    wire: Reply


class Day(NamedTuple):
    """All answers of a short day, and what the operator has on its disk after it."""

    card: list[Told]
    typed: list[Told]
    #: Typed checks that get one part of the identity wrong.
    refused: list[Told]
    dump: Dump


@pytest.fixture(scope="module")
def day(town: Town) -> Day:
    """Let a clerk ask about thirty members in every family, and about four without their card."""

    async def work() -> tuple[list[Told], list[Told], list[Told]]:
        people = known(town)
        async with town.scene() as scene:
            asking = await counter(scene, town.operator.ports.pipe)
            with_card = [
                await ask(asking, each, family) for each in people[:30] for family in CareFamily
            ]
            others = await counter(scene, town.operator.ports.pipe)
            cap = town.policy.typed.account_hour
            typed = [
                await ask(asking, each, covered_family(each), card=False)
                for each in people[30 : 30 + cap]
            ]
            refused = [
                await ask(others, nobody_like(each), CareFamily.PHARMACY, card=False)
                for each in people[-cap:]
            ]
            await asking.wire.aclose()
            await others.wire.aclose()
        return with_card, typed, refused

    answers = asyncio.run(work())
    server = town.operator.installation.database.server
    assert server is not None
    return Day(*answers, dumps.take(server))


def known(town: Town) -> list[Known]:
    """Return the covered members of the cast, with their packages from the rosters."""
    nation = town.insurers_side
    listed = msgspec.json.decode((nation / "insurers.json").read_bytes(), type=list[Listed])
    bearers: dict[str, tuple[str, ...]] = {}
    covers: dict[tuple[str, ...], dict[str, CoverPackage]] = {}
    for insurer in listed:
        folder = nation / "insurers" / insurer.amc
        packages = {p.code: p for p in parse_packages((folder / "packages.json").read_bytes())}
        with (folder / "roster.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                bearer = bearers[row["card"]] = (row["nir"], row["birth_date"], row["birth_rank"])
                covers.setdefault(bearer, {})[insurer.name] = packages[row["package"]]
    return [Known(member, covers[bearers[member.card]]) for member in town.cast.members]


async def ask(at: Counter, about: Known, family: CareFamily, *, card: bool = True) -> Told:
    """Ask about a member in one family."""
    answer = await (
        at.card(about.member.card, family) if card else at.typed(about.member.person, family)
    )
    return Told(about, family, answer, at.wire.replies[-1])


def covered_family(about: Known) -> CareFamily:
    return CareFamily(about.member.families[0])


def nobody_like(about: Known) -> Known:
    """Return somebody with another birth rank, who is not on file."""
    person = msgspec.structs.replace(about.member.person, birth_rank=9)
    return about._replace(member=replace(about.member, person=person, families=()))


def words(reply: Reply) -> str:
    return b"\n".join([*reply.head, reply.body]).decode()


def test_the_insurers_name_is_told_to_who_brings_a_right_and_one_at_a_time(
    town: Town, day: Day
) -> None:
    everybody = {name for each in known(town) for name in each.packages}
    assert len(everybody) > 1
    for told in (*day.card, *day.typed):
        if isinstance(told.answer, Covered):
            payers = {told.answer.insurer.name, *(each.insurer.name for each in told.answer.also)}
            assert payers <= told.known.packages.keys()
            assert {name for name in everybody if name in words(told.wire)} == payers
    assert not any(told.answer.also for told in day.typed if isinstance(told.answer, Covered))
    covered = sum(isinstance(told.answer, Covered) for told in day.card)
    assert covered >= 30
    assert all(isinstance(told.answer, Covered) for told in day.typed)
    without = [told for told in day.card if not isinstance(told.answer, Covered)]
    assert without
    for told in (*without, *day.refused):
        assert isinstance(told.answer, NotCovered | Refused)
        assert not any(name in words(told.wire) for name in everybody)


def test_the_birth_date_is_neither_answered_nor_kept(day: Day) -> None:
    # Binary values in hexadecimal would hold eight digits now and then.
    kept = re.sub(rb"\\\\x[0-9a-f]+", b"", day.dump.text).decode()
    for told in (*day.card, *day.typed, *day.refused):
        born = told.known.member.person.birth_date
        assert born not in words(told.wire)
        assert f"{born[:4]}-{born[4:6]}-{born[6:]}" not in words(told.wire)
        assert born not in kept


def test_the_nir_is_neither_answered_nor_kept(day: Day) -> None:
    kept = day.dump.text.decode()
    assert all(name in kept for told in day.card for name in told.known.packages)
    for told in (*day.card, *day.typed, *day.refused):
        number = told.known.member.person.nir[:13]
        assert number not in words(told.wire)
        assert number not in kept
        assert number.encode().hex() not in kept


@pytest.mark.parametrize("column", CIVIL_STATUS)
def test_civil_status_does_not_leave_an_insurer(town: Town, tmp_path: Path, column: str) -> None:
    folder = next((town.insurers_side / "insurers").iterdir())
    lines = (folder / "roster.csv").read_text("utf-8").splitlines()[:100]
    header, rows = lines[0], lines[1:]
    keys = insurer_keys.create(tmp_path / "keys", amc="99999998", name="Mutuelle bavarde")
    recipient = asyncio.run(loader(town))

    def prepared(text: list[str]) -> int:
        roster = tmp_path / "roster.csv"
        roster.write_text("\n".join(text) + "\n", "utf-8")
        made = prepare(
            Source(roster, folder / "packages.json"),
            keys,
            Announcement(1, date(2026, 1, 1)),
            recipient=recipient,
            out=tmp_path / "out",
        )
        return made.rows

    with pytest.raises(ForbiddenDataError):
        prepared([f"{header},{column}", *(f"{row},Lefebvre" for row in rows)])
    with pytest.raises(ForbiddenDataError):
        prepared([header.replace("member_ref", column), *rows])
    assert prepared(lines) == len(rows)


@pytest.mark.parametrize("column", CIVIL_STATUS)
def test_civil_status_is_refused_by_the_operator_as_well(
    database: Database, tmp_path: Path, column: str
) -> None:
    """An insurer's own software may screen nothing: what it signs and seals is looked at again."""
    world = World(database, tmp_path)
    insurer = world.insurer()
    honest = rosters.text(rosters.rows(50)).splitlines()
    text = "\n".join([f"{honest[0]},{column}", *(f"{row},Lefebvre" for row in honest[1:])])
    report = world.load(world.send(insurer, world.wire(insurer, f"{text}\n")))
    assert not report.in_force
    assert world.fetch("SELECT 1 FROM cover_record WHERE insurer = $1", insurer.number) == []


def test_cover_is_told_for_the_family_asked_and_with_the_card_only(day: Day) -> None:
    lines = 0
    for told in day.card:
        packages = told.known.packages
        mine = [line for each in packages.values() for line in each.families.get(told.family, ())]
        if isinstance(told.answer, Covered):
            payers = [(told.answer.insurer, told.answer.cover)]
            payers += [(each.insurer, each.cover) for each in told.answer.also]
            for insurer, cover in payers:
                assert cover is not None
                assert cover.family == told.family
                listed = packages[insurer.name].families.get(told.family, ())
                assert cover.lines == [
                    Line(line.act_fr, line.act_en, line.basis) for line in listed
                ]
                lines += len(listed)
        others = {
            line.act_fr
            for each in packages.values()
            for family, listed in each.families.items()
            for line in listed
            if family != told.family
        } - {line.act_fr for line in mine}
        assert not any(f'"{act}"' in words(told.wire) for act in others)
    assert lines > 100
    for told in day.typed:
        assert isinstance(told.answer, Covered)
        assert told.answer.cover is None
        assert "basis" not in words(told.wire)


def test_cover_is_sealed_where_it_is_kept(day: Day) -> None:
    """Packages are contracts, about nobody; which one is whose cannot be read."""
    records = day.dump.values("cover_record", "sealed")
    codes = {each.code.encode() for told in day.card for each in told.known.packages.values()}
    assert len(records) > 1000
    assert len({len(record) for record in records}) == 1
    assert not any(code in record for record in records for code in codes)


async def loader(town: Town) -> str:
    """Return what the operator's loader opens feeds with, for insurers to encrypt to."""
    async with FeedKeyring(town.operator.installation.sockets) as keyring:
        identity = pyrage.x25519.Identity.from_str(await keyring.loader_identity())
    return str(identity.to_public())
