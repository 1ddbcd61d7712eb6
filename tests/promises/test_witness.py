"""P10 with a witness: the operator's ledger is held against somebody else's memory of it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import policies
from ecluse.client.replies import Covered
from ecluse.cover.family import CareFamily
from ecluse.ledger.cosignature import verified
from ecluse.ledger.entry import Check, CheckpointRefused, Witnessed
from ecluse.ledger.note import VerifierKey, open_checkpoint, parse
from ecluse.local import incidents
from ecluse.siege.known import covered
from ecluse.store.roles import Role
from ecluse.witness.folder import Folder
from officers import Bureau
from promises import openly
from towns import open_town
from witness.running import witness


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from ecluse.siege.scene import Clerk, Member, Scene
    from officers import Person
    from towns import Town
    from witness.running import Running

pytestmark = pytest.mark.attack

#: Seconds for which a cosignature serves: short, so that the test sees it run out.
SERVES = 4
#: What the ledger's tables held when the log was so long, and nothing else of the database.
OLDER = """
DELETE FROM ledger_entry WHERE position >= {0}; DELETE FROM ledger_tile;
DELETE FROM ledger_checkpoint WHERE size > {0}; DELETE FROM ledger_cosignature WHERE size > {0};
DELETE FROM ledger_witness; UPDATE ledger_head SET size = {0};
"""


class Watched(NamedTuple):
    """A town whose policy needs a witness, and the witness's folder and key."""

    town: Town
    state: Path
    port: int
    running: Running


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    state = tmp_path / "witness"
    with witness(state) as running:
        named = f"{running.url} {running.key.text()}"
        terms = {
            "known": [named],
            "needed": 1,
            "most_minutes": SERVES / 60,
            "every_seconds": 1,
        }
        rules = policies.write(tmp_path / "policy.toml", witness=terms)
        with open_town(members=600, policy=rules) as town:
            key = asyncio.run(incidents.log_key(town.operator.installation))
            Folder(state).follow(VerifierKey.parse(key))
            yield Watched(town, state, int(running.url.rpartition(":")[2]), running)


async def typed(scene: Scene, clerk: Clerk, member: Member) -> bool:
    """Ask about a member without a card; tell whether there was an answer."""
    reply = await clerk.gate.check_person(
        member.person,
        clerk.passkey.touch,
        care_date=scene.today,
        family=CareFamily(member.families[0]),
    )
    return isinstance(reply, Covered)


async def by_card(scene: Scene, clerk: Clerk, member: Member) -> bool:
    reply = await clerk.gate.check_card(
        member.card, care_date=scene.today, family=CareFamily(member.families[0])
    )
    return isinstance(reply, Covered)


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < end, "it did not come to that"
        await asyncio.sleep(0.2)


async def ready(scene: Scene) -> bool:
    answer = await scene.http.get(f"{scene.pipe}/health/ready")
    return bool(answer.json()["witnessed"])


async def officer_sees_too_few(officer: Person) -> bool:
    seen = (await officer.console.live()).witnesses
    assert seen.refused == 0
    return not seen.enough


async def told(town: Town, kind: type) -> list[Any]:
    entries = await openly.read(town.operator.installation)
    return [each.event for each in entries.values() if isinstance(each.event, kind)]


def status(town: Town) -> tuple[int, dict[str, Any]]:
    """What `ecluse ledger status` says, and with which code it ends."""
    environment = {**os.environ, "ECLUSE_HOME": str(town.operator.installation.folder)}
    command = [sys.executable, "-m", "ecluse", "ledger", "status", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, found


def test_a_ledger_that_nobody_witnesses_discloses_no_one_who_brings_nothing(
    watched: Watched,
) -> None:
    """Who typed is found while a witness cosigns, and not without; a card is answered throughout.

    Then an older copy of the ledger comes back: the witness refuses it, and everybody is told.
    """
    town, running = watched.town, watched.running

    async def story() -> None:
        async with town.scene() as scene, Bureau(town.operator) as bureau:
            officer = await bureau.first()
            clerk, members = await scene.hire(), covered(scene)
            await until(lambda: ready(scene))
            assert await typed(scene, clerk, members[0])
            served = (await scene.http.get(f"{scene.pipe}/v1/ledger/checkpoint/cosigned")).text
            text, signatures = parse(served)
            assert verified(text, signatures, [running.key], time.time())
            assert status(town)[0] == 0

            running.process.kill()
            await until(lambda: _not(ready(scene)))
            assert not await typed(scene, clerk, members[1])
            assert await by_card(scene, clerk, members[2])
            me = await clerk.gate.me()
            assert me.typed.day.left == 0
            await until(lambda: officer_sees_too_few(officer))
            refused = [each for each in await told(town, Check) if each.outcome == "refused"]
            assert {each.reason for each in refused} == {"unwitnessed"}
            assert [each.enough for each in await told(town, Witnessed)][-1] is False

            with witness(watched.state, port=watched.port):
                await until(lambda: ready(scene))
                assert await typed(scene, clerk, members[3])
                assert [each.enough for each in await told(town, Witnessed)][-1] is True
                await roll_back(town, watched.state)
                await until(lambda: _refused(town))
            (event,) = await told(town, CheckpointRefused)
            assert (event.kind, event.witness) == ("rolled_back", running.key.text())
            assert (await officer.console.live()).witnesses.refused == 1

    asyncio.run(story())
    code, found = status(town)
    assert code == 1
    (evidence,) = found["refused"]
    key = VerifierKey.parse(asyncio.run(incidents.log_key(town.operator.installation)))
    kept = open_checkpoint(evidence["cosigned"], key), open_checkpoint(evidence["offered"], key)
    assert kept[0].size > kept[1].size
    assert [each.kind for each in Folder(watched.state).refused()] == ["shorter"]


async def _not(holds: Awaitable[bool]) -> bool:
    return not await holds


async def _refused(town: Town) -> bool:
    return bool(await told(town, CheckpointRefused))


async def roll_back(town: Town, state: Path) -> None:
    """Bring back the ledger as it was some entries before what the witness saw."""
    (log,) = Folder(state).all_followed()
    connection = await town.operator.installation.database.connect(Role.OWNER)
    try:
        before = await connection.fetchval(
            "SELECT max(size) FROM ledger_checkpoint WHERE size < $1", log.seen.size - 2
        )
        await connection.execute(OLDER.format(before))
    finally:
        await connection.close()
