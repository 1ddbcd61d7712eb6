"""Plays a theft on running parts, and says what it got, when it was seen, and whom it harmed.

Each theft has organisations of its own, so that none draws on another's budgets, and begins beside
an honest neighbour. The referee reads what officers read; the thief never does.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.client.replies import Covered
from ecluse.cover.family import CareFamily
from ecluse.errors import EcluseError
from ecluse.local import officer
from ecluse.login import base64url
from ecluse.siege.scene import Scene, new_pharmacies
from ecluse.watch import rows


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from ecluse.local.processes import Operator
    from ecluse.policy.policy import Policy
    from ecluse.siege.live.theft import Theft
    from ecluse.siege.scene import Clerk, Member
    from ecluse.store.connection import Connection


#: Organisations that a theft may draw on: more than one paper card may be shown at in a day.
_ORGANISATIONS = 6
#: Thefts under way at the same time: those of a patient thief are nearly all waiting.
_AT_ONCE = 4
_LOOK_SECONDS = 0.1
#: The watch may take so long to read what a theft left.
_WATCH_SECONDS = 30.0
_LOCKED = "SELECT count(*) FROM account WHERE account = ANY($1) AND locked IS NOT NULL"


class Run(msgspec.Struct, frozen=True):
    """What one run came to. Times are seconds since the theft; None: it did not happen."""

    strategy: str
    seed: int
    #: Accounts that the thief used.
    accounts: int
    days: int
    #: On file.
    members: int
    bound: int
    persons: int
    checks: int
    #: Tried on what lies at rest.
    guesses: int
    #: The thief's checks before the first alarm, and when it was acted on.
    first_alarm_checks: int | None
    first_alarm_s: float | None
    first_alarm_why: str | None
    #: Every stolen account was locked.
    contained_checks: int | None
    contained_s: float | None
    #: Checks of a colleague in the same organisation, and how many of them were refused.
    honest_checks: int
    honest_harmed: int
    remains: str
    command: str


class Ground(NamedTuple):
    """A running operator, and whom a thief can know."""

    operator: Operator
    policy: Policy
    members: list[Member]
    insurers_side: Path
    on_file: int
    #: Another operator, whose alarms this one hears, where a theft takes one.
    neighbour: Operator | None = None


async def play_all(
    thefts: Iterable[Theft], ground: Ground, seed: int, progress: Callable[[str], None]
) -> list[Run]:
    """Play every theft, a few at a time.

    Args:
        thefts: Which.
        ground: Where.
        seed: What the thieves draw from.
        progress: Told what is over.
    """
    free = asyncio.Semaphore(_AT_ONCE)

    async def one(theft: Theft) -> Run:
        async with free:
            run = await play(theft, ground, seed)
        progress(theft.name)
        return run

    return list(await asyncio.gather(*map(one, thefts)))


async def play(theft: Theft, ground: Ground, seed: int) -> Run:
    """Play one theft once."""
    draw = random.Random(f"{theft.name} {seed}")  # noqa: S311 - repeatable, and no secret
    scene = Scene(
        ground.operator,
        ground.policy,
        draw.sample(ground.members, len(ground.members)),
        await new_pharmacies(ground.operator, _ORGANISATIONS),
        ground.insurers_side,
        draw,
        neighbour=ground.neighbour,
    )
    async with scene, _looking(scene) as lookout:
        neighbour = await scene.hire()
        scene.theft_begins()
        persons = await theft.commit(scene)
        checks = scene.checks
        await lookout.look_last()
        served = await _works(scene, neighbour)
    return Run(
        strategy=theft.name,
        seed=seed,
        accounts=len(scene.stolen) or 1,
        days=1,
        members=ground.on_file,
        bound=theft.bound(scene),
        persons=persons,
        checks=checks,
        guesses=scene.guesses,
        first_alarm_checks=lookout.alarm.checks if lookout.alarm else None,
        first_alarm_s=lookout.alarm.seconds if lookout.alarm else None,
        first_alarm_why=lookout.why,
        contained_checks=lookout.contained.checks if lookout.contained else None,
        contained_s=lookout.contained.seconds if lookout.contained else None,
        honest_checks=len(served),
        honest_harmed=served.count(False),
        remains=theft.remains,
        command=f"ecluse siege --strategy {theft.name} --played live --seed {seed} --json",
    )


class _Moment(NamedTuple):
    checks: int
    seconds: float


class _Lookout:
    """Looks again and again whether the watch has seen the theft."""

    def __init__(self, scene: Scene, connection: Connection) -> None:
        self._scene, self._connection = scene, connection
        self.alarm: _Moment | None = None
        self.why: str | None = None
        self.contained: _Moment | None = None

    async def keep_looking(self) -> None:
        """Look until cancelled."""
        while True:
            await self._look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def look_last(self) -> None:
        """Look when the watch has read everything.

        Raises:
            EcluseError: It does not get there.
        """
        async with officer.connected(self._scene.operator.installation) as connection:
            wanted = (await rows.standing_now(connection, datetime.now(UTC))).entries
            until = time.monotonic() + _WATCH_SECONDS
            while ((await rows.standing_now(connection, datetime.now(UTC))).position or 0) < wanted:
                if time.monotonic() > until:
                    raise EcluseError(
                        "The watch does not follow the ledger.",
                        hint="See log/watch.log of the siege's home.",
                    )
                await asyncio.sleep(_LOOK_SECONDS)
        await asyncio.sleep(2 * _LOOK_SECONDS)

    async def _look(self) -> None:
        stolen = self._scene.stolen
        if self.alarm is None:
            names = {base64url.encode(each) for each in stolen}
            since = datetime.fromtimestamp(self._scene.began, UTC)
            mine = [a for a in await rows.alarms(self._connection, since) if a.account in names]
            if mine:
                self.alarm, self.why = self._now(), mine[-1].why
        if self.contained is None and stolen:
            locked = await self._connection.fetchval(_LOCKED, list(stolen))
            if locked == len(stolen):
                self.contained = self._now()

    def _now(self) -> _Moment:
        return _Moment(self._scene.checks, round(time.time() - self._scene.began, 1))


@asynccontextmanager
async def _looking(scene: Scene) -> AsyncIterator[_Lookout]:
    async with officer.connected(scene.operator.installation) as connection:
        lookout = _Lookout(scene, connection)
        looking = asyncio.create_task(lookout.keep_looking())
        try:
            yield lookout
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)


async def _works(scene: Scene, clerk: Clerk) -> list[bool]:
    """Have a neighbour check a card, and somebody without; tell what was answered as it should be."""
    member, other = scene.members[-1], scene.members[-2]
    replies = [
        await clerk.gate.check_card(
            member.card, care_date=scene.today, family=CareFamily(member.families[0])
        ),
        await clerk.gate.check_person(
            other.person,
            clerk.passkey.touch,
            care_date=scene.today,
            family=CareFamily(other.families[0]),
        ),
    ]
    return [isinstance(reply, Covered) for reply in replies]
