"""P2: no byte of cover leaves before its ledger entry is durable."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from typing import TYPE_CHECKING

import asyncpg
import pytest

import policies
from counts import runs
from crashes import kill_database
from ecluse.ledger.entry import Check, Withheld
from ecluse.siege.wire import card_check, disclosed, send, signed
from ecluse.store.roles import Role
from promises import openly
from promises.counters import Counters
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2

    from ecluse.local.installation import Installation
    from ecluse.siege.scene import Clerk, Member, Scene
    from promises.counters import Told
    from towns import Town


#: Answers to see before a crash and after it, in every round.
BEFORE, AFTER = 40, 40
#: So that nobody is held back: what is tried here is not the budget.
PLENTY = {"account_day": 10_000_000, "organisation_day": 10_000_000}

VICTIMS = (
    ("gate",),
    ("database",),
    ("gate", "database"),
    ("database",),
    ("keyring",),
)


@pytest.fixture(scope="module")
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town whose operator is going to be killed, again and again."""
    policy: Path = tmp_path_factory.mktemp("policy") / "plenty.toml"
    with open_town(policy=policies.write(policy, card=PLENTY)) as opened:
        yield opened


def crash(town: Town, victims: tuple[str, ...]) -> None:
    """Kill the victims, then start again what was killed and nothing else."""
    operator, database = town.operator, town.operator.installation.database
    if "gate" in victims:
        operator.gate.kill()
    if "keyring" in victims:
        operator.keyring.kill()
    if "database" in victims:
        assert database.server is not None
        kill_database(database.server)
        asyncio.run(database.prepare())
    if "keyring" in victims:
        operator.keyring.start()
    if "gate" in victims:
        operator.gate.start()


async def organisations(installation: Installation, finess: list[str]) -> dict[str, bytes]:
    """Return the organisations' own numbers."""
    connection = await installation.database.connect(Role.OWNER)
    try:
        rows = await connection.fetch("SELECT finess, organisation FROM organisation")
    finally:
        await connection.close()
    return {row["finess"]: row["organisation"] for row in rows if row["finess"] in finess}


async def without_entry(town: Town, told: list[Told]) -> list[Told]:
    """Return the answers that have not their own entry in the ledger: one each, and for them."""
    installation = town.operator.installation
    entries = await openly.read(installation)
    vault = installation.open_vault()
    numbers = await organisations(installation, town.cast.finess)
    withheld = {e.event.entry for e in entries.values() if isinstance(e.event, Withheld)}
    claims = Counter((answer.position, answer.check) for answer in told)

    def stands(answer: Told) -> bool:
        entry = entries.get(answer.position)
        return (
            entry is not None
            and isinstance(entry.event, Check)
            and entry.number not in withheld
            and claims[answer.position, answer.check] == 1
            and entry.event.check == answer.check
            and entry.event.organisation == numbers[answer.clerk.finess]
            and entry.event.subject == openly.index(vault, answer.member)
            and entry.event.outcome == "released"
            and entry.event.family == "pharmacy"
        )

    return [answer for answer in told if not stands(answer)]


@pytest.mark.attack
@pytest.mark.timeout(1800)
def test_no_crash_leaves_an_answer_without_its_entry(frail: Town) -> None:
    async def siege() -> None:
        moments = random.Random(2)  # noqa: S311 - when to strike
        async with frail.scene() as scene:
            counters = Counters(scene, [await scene.hire(finess) for finess in scene.finess[:4]])
            for victims in itertools.islice(itertools.cycle(VICTIMS), runs(50)):
                async with counters.at_work():
                    await counters.answered(BEFORE)
                    await asyncio.sleep(moments.uniform(0, 0.2))
                    await asyncio.to_thread(crash, frail, victims)
                    await counters.answered(AFTER)
                report = await openly.verified(frail.operator.installation)
                assert report.verified, (victims, report.faults)
                assert await without_entry(frail, counters.told) == [], victims
            assert counters.lost > 0

    asyncio.run(siege())


