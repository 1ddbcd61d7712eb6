"""Honey members: on file like any other, asked about by nobody but a thief, and ended by no feed."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest

from ecluse.client.gate import Person
from ecluse.client.replies import Covered
from ecluse.cover.family import CareFamily
from ecluse.feeds.status import status
from ecluse.ids import birth, nir
from ecluse.ids.subject import person_identifier
from ecluse.keyring import trust
from ecluse.keyring.honey import HoneyBook, draw
from ecluse.keyring.vault import Vault
from ecluse.siege import dumps
from ecluse.siege.needles import Needles
from ecluse.siege.scene import Member
from ecluse.siege.spellings import hashes, spellings
from ecluse.store.roles import Role
from feeds.test_deltas import Mutual, changed, join, member
from promises import typed
from promises.test_two_operators import locked
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecluse.siege.scene import Clerk, Scene
    from towns import Town


AMC = "75900099"
FAMILY = "everyday"
COUNT = 12
ROSTER = [member(number) for number in range(200, 260)]


class Planted(NamedTuple):
    """A watched town, one insurer of it, and its invented members as the decoy list names them."""

    town: Town
    mutual: Mutual
    honey: list[Member]

    @property
    def folder(self) -> Path:
        return self.town.operator.installation.folder


def command(folder: Path, *arguments: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "ecluse", "keyring", "honey", *arguments, "--json"],
        env={**os.environ, "ECLUSE_HOME": str(folder)},
        capture_output=True,
        check=True,
    )
    facts: dict[str, object] = json.loads(done.stdout)
    return facts


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    folder = tmp_path_factory.mktemp("honey")
    with open_town(members=60, watched=True) as town:
        mutual = asyncio.run(join(town, folder, AMC))
        home = town.operator.installation.folder
        assert command(home, "plant", "--insurer", AMC, "--count", str(COUNT))["honey"] == COUNT
        assert command(home, "list", "--out", str(folder / "decoy.csv"))["members"] == COUNT
        asyncio.run(mutual.send(1, ROSTER))
        with (folder / "decoy.csv").open(encoding="ascii") as file:
            honey = [
                Member(
                    Person(row["nir"], row["birth_date"], int(row["birth_rank"])),
                    row["card"],
                    (FAMILY,),
                    AMC,
                )
                for row in csv.DictReader(file)
            ]
        yield Planted(town, mutual, honey)


def real(number: int) -> Member:
    row = ROSTER[number]
    return Member(Person(row.nir, row.birth_date, int(row.birth_rank)), row.card, (FAMILY,), AMC)


async def told(scene: Scene, clerk: Clerk, whom: Member) -> tuple[int, tuple[str, ...], int, str]:
    """Ask without a card; return what anybody could compare of the answer."""
    answer = await typed.ask(scene, await typed.attempt(scene, clerk, whom), scene.pipe)
    assert answer is not None
    body = answer.json()
    receipt = len(json.dumps(body["receipt"], separators=(",", ":")))
    size = len(answer.content) - receipt  # it counts the ledger's entries
    return answer.status_code, tuple(sorted(body)), size, body["outcome"]


async def shut(planted: Planted, clerk: Clerk) -> float:
    began = time.monotonic()
    while await locked(planted.town, clerk) is None:
        assert time.monotonic() - began < 30
        await asyncio.sleep(0.1)
    return time.monotonic() - began


@pytest.mark.attack
def test_an_invented_member_looks_covered_and_whoever_asks_is_locked(planted: Planted) -> None:
    async def story() -> None:
        async with planted.town.scene() as scene:
            thief, honest = await scene.hire(), await scene.hire(scene.finess[1])
            answers = {await told(scene, honest, real(number)) for number in range(3)}
            answers.add(await told(scene, thief, planted.honey[0]))
            assert len(answers) == 1
            await shut(planted, thief)
            assert await locked(planted.town, honest) is None

    asyncio.run(story())


@pytest.mark.attack
def test_an_invented_members_card_answers_like_a_card_and_locks_whoever_shows_it(
    planted: Planted,
) -> None:
    async def story() -> None:
        async with planted.town.scene() as scene:
            thief = await scene.hire()
            reply = await thief.gate.check_card(
                planted.honey[1].card, care_date=scene.today, family=CareFamily(FAMILY)
            )
            assert isinstance(reply, Covered)
            assert reply.insurer.amc == AMC
            await shut(planted, thief)

    asyncio.run(story())


def test_no_feed_ends_them_and_no_count_holds_them(planted: Planted) -> None:
    async def story() -> None:
        second = await planted.mutual.send(2, ROSTER)
        await planted.mutual.send(
            3, [changed(ROSTER[0], "change", valid_from="2026-11-20")], base=2
        )
        assert (second.rows, second.accepted, second.rejected) == (len(ROSTER), len(ROSTER), 0)
        async with planted.town.scene() as scene:
            thief = await scene.hire()
            assert (await told(scene, thief, planted.honey[2]))[3] == "covered"
            await shut(planted, thief)
        connection = await planted.town.operator.installation.database.connect(Role.OFFICER)
        shown = [each for each in await status(connection, AMC) if each.in_force]
        await connection.close()
        assert {(each.rows, each.accepted) for each in shown} == {(60, 60), (1, 1)}

    asyncio.run(story())


@pytest.mark.attack
def test_a_dump_tells_no_invented_member_from_another(planted: Planted) -> None:
    async def story() -> None:
        connection = await planted.town.operator.installation.database.connect(Role.OWNER)
        try:
            for table, shape in (
                ("cover_record", "octet_length(sealed), epoch"),
                ("card_pointer", "octet_length(sealed), epoch"),
                ("member_reference", "octet_length(sealed), octet_length(idx)"),
            ):
                where = "insurer = (SELECT insurer FROM insurer WHERE amc = $1) AND feed = 1"
                rows = await connection.fetch(
                    f"SELECT idx, {shape} FROM {table} WHERE {where} ORDER BY ctid",  # noqa: S608
                    AMC,
                )
                if rows:  # a feed that was superseded since keeps its references alone
                    assert len(rows) == len(ROSTER) + COUNT
                    assert len({tuple(row)[1:] for row in rows}) == 1
                    assert [row["idx"] for row in rows] == sorted(row["idx"] for row in rows)
            secrets = [
                spelled
                for each in planted.honey
                for spelled in (
                    each.person.nir.encode(),
                    each.card.encode(),
                    person_identifier(each.person.nir[:13], each.person.birth_date, 1),
                )
            ]
            needles = Needles(
                {
                    spelled: how
                    for secret in secrets
                    for how, spelled in (*spellings(secret), *hashes(secret))
                }
            )
            server = planted.town.operator.installation.database.server
            assert server is not None
            assert set(needles.within(dumps.take(server).text)) == set()
        finally:
            await connection.close()

    asyncio.run(story())


def test_an_invented_identity_is_well_formed_and_that_of_a_minor_under_a_parents_number() -> None:
    today = date(2026, 11, 25)
    for _ in range(2000):
        person = draw(1, today).person.decode("ascii")
        number, born, rank = person[:13], person[13:21], person[21:]
        assert nir.parse(number + nir.key(number)) == number
        assert birth.parse(born) == born
        assert rank == "1"
        child = datetime.strptime(born, "%Y%m%d").replace(tzinfo=UTC).date()
        assert today - timedelta(days=18 * 365) < child < today
        assert 20 <= child.year - (1900 + int(number[1:3])) <= 42


def test_whoever_a_feed_names_is_somebody(tmp_path: Path) -> None:
    vault = Vault.create(tmp_path / "keys", b"for tests")
    trust.add_insurer(tmp_path / "keys", AMC, 7, bytes(32))
    book = HoneyBook(vault, tmp_path / "keys")
    assert book.plant(AMC, 5) == 5
    first, second, *_ = (each.person for each in book.of(7))
    assert book.end_named(first[1:] + first[:1] + b"1") == 0
    assert book.end_named(first + second) == 2
    again = HoneyBook(vault, tmp_path / "keys")
    assert [each.person for each in again.of(7)] == [each.person for each in book.of(7)]
    assert len(again.of(7)) == 3
