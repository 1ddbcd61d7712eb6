"""P8: of a breach it is known exactly whose data, and each insurer alone learns which of its own."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
import pytest

from counts import PROVES
from ecluse.acts.act import NoticesSend, OfficerAccept
from ecluse.breach.incident import Cause, Statement
from ecluse.breach.opening import NoticeError, open_notice
from ecluse.breach.scope import Certainty
from ecluse.client.gate import GateError
from ecluse.cover.family import CareFamily
from ecluse.demo.rehearsal import Officer, Rehearsed, rehearse, rehearse_in
from ecluse.demo.town import open_town
from ecluse.errors import EcluseError
from ecluse.feeds import insurer_keys
from ecluse.keyring.client import BreachKeyring
from ecluse.local import incidents
from ecluse.login.roles import AccountRole
from ecluse.store.roles import Role
from officers import Bureau
from promises import openly


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.client.console import OwnNotice
    from ecluse.demo.town import Town
    from ecluse.local.installation import Installation
    from officers import Person

pytestmark = pytest.mark.attack

_FILES = "SELECT amc, file FROM notice JOIN insurer USING (insurer) WHERE version = $1 ORDER BY amc"


class Breached(NamedTuple):
    """A town after the breach of 2024."""

    town: Town
    played: Rehearsed
    officers: list[Person]

    @property
    def installation(self) -> Installation:
        return self.town.operator.installation


def quiet(*_: object) -> None:
    """Show no progress."""


@pytest.fixture(scope="module")
def breached() -> Iterator[Breached]:
    async def story(town: Town) -> tuple[Rehearsed, list[Person]]:
        async with town.scene() as scene, Bureau(town.operator) as bureau:
            officers = [await bureau.first(), await bureau.first()]
            known = [Officer(each.console, each.passkey) for each in officers]
            return await rehearse(scene, known, 1, quiet), officers

    with open_town(2000, 7, watched=True, insurers=3) as town:
        yield Breached(town, *asyncio.run(story(town)))


def files(breached: Breached, version: int) -> dict[str, bytes]:
    async def read() -> dict[str, bytes]:
        connection = await breached.installation.database.connect(Role.OFFICER)
        try:
            rows = await connection.fetch(_FILES, version)
            return {row["amc"]: row["file"] for row in rows}
        finally:
            await connection.close()

    return asyncio.run(read())


def exact(played: Rehearsed) -> None:
    assert played.precision == 1.0
    assert played.recall == 1.0
    assert played.seen > 100
    assert played.seen <= played.persons + played.possible <= played.seen + played.lost
    assert played.crashes == 2
    assert played.lost


def test_what_the_thief_saw_is_what_the_insurers_are_told(breached: Breached) -> None:
    exact(breached.played)
    assert breached.played.insurers_notified == 3
    assert breached.played.evidence_verified
    assert breached.played.alarm_to_notices_s < 600


if PROVES:  # each seed is an operator of its own, and a minute

    @pytest.mark.parametrize("seed", range(2, 21))
    def test_it_holds_whoever_is_asked_about_and_whenever_processes_die(seed: int) -> None:
        with open_town(2000, seed, watched=True, insurers=3) as town:
            exact(asyncio.run(rehearse_in(town, seed, quiet)))


def test_an_insurers_file_opens_with_its_own_keys_and_no_others(breached: Breached) -> None:
    keys = {
        amc: insurer_keys.read(breached.town.insurers_side / "keys" / amc)
        for amc in files(breached, 1)
    }
    for amc, file in files(breached, 1).items():
        for other, own in keys.items():
            if other == amc:
                assert open_notice(file, own).rows
            else:
                with pytest.raises(NoticeError):
                    open_notice(file, own)


def test_the_breach_part_cannot_list_members_nor_read_an_entry(breached: Breached) -> None:
    reads = (
        "SELECT idx FROM member_reference LIMIT 1",
        "SELECT sealed FROM ledger_entry LIMIT 1",
        "SELECT sealed FROM cover_record LIMIT 1",
        "SELECT file FROM notice LIMIT 1",
        "SELECT account FROM account LIMIT 1",
    )

    async def attempt() -> None:
        connection = await breached.installation.database.connect(Role.BREACH)
        try:
            for read in reads:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetch(read)
            guesses = [number.to_bytes(16) for number in range(1000)]
            found = await connection.fetch(
                "SELECT * FROM references_of($1, $2, $3)", guesses, [1] * 1000, [1] * 1000
            )
            assert found == []
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("UPDATE incident SET content = '{}'")
        finally:
            await connection.close()
        # A gate finds the reference of whose index it has, for a claim's insurer, and lists none.
        gate = await breached.installation.database.connect(Role.GATE)
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await gate.fetch(reads[0])
            asked = "SELECT * FROM references_of($1, $2, $3)"
            assert await gate.fetch(asked, guesses, [1] * 1000, [1] * 1000) == []
        finally:
            await gate.close()
        # The keyring takes nobody's word for an incident: other entries are none.
        async with BreachKeyring(breached.installation.sockets) as keyring:
            with pytest.raises(EcluseError, match="No open incident"):
                await keyring.open_scope(0)

    asyncio.run(attempt())


def show(breached: Breached, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run a command of `ecluse incident`; return its exit code and its JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "ecluse", "incident", *arguments, "--json"],
        env={"ECLUSE_HOME": str(breached.installation.folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout or b"{}")


def test_the_command_tells_the_same_with_the_story_and_the_proof(breached: Breached) -> None:
    code, told = show(breached, "show", "1")
    assert code == 0
    assert told["persons"] == breached.played.persons
    assert told["possible"] == breached.played.possible
    story = [moment["kind"] for moment in told["timeline"]]
    assert [kind for kind in story if kind in {"alarm", "contained", "incident_opened"}][:3]
    assert {"alarm", "contained", "incident_opened", "notices_built", "notices_sent"} <= set(story)
    assert told["proof"]["complete"] is True
    code, tracked = show(breached, "deliveries", "1")
    assert code == 0
    assert all(each["sent_at"] for each in tracked["notices"])


def test_an_altered_ledger_gives_no_scope(breached: Breached) -> None:
    async def attempt() -> None:
        owner = await breached.installation.database.connect(Role.OWNER)
        try:
            async with owner.transaction():
                await owner.execute(
                    "UPDATE ledger_entry SET commitment = sha256(commitment) WHERE position = 40"
                )
            with pytest.raises(EcluseError, match="not the ones that were signed"):
                await incidents.read(breached.installation, 1, quiet)
        finally:
            await owner.execute("UPDATE ledger_entry SET commitment = $1 WHERE position = 40", kept)
            await owner.close()

    async def commitment() -> bytes:
        owner = await breached.installation.database.connect(Role.OWNER)
        try:
            kept: bytes = await owner.fetchval(
                "SELECT commitment FROM ledger_entry WHERE position = 40"
            )
            return kept
        finally:
            await owner.close()

    kept = asyncio.run(commitment())
    asyncio.run(attempt())


async def staff(bureau: Bureau, officers: list[Person], amc: str) -> Person:
    """Hire an insurer's staff: two security officers agree."""
    person, mark = await bureau.asks(AccountRole.INSURER, amc=amc)
    act = await officers[0].propose(OfficerAccept(mark, AccountRole.INSURER, amc))
    await officers[1].second(act)
    return await bureau.signed_in(person)


