"""The watch at work: follows the ledger, and writes down what it saw and did.

What it remembers, its alarms, what it takes away and their entries are one transaction: after any
crash it goes on from where that one ended, and no alarm is raised twice or lost. One at a time: an
advisory lock, held by the very connection that writes, makes a second one wait.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ecluse.errors import EcluseError
from ecluse.gate.state import Lane, Reason
from ecluse.ledger.append import append
from ecluse.ledger.entry import AlarmRaised, Contained
from ecluse.policy.watch import Measure
from ecluse.store.errors import FAILURES
from ecluse.watch import gauges, rows
from ecluse.watch.containment import Standing, contain
from ecluse.watch.event import Seen
from ecluse.watch.rows import Memory
from ecluse.watch.watch import observe


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    import asyncpg

    from ecluse.keyring.client import WatchKeyring
    from ecluse.keyring.facts import Fact
    from ecluse.ledger.entry import Event
    from ecluse.policy.policy import Policy
    from ecluse.policy.shelf import Shelf
    from ecluse.watch.alarm import Alarm
    from ecluse.watch.containment import Containment


#: Seconds from one look at the ledger to the next.
INTERVAL = 0.5
#: Seconds from one measure of the budgets to the next.
GAUGED = 10.0
#: Seconds before trying again, when the database or the keyring went away.
PATIENCE = 0.5

_LOCK = 0x4543_5741  # "ECWA": our class of advisory locks; the second key is the shard
_POLICY = "SELECT policy FROM platform"
_LANES = {lane.value: lane for lane in Lane}
_REASONS = {reason.value: reason for reason in Reason}


class _Done(NamedTuple):
    """An alarm, and what is done about it."""

    alarm: Alarm
    containment: Containment
    #: The entries that the alarm rests on.
    evidence: list[Seen]


class Watch:
    """A watch at work: holds the lock and what it remembers."""

    def __init__(
        self,
        connection: asyncpg.Connection[Any],
        keyring: WatchKeyring,
        policy: Policy,
        shelf: Shelf,
        memory: Memory,
    ) -> None:
        self._connection = connection
        self._keyring = keyring
        self._policy = policy
        self._shelf = shelf
        self._digest = b""
        self._memory = memory

    @classmethod
    async def start(
        cls,
        connection: asyncpg.Connection[Any],
        keyring: WatchKeyring,
        policy: Policy,
        shelf: Shelf,
    ) -> Watch:
        """Wait until no other watch is at work, then take up where the last one ended.

        Args:
            connection: Of the role `watch`, for the watch alone as long as it works.
            keyring: Reads the ledger for it.
            policy: Until the one that the database names is found.
            shelf: Where policies lie.
        """
        await connection.execute("SELECT pg_advisory_lock($1, 0)", _LOCK)
        return cls(connection, keyring, policy, shelf, await rows.recall(connection))

    async def step(self) -> int:
        """Take in what is new, as much as one answer holds; return how many entries that was."""
        before = self._memory
        facts = await self._keyring.facts(before.position)
        if facts.next == before.position:
            return 0
        await self._follow_policy()
        checks, wary = seen(facts.checks), await rows.wary(self._connection)
        state, alarms = observe(before.state, checks, self._policy.watch, wary)
        evidence = await self._evidence(alarms)
        now = datetime.now(UTC)
        async with self._connection.transaction():
            standings, done = await self._contain(alarms, evidence, now)
            after = Memory(state, facts.next, standings)
            await rows.remember(self._connection, before.state, after)
            await gauges.count(self._connection, checks)
            # Accounts in one order, as gates lock them: they wait for each other, and never both.
            done.sort(key=lambda each: each.alarm.account)
            events = [event for each in done for event in await self._do(each, now)]
            if events:
                entries = [await self._keyring.seal_entry(event) for event in events]
                await append(self._connection, entries, now)
        self._memory = after
        return facts.next - before.position

    async def run(self, interval: float = INTERVAL) -> None:
        """Step until cancelled: every `interval` seconds, and at once when behind."""
        measured = float("-inf")
        while True:
            behind = await self.step()
            if time.monotonic() - measured >= GAUGED:
                await gauges.measure(self._connection, self._policy.typed, datetime.now(UTC))
                measured = time.monotonic()
            if not behind:
                await asyncio.sleep(interval)

    async def _follow_policy(self) -> None:
        digest = await self._connection.fetchval(_POLICY)
        if digest != self._digest:
            self._policy = self._shelf.find(digest) or self._policy
            self._digest = digest

    async def _evidence(self, alarms: list[Alarm]) -> dict[int, Seen]:
        """Return what alarms rest on: entries of this step, and of steps long before it."""
        positions = sorted({position for alarm in alarms for position in alarm.positions})
        if not positions:
            return {}
        told = await self._keyring.facts_at(tuple(positions))
        return {each.position: each for each in seen(told)}

    async def _contain(
        self, alarms: list[Alarm], evidence: dict[int, Seen], now: datetime
    ) -> tuple[dict[bytes, Standing], list[_Done]]:
        """Return what is done about each alarm, and every account's standing after it."""
        standings, done = dict(self._memory.standings), []
        clients = await rows.clients(self._connection, [alarm.account for alarm in alarms])
        for alarm in alarms:
            standing = standings.get(alarm.account) or Standing(client=alarm.account in clients)
            contained = contain(standing, alarm, now.timestamp(), self._policy.watch)
            standings[alarm.account] = contained.standing
            on = [evidence[each] for each in alarm.positions if each in evidence]
            done.append(_Done(alarm, contained, on))
        return standings, done

    async def _do(self, done: _Done, now: datetime) -> list[Event]:
        """Write an alarm down and take away what follows; return what the ledger is told."""
        alarm, containment, evidence = done
        number = os.urandom(16)
        await rows.write(self._connection, number, alarm, containment, evidence)
        ended = await rows.apply(self._connection, containment, now)
        raised = AlarmRaised(
            at=now,
            alarm=number,
            account=alarm.account,
            organisation=alarm.organisation,
            kind=alarm.kind,
            score=alarm.score,
            positions=alarm.positions,
            why=alarm.why,
        )
        if containment.measure is Measure.NOTIFY:
            return [raised]
        until = containment.until
        return [
            raised,
            Contained(
                at=now,
                alarm=number,
                account=containment.account,
                measure=containment.measure,
                until=None if until is None else datetime.fromtimestamp(until, UTC),
                devices=ended,
            ),
        ]


