"""What dies is replaced: an honest counter sees no more of it than a wait, and no budget moves."""

from __future__ import annotations

import asyncio
import itertools
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

import policies
from counts import runs
from crashes import kill, kill_database
from ecluse.client.replies import Covered
from ecluse.cover.family import CareFamily
from ecluse.ledger.entry import Check
from ecluse.local.supervisor import Supervisor
from promises import openly, typed
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ecluse.siege.scene import Clerk, Member, Scene
    from towns import Town


GATES = 2
CAP = 5000
#: Nobody is held back: what is tried here is whether counts are exact, not the caps.
TYPED = {"account_day": CAP, "account_hour": CAP, "organisation_day_least": CAP * 10}
CARD = {"account_day": 10_000_000, "organisation_day": 10_000_000}
#: Answers to see after each death.
AFTER = 40
PATIENCE = 60
DEATHS = ("gate", "keyring", "database", "another gate", "every gate")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town with two gates, whose operator replaces what dies."""
    policy = policies.write(tmp_path_factory.mktemp("policy") / "wide.toml", typed=TYPED, card=CARD)
    with open_town(policy=policy, gates=GATES) as town, Supervisor(town.operator):
        yield town


class Day:
    """Clerks at work, one check after another, through the client library and the pipe."""

    def __init__(self, scene: Scene) -> None:
        self.answered = 0
        #: Whom each clerk asked about without the card.
        self.typed: dict[bytes, set[int]] = {}
        self._scene = scene
        self._news = asyncio.Condition()

    @asynccontextmanager
    async def at_work(self, clerks: list[Clerk]) -> AsyncIterator[None]:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for clerk in clerks:
                tasks.create_task(self._work(clerk, stop))
            try:
                yield
            finally:
                stop.set()

    async def see(self, more: int) -> None:
        enough = self.answered + more
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: self.answered >= enough)

    async def _work(self, clerk: Clerk, stop: asyncio.Event) -> None:
        drawn = random.Random(clerk.gate.keyid)  # noqa: S311 - picks members, no secret
        while not stop.is_set():
            number = drawn.randrange(len(self._scene.members))
            reply = await self._ask(clerk, number, without_card=drawn.random() < 0.5)
            # Everybody here is covered: any other answer is a wrong refusal.
            assert isinstance(reply, Covered), reply
            async with self._news:
                self.answered += 1
                self._news.notify_all()

    async def _ask(self, clerk: Clerk, number: int, *, without_card: bool) -> object:
        member: Member = self._scene.members[number]
        family = CareFamily(member.families[0])
        today = self._scene.today
        if not without_card:
            return await clerk.gate.check_card(member.card, care_date=today, family=family)
        self.typed.setdefault(typed.account(clerk), set()).add(number)
        return await clerk.gate.check_person(
            member.person, clerk.passkey.touch, care_date=today, family=family
        )


def strike(town: Town, death: str, drawn: random.Random) -> None:
    operator = town.operator
    match death:
        case "gate" | "another gate":
            kill(drawn.choice(operator.gates).pid)
        case "every gate":
            kill(*(gate.pid for gate in operator.gates))
        case "keyring":
            kill(operator.keyring.pid)
        case _:
            assert operator.installation.database.server is not None
            kill_database(operator.installation.database.server)


async def counted(town: Town) -> dict[bytes, set[bytes]]:
    """Return whom each account asked about without the card, by the ledger."""
    found: dict[bytes, set[bytes]] = {}
    for entry in (await openly.read(town.operator.installation)).values():
        if isinstance(entry.event, Check) and entry.event.lane == "typed":
            found.setdefault(entry.event.account, set()).add(entry.event.subject)
    return found


@pytest.mark.attack
@pytest.mark.timeout(1800)
def test_every_check_is_answered_and_every_budget_exact_whatever_dies(watched: Town) -> None:
    async def day() -> None:
        drawn = random.Random(11)  # noqa: S311 - when and what to strike
        async with watched.scene() as scene:
            clerks = [await scene.hire(finess) for finess in scene.finess[:4]]
            for clerk in clerks[:2]:
                clerk.passkey.authenticator.counts = True
            work = Day(scene)
            async with work.at_work(clerks):
                for death in itertools.islice(itertools.cycle(DEATHS), runs(50)):
                    await work.see(AFTER)
                    await asyncio.sleep(drawn.uniform(0, 0.2))
                    await asyncio.to_thread(strike, watched, death, drawn)
                await work.see(AFTER)
            vault = watched.operator.installation.open_vault()
            expected = {
                account: {openly.index(vault, scene.members[number]) for number in asked}
                for account, asked in work.typed.items()
            }
            assert await counted(watched) == expected
            for clerk in clerks:
                budget = (await clerk.gate.me()).typed.day
                assert budget.left == CAP - len(expected[typed.account(clerk)])
            report = await openly.verified(watched.operator.installation)
            assert report.verified, report.faults

    asyncio.run(day())
