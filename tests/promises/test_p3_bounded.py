"""P3: the number of distinct persons asked has a bound, and nothing exceeds it by one."""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import shutil
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pytest

import policies
from crashes import kill_database
from ecluse.client.gate import GateClient
from ecluse.gate.state import PLATFORM
from ecluse.gate.windows import Ring
from ecluse.ledger.entry import Check, Restored
from ecluse.local.processes import Process, free_ports
from ecluse.login import base64url
from ecluse.siege.known import covered, given
from ecluse.siege.wire import card_check, disclosed, reference_check, send, signed
from ecluse.store.roles import Role
from promises import openly, typed
from promises.shops import new_shop
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import httpx2

    from ecluse.siege.scene import Clerk, Member, Scene
    from promises.typed import Attempt
    from towns import Town


#: Requests at once.
REQUESTS = 500
ACCOUNT_CAP = 10
ORGANISATION_CAP = 25
#: Known patients that an organisation with two professionals asks about in a day.
KNOWN_CAP = 30
CAPS = {
    "account_day": ACCOUNT_CAP,
    "account_hour": ACCOUNT_CAP,
    "organisation_day_per_professional": 0,
    "organisation_day_least": ORGANISATION_CAP,
}


class Doors(NamedTuple):
    """A town with two gates on one database, and where each listens."""

    town: Town
    second: Process
    ports: tuple[int, int]

    @property
    def addresses(self) -> list[str]:
        """Both gates' own addresses, behind the pipe's back."""
        return [f"http://127.0.0.1:{port}" for port in self.ports]


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """A town of its own, where what is spent stays spent, with a second gate."""
    policy = policies.write(
        tmp_path_factory.mktemp("policy") / "caps.toml",
        typed=CAPS,
        known={"account_day": ACCOUNT_CAP, "organisation_day_least": KNOWN_CAP},
    )
    with open_town(policy=policy) as town:
        port = free_ports().gate
        second = another_gate(town, port, policy)
        try:
            second.start()
            yield Doors(town, second, (town.operator.ports.gate, port))
        finally:
            second.stop()


def another_gate(town: Town, port: int, policy: Path) -> Process:
    """Return one more gate of the same operator."""
    ports = town.operator.ports
    return Process(
        town.operator.installation,
        f"gate-{port}",
        *("serve", "gate", "--port", str(port), "--policy", str(policy)),
        *("--public-origin", ports.pipe_origin, "--pages-origin", ports.pages_origin),
    )


async def attempts(scene: Scene, clerk: Clerk, count: int, members: list[Member]) -> list[Attempt]:
    """Prepare checks about `members` in turn, every third one about nobody."""
    return [
        await typed.attempt(scene, clerk, member, wrong=number % 3 == 2)
        for number, member in zip(range(count), itertools.cycle(members), strict=False)
    ]


async def storm(
    scene: Scene, tried: Sequence[Attempt], addresses: Sequence[str]
) -> list[httpx2.Response]:
    """Send everything at once, each check twice under its own id; lose some answers on purpose."""
    drawn = random.Random(3)  # noqa: S311 - chooses what is lost

    async def insist(each: Attempt, door: str) -> httpx2.Response | None:
        if drawn.random() < 0.2:
            await typed.ask(scene, each, door, patience=drawn.uniform(0.01, 0.3))
        return await typed.ask(scene, each, door)

    twice = [(each, door) for each in tried for door in (addresses[0], addresses[-1])]
    drawn.shuffle(twice)
    answers = await asyncio.gather(*(insist(*each) for each in twice))
    return [answer for answer in answers if answer is not None]


async def asked(
    town: Town, clerks: Sequence[Clerk], lane: str = "typed"
) -> set[tuple[bytes, bytes]]:
    """Return whom these accounts asked about without a card, found or not, by the ledger."""
    entries = await openly.read(town.operator.installation)
    accounts = {typed.account(clerk) for clerk in clerks}
    return {
        (entry.event.account, entry.event.subject)
        for entry in entries.values()
        if isinstance(entry.event, Check)
        and entry.event.account in accounts
        and entry.event.lane == lane
        and (entry.event.outcome == "released" or entry.event.reason == "unknown")
    }