def test_an_insurers_staff_fetch_and_acknowledge_their_own_and_no_others(
    breached: Breached,
) -> None:
    asyncio.run(delivered(breached))


async def delivered(breached: Breached) -> None:
    town, installation = breached.town, breached.installation
    async with town.scene() as scene, Bureau(town.operator) as bureau:
        officers = [bureau.again(each) for each in breached.officers]
        clerk, other = await scene.hire(scene.finess[2]), await scene.hire(scene.finess[3])
        for member in scene.members[:6]:
            for each in (clerk, other):
                await each.gate.check_card(
                    member.card, care_date=scene.today, family=CareFamily(member.families[0])
                )
        incident = await opening(installation, clerk.account, other.account)
        await openly.verified(installation)
        first = await incidents.build_notices(installation, incident, quiet)
        (amc, *_) = first.insurers
        mine = await staff(bureau, officers, amc)

        async def mine_out() -> list[OwnNotice]:
            return [each for each in await mine.console.notices() if each.incident == incident]

        with pytest.raises(GateError):
            await mine.console.notice(incident, 1)
        forged = NoticesSend(incident, 1, hashlib.sha256(b"").hexdigest())
        with pytest.raises(GateError):
            await officers[1].second(await officers[0].propose(forged))
        act = await officers[0].propose(NoticesSend(incident, 1, first.digest))
        with pytest.raises(GateError):
            await officers[0].second(act)
        assert await mine_out() == []
        await officers[1].second(act)

        (out,) = await mine_out()
        file = (await mine.console.notice(incident, 1)).file
        assert hashlib.sha256(file).hexdigest() == out.sha256
        own = open_notice(file, insurer_keys.read(town.insurers_side / "keys" / amc))
        assert len({row["member_ref"] for row in own.rows}) == first.insurers[amc].persons
        await mine.console.acknowledge(incident, 1)
        with pytest.raises(GateError):
            await mine.console.acknowledge(incident, 1)
        with pytest.raises(GateError):
            await officers[0].console.notice(incident, 1)
        told = await officers[0].console.incident(incident)
        states = {each["amc"]: each["acknowledged_at"] for each in told["notices"]}
        assert [name for name, at in states.items() if at] == [amc]

        await supplemented(installation, incident, other.account)
        await closed(installation, incident)


async def opening(installation: Installation, *accounts: bytes) -> int:
    since = datetime.now(UTC) - timedelta(hours=1)
    statement = Statement(since=since, accounts=accounts)
    return (await incidents.open_incident(installation, statement, Cause.PHISHING)).incident


async def supplemented(installation: Installation, incident: int, innocent: bytes) -> None:
    """A false alarm is taken out: the scope follows, and the supplement says by how many."""
    before = await incidents.read(installation, incident, quiet)
    await incidents.clear(installation, incident, innocent)
    await openly.verified(installation)
    after = await incidents.read(installation, incident, quiet)
    assert after.scope.cleared
    assert {line.account for line in after.scope.lines} == {
        line.account for line in before.scope.lines
    } - {innocent}
    built = await incidents.build_notices(installation, incident, quiet)
    assert built.version == 2
    assert built.cleared == after.scope.cleared
    assert built.sure == len(after.scope.persons(Certainty.SURE))


async def closed(installation: Installation, incident: int) -> None:
    """Of a closed incident nothing is told any more."""
    await incidents.close(installation, incident)
    with pytest.raises(EcluseError, match="No open incident"):
        await incidents.read(installation, incident, quiet)