def seen(facts: Iterable[Fact]) -> list[Seen]:
    """Return what the keyring told as the watch takes it; what no gate of ours writes is left."""
    return [
        Seen(
            account=fact.account,
            organisation=fact.organisation,
            at=fact.at,
            lane=_LANES[fact.lane],
            released=fact.released,
            reason=_REASONS.get(fact.reason),
            repeat=fact.repeat,
            position=fact.position,
            organisations=fact.organisations,
            structure=fact.structure,
            honey=fact.honey,
        )
        for fact in facts
        if fact.lane in _LANES
    ]


async def keep_watch(
    connect: Callable[[], Awaitable[asyncpg.Connection[Any]]],
    keyring: WatchKeyring,
    policy: Policy,
    shelf: Shelf,
    report: Callable[[Exception], None],
) -> None:
    """Watch until cancelled, outliving restarts of the database and of the keyring.

    Args:
        connect: Opens a connection of the role `watch`.
        keyring: Reads the ledger for it.
        policy: Until the one that the database names is found.
        shelf: Where policies lie.
        report: Told of each interruption.
    """
    while True:
        try:
            connection = await connect()
            try:
                await (await Watch.start(connection, keyring, policy, shelf)).run()
            finally:
                connection.terminate()
        except (*FAILURES, EcluseError) as error:
            report(error)
            await asyncio.sleep(PATIENCE)