async def told(town: Town, answers: Sequence[httpx2.Response]) -> set[tuple[bytes, bytes]]:
    """Return whom answers were about, by the entries that their receipts name."""
    entries = await openly.read(town.operator.installation)
    positions = [
        msgspec.json.decode(answer.content)["receipt"]["position"]
        for answer in answers
        if disclosed(answer)
    ]
    events = [entries[position].event for position in positions]
    return {(event.account, event.subject) for event in events if isinstance(event, Check)}


@pytest.mark.attack
@pytest.mark.parametrize("gates", [1, 2])
def test_one_account_asks_about_its_cap_and_nobody_more(doors: Doors, gates: int) -> None:
    async def siege() -> None:
        async with doors.town.scene() as scene:
            clerk = await scene.hire(scene.finess[gates])
            tried = await attempts(scene, clerk, REQUESTS // 2, scene.members[:60])
            answers = await storm(scene, tried, doors.addresses[:gates])
            assert len(answers) == REQUESTS
            assert len(await asked(doors.town, [clerk])) == ACCOUNT_CAP
            assert 0 < len(await told(doors.town, answers)) <= ACCOUNT_CAP
            # Other members, other ids, other gestures: there is nothing left.
            late = await attempts(scene, clerk, 20, scene.members[60:80])
            assert not any(map(disclosed, await storm(scene, late, doors.addresses)))
            assert len(await asked(doors.town, [clerk])) == ACCOUNT_CAP

    asyncio.run(siege())


@pytest.mark.attack
def test_a_practices_own_patients_are_asked_about_up_to_its_caps_through_two_gates(
    doors: Doors,
) -> None:
    async def siege() -> None:
        async with doors.town.scene() as scene:
            shop = await new_shop(scene)
            clerks = [await scene.hire(shop) for _ in range(4)]
            assert len(clerks) * ACCOUNT_CAP > KNOWN_CAP
            references = await given(scene, clerks[0], covered(scene)[:60])
            references += [base64url.encode(secrets.token_bytes(16)) for _ in range(10)]
            alone = known_attempts(scene, clerks[:1], references)
            answers = await storm(scene, alone, doors.addresses)
            assert len(await asked(doors.town, clerks, "known")) == ACCOUNT_CAP
            answers += await storm(
                scene, known_attempts(scene, clerks, references), doors.addresses
            )
            spent = await asked(doors.town, clerks, "known")
            assert len(spent) == KNOWN_CAP
            assert all(
                sum(account == typed.account(clerk) for account, _ in spent) <= ACCOUNT_CAP
                for clerk in clerks
            )
            assert 0 < len(await told(doors.town, answers)) <= KNOWN_CAP

    asyncio.run(siege())


def known_attempts(
    scene: Scene, clerks: Sequence[Clerk], references: Sequence[str]
) -> list[Attempt]:
    """Prepare a check of every reference by every clerk."""
    nobody = scene.members[0].person
    return [
        typed.Attempt(clerk, nobody, reference_check(each, scene.today.isoformat()))
        for clerk in clerks
        for each in references
    ]


@pytest.mark.attack
def test_a_gate_killed_in_the_middle_gives_nothing_back(doors: Doors) -> None:
    first = doors.town.operator.gate

    async def crash() -> None:
        await asyncio.sleep(0.2)
        await asyncio.to_thread(first.kill)
        await asyncio.to_thread(first.start)

    async def siege() -> None:
        async with doors.town.scene() as scene:
            clerk = await scene.hire(scene.finess[3])
            tried = await attempts(scene, clerk, REQUESTS // 2, scene.members[:60])
            answers, _ = await asyncio.gather(storm(scene, tried, doors.addresses), crash())
            assert len(answers) < REQUESTS
            again = await attempts(scene, clerk, 60, scene.members[:60])
            for round_of in (tried, again):
                answers += await storm(scene, round_of, doors.addresses)
            assert len(await asked(doors.town, [clerk])) == ACCOUNT_CAP
            assert 0 < len(await told(doors.town, answers)) <= ACCOUNT_CAP

    asyncio.run(siege())


@pytest.mark.attack
def test_an_organisation_asks_about_its_cap_through_however_many_accounts(doors: Doors) -> None:
    async def siege() -> None:
        async with doors.town.scene() as scene:
            clerks = [await scene.hire(scene.finess[4]) for _ in range(5)]
            assert len(clerks) * ACCOUNT_CAP > ORGANISATION_CAP
            shares = [scene.members[number :: len(clerks)] for number in range(len(clerks))]
            tried = [
                each
                for clerk, share in zip(clerks, shares, strict=True)
                for each in await attempts(scene, clerk, REQUESTS // 2 // len(clerks), share)
            ]
            answers = await storm(scene, tried, doors.addresses)
            assert len(answers) == REQUESTS
            assert len(await asked(doors.town, clerks)) == ORGANISATION_CAP
            assert 0 < len(await told(doors.town, answers)) <= ORGANISATION_CAP

    asyncio.run(siege())


#: What the platform has left, in the test that exhausts it; far less than the accounts want.
PLATFORM_LEFT = 12
FLOOR = 4


@pytest.mark.attack
def test_blocks_leased_to_several_gates_never_exceed_the_platform_s_cap(
    doors: Doors, tmp_path: Path
) -> None:
    town = doors.town
    caps = {
        **CAPS,
        "lease_block": 5,
        "organisation_day_floor": FLOOR,
        "platform_day": asyncio.run(leased(town)) + PLATFORM_LEFT,
    }
    policy = policies.write(tmp_path / "platform.toml", typed=caps)
    asyncio.run(policies.agree(town.operator.installation, policy.read_bytes()))
    ports = [free_ports().gate for _ in range(2)]
    gates = [another_gate(town, port, policy) for port in ports]

    async def siege() -> None:
        async with town.scene() as scene:
            clerks = [await scene.hire(scene.finess[5]) for _ in range(3)]
            assert len(clerks) * ACCOUNT_CAP > FLOOR + PLATFORM_LEFT
            tried = [
                each
                for clerk in clerks
                for each in await attempts(scene, clerk, 40, scene.members[:40])
            ]
            await storm(scene, tried, [f"http://127.0.0.1:{port}" for port in ports])
            spent = len(await asked(town, clerks))
            # Less than the cap only if an hour ends meanwhile: what is left of a block is void then.
            assert FLOOR < spent <= FLOOR + PLATFORM_LEFT

    try:
        for gate in gates:
            gate.start()
        asyncio.run(siege())
    finally:
        for gate in gates:
            gate.stop()


async def leased(town: Town) -> int:
    """Return how much of the platform's cap was leased to gates in the last day."""
    connection = await town.operator.installation.database.connect(Role.OWNER)
    try:
        ring = await connection.fetchval(
            "SELECT granted FROM lease_pool WHERE scope = $1", PLATFORM
        )
    finally:
        await connection.close()
    return msgspec.msgpack.decode(ring, type=Ring).total(time.time()) if ring else 0


@pytest.mark.attack
def test_a_restored_database_gives_nothing_back(tmp_path: Path) -> None:
    policy = policies.write(tmp_path / "caps.toml", typed=CAPS)
    with open_town(policy=policy) as town:
        asyncio.run(restore_twice(town, tmp_path / "backup"))


async def restore_twice(town: Town, backup: Path) -> None:
    """Put the database back to before it was spent on: with everything down, then underneath."""
    operator = town.operator
    async with town.scene() as scene:
        clerks = [await scene.hire(scene.finess[0]), await scene.hire(scene.finess[1])]
        await asyncio.to_thread(back_up, town, backup)
        await spend(town, scene, clerks[0])
        await asyncio.to_thread(crash, town)
        await asyncio.to_thread(put_back, town, backup)
        for process in operator.processes:
            await asyncio.to_thread(process.start)
        clerks = await nothing_is_left(town, scene, clerks)
        assert await restores(town) == 1

        await asyncio.to_thread(back_up, town, backup)
        assert disclosed(await patiently(scene, clerks[0], scene.members[1]))
        assert (await openly.verified(operator.installation)).verified
        await asyncio.to_thread(put_back, town, backup)
        for member in scene.members[:20]:
            assert not disclosed(await present(scene, clerks[0], member))
        for process in (operator.gate, operator.ledger):
            await asyncio.to_thread(process.stop)
            await asyncio.to_thread(process.start)
        await nothing_is_left(town, scene, clerks)
        assert await restores(town) == 2


def back_up(town: Town, backup: Path) -> None:
    """Copy the database's files, as they are when it does not run."""
    database = town.operator.installation.database
    assert database.server is not None
    asyncio.run(database.stop())
    subprocess.run(["cp", "-a", "-T", database.server.data, backup], check=True)
    asyncio.run(database.prepare())


def put_back(town: Town, backup: Path) -> None:
    """Replace the database's files by a copy, and start it on them."""
    database = town.operator.installation.database
    assert database.server is not None
    asyncio.run(database.stop())
    shutil.rmtree(database.server.data)
    shutil.move(backup, database.server.data)
    asyncio.run(database.prepare())


def crash(town: Town) -> None:
    """Kill every process of the operator's."""
    for process in town.operator.processes:
        process.kill()
    assert town.operator.installation.database.server is not None
    kill_database(town.operator.installation.database.server)


async def spend(town: Town, scene: Scene, clerk: Clerk) -> None:
    """Spend a clerk's whole budget, and wait until that was signed for."""
    assert disclosed(await patiently(scene, clerk, scene.members[0]))
    await storm(scene, await attempts(scene, clerk, 40, scene.members[:40]), [scene.pipe])
    assert len(await asked(town, [clerk])) == ACCOUNT_CAP
    # What nobody signed for, nobody can miss: a checkpoint follows within a second.
    assert (await openly.verified(town.operator.installation)).verified


async def nothing_is_left(town: Town, scene: Scene, clerks: list[Clerk]) -> list[Clerk]:
    """See that nobody is registered, and that signing in again opens cards and nothing typed.

    Returns:
        Everybody, signed in again.
    """
    for clerk in clerks:
        answer = await present(scene, clerk, scene.members[0])
        assert (answer.status_code, answer.json()["error"]) == (401, "device_expired")
    everybody = [await sign_in_again(scene, clerk) for clerk in clerks]
    everybody.append(await scene.hire(scene.finess[2]))
    for clerk in everybody:
        assert disclosed(await present(scene, clerk, scene.members[0]))
        tried = await attempts(scene, clerk, 5, scene.members)
        assert not any(map(disclosed, await storm(scene, tried, [scene.pipe])))
    assert await asked(town, everybody) == set()
    report = await openly.verified(town.operator.installation)
    assert report.verified, report.faults
    return everybody


async def sign_in_again(scene: Scene, clerk: Clerk) -> Clerk:
    """Return the clerk with a new device: the passkey is good, the old device's key is not."""
    gate = GateClient(scene.pipe, scene.http)
    await gate.login(clerk.passkey.touch)
    return replace(clerk, gate=gate)


async def present(scene: Scene, clerk: Clerk, member: Member) -> httpx2.Response:
    """Check a member's card, once."""
    body = card_check(member.card, scene.today.isoformat())
    return await send(scene.http, signed(scene.pipe, body, clerk.gate.device, clerk.gate.keyid))


async def patiently(scene: Scene, clerk: Clerk, member: Member) -> httpx2.Response:
    """Check a member's card until the operator is back."""
    for _ in range(100):
        answer = await present(scene, clerk, member)
        if answer.status_code != 503:
            break
        await asyncio.sleep(0.1)
    return answer


async def restores(town: Town) -> int:
    """Return how often the ledger says that the database was restored."""
    entries = await openly.read(town.operator.installation)
    return sum(isinstance(entry.event, Restored) for entry in entries.values())