_REFUSE_COMMITS = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
    AS $$BEGIN RAISE EXCEPTION 'this commit fails'; END$$;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
"""
_ALLOW_COMMITS = "DROP TRIGGER refuse ON ledger_entry; DROP FUNCTION refuse();"


async def ask(scene: Scene, clerk: Clerk, member: Member) -> httpx2.Response:
    """Ask about a member's card, once."""
    body = card_check(member.card, scene.today.isoformat())
    return await send(scene.http, signed(scene.pipe, body, clerk.gate.device, clerk.gate.keyid))


@pytest.mark.attack
def test_nothing_is_told_when_the_commit_fails(frail: Town) -> None:
    async def siege() -> None:
        installation = frail.operator.installation
        async with frail.scene() as scene:
            clerk = await scene.hire()
            before = await checks(installation)
            owner = await installation.database.connect(Role.OWNER)
            try:
                await owner.execute(_REFUSE_COMMITS)
                answers = await asyncio.gather(
                    *(ask(scene, clerk, member) for member in scene.members[:50])
                )
                await owner.execute(_ALLOW_COMMITS)
            finally:
                await owner.close()
            assert {answer.status_code for answer in answers} == {503}
            assert not any(map(disclosed, answers))
            assert await checks(installation) == before
            assert disclosed(await ask(scene, clerk, scene.members[0]))

    asyncio.run(siege())


@pytest.mark.attack
@pytest.mark.parametrize("committed", [True, False])
def test_nothing_is_told_before_the_commit(frail: Town, committed: bool) -> None:
    async def siege() -> None:
        installation = frail.operator.installation
        async with frail.scene() as scene:
            clerk = await scene.hire()
            owner = await installation.database.connect(Role.OWNER)
            try:
                async with owner.transaction():
                    await owner.execute("SELECT FROM ledger_head FOR UPDATE")
                    before = await checks(installation)
                    asking = asyncio.create_task(ask(scene, clerk, scene.members[0]))
                    backend = await waiting_for_the_head(installation)
                    assert not asking.done()
                    if not committed:
                        await terminate(installation, backend)
                        assert not disclosed(await asking)
                answer = await asking
            finally:
                await owner.close()
            assert disclosed(answer) == committed
            assert await checks(installation) == before + committed

    asyncio.run(siege())


async def checks(installation: Installation) -> int:
    """Count the checks in the ledger: of one that may have failed, the gate notes that as well."""
    entries = (await openly.read(installation)).values()
    return sum(isinstance(entry.event, Check) for entry in entries)


# Others wait for the head as well: a gate that notes what an earlier crash left unanswered, say. Of
# them all, only a batch of checks has written settlements.
_WAITS_FOR_HEAD = """
SELECT pid FROM pg_stat_activity JOIN pg_locks USING (pid)
 WHERE wait_event_type = 'Lock' AND query LIKE '%ledger_head%'
   AND relation = 'settlement'::regclass AND mode = 'RowExclusiveLock'
"""


async def waiting_for_the_head(installation: Installation) -> int:
    """Wait until the gate has done all but the last statement of a batch of checks."""
    database = installation.database
    assert database.server is not None
    watcher = await asyncpg.connect(database.server.superuser_dsn(database.name))
    try:
        for _ in range(3000):
            if (pid := await watcher.fetchval(_WAITS_FOR_HEAD)) is not None:
                return int(pid)
            await asyncio.sleep(0.01)
    finally:
        await watcher.close()
    raise TimeoutError


async def terminate(installation: Installation, backend: int) -> None:
    """Have the database cut a connection off."""
    assert installation.database.server is not None
    watcher = await asyncpg.connect(installation.database.server.superuser_dsn())
    try:
        assert await watcher.fetchval("SELECT pg_terminate_backend($1)", backend)
    finally:
        await watcher.close()
