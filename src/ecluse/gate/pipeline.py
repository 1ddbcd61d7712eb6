"""Checks on their way: gathered into micro-batches, decided and committed, then released.

While one batch commits, the next one is located and another gathers; while one is released, the
next one commits.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import asyncpg

from ecluse.errors import EcluseError
from ecluse.gate.batch import Item
from ecluse.keyring.messages import Asked
from ecluse.store.errors import LOST


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ecluse.gate.batch import Decided, Desk
    from ecluse.gate.pending import Pending
    from ecluse.gate.release import Releaser
    from ecluse.gate.run import Run
    from ecluse.gate.subject import Subjects
    from ecluse.keyring.client import GateKeyring


log = logging.getLogger(__name__)

#: Checks per transaction, at most; beyond that the gain is gone and the wait is not.
MOST = 128
#: Fewer are not parted in two batches.
FEWEST = 16
#: Checks that may wait; the next one is told to come back.
WAITING = 4096


class BusyError(EcluseError):
    """More checks wait than can be answered in time (HTTP 429)."""


class ReplayedError(EcluseError):
    """This signature's nonce was used before (HTTP 401)."""


class UnavailableError(EcluseError):
    """The database or the keyring does not answer (HTTP 503); nothing was told."""


class Pipeline:
    """One gate's flow of checks."""

    def __init__(
        self,
        keyring: GateKeyring,
        subjects: Subjects,
        open_desk: Callable[[], Awaitable[Desk]],
        releaser: Releaser,
        run: Run,
    ) -> None:
        self._keyring = keyring
        self._subjects = subjects
        self._open_desk = open_desk
        self._releaser = releaser
        self._run = run
        self._desk: Desk | None = None
        self._outdated = False
        self._queue: asyncio.Queue[Pending] = asyncio.Queue(WAITING)
        #: At most one batch, with the keyring's connection that located it.
        self._located: asyncio.Queue[tuple[list[Item], int]] = asyncio.Queue(1)
        #: Checks located and not yet committed.
        self._under_way = 0
        self._releasing: set[asyncio.Task[None]] = set()

    def submit(self, pending: Pending) -> None:
        """Queue a check; its `reply` will be set.

        Raises:
            BusyError: Too many wait.
        """
        try:
            self._queue.put_nowait(pending)
        except asyncio.QueueFull:
            raise BusyError(
                "Too many checks wait at this moment.", hint="Try again in a few seconds."
            ) from None

    def renew(self) -> None:
        """Have the next batch decided at a new desk: the policy changed."""
        self._outdated = True

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._locate())
            tasks.create_task(self._work())

    async def close(self) -> None:
        """Finish what is being released and close the connections."""
        await asyncio.gather(*self._releasing, return_exceptions=True)
        await self._drop_desk()

    async def _gather(self) -> list[Pending]:
        batch = [await self._queue.get()]
        most = share(len(batch) + self._queue.qsize(), self._under_way)
        while len(batch) < most and not self._queue.empty():
            batch.append(self._queue.get_nowait())
        return batch

    async def _locate(self) -> None:
        """Have the keyring locate the next batch while the one before commits."""
        while True:
            batch = await self._gather()
            asked = [
                Asked(p.entry, p.asked.lane, p.organisation, p.account, p.asked.identifier)
                for p in batch
            ]
            try:
                located = await self._keyring.locate(asked)
                opened = self._keyring.opened
                found = await self._subjects.find([p.asked for p in batch], located)
            except Exception as error:  # noqa: BLE001 - whatever fails one batch, the next is worked on
                log.warning("a batch was not located: %s", type(error).__name__)
                _fail(batch, error)
                continue
            items = [Item(*each) for each in zip(batch, located, found, strict=True)]
            self._under_way += len(items)
            await self._located.put((items, opened))
            # What comes while it waits for its turn still joins the next one.
            await self._located.join()

    async def _work(self) -> None:
        while True:
            items, opened = await self._located.get()
            self._located.task_done()
            try:
                await self._decide(items, opened)
            except Exception as error:  # noqa: BLE001 - whatever fails one batch, the next is worked on
                log.warning("a batch failed: %s", type(error).__name__)
                await self._drop_desk()
                # The commit itself may have been lost on its way back.
                self._run.owe(item.pending.entry for item in items)
                _fail([item.pending for item in items], error)
            finally:
                self._under_way -= len(items)

    async def _decide(self, items: Sequence[Item], opened: int) -> None:
        if self._outdated:
            await self._drop_desk()
            self._outdated = False
        if self._desk is None or self._desk.lost:
            self._desk = await self._open_desk()
        decided, replayed = await self._commit(self._desk, items)
        for pending in replayed:
            pending.reply.set_exception(ReplayedError("This request was sent before."))
        task = asyncio.create_task(self._release(decided, opened))
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)

    async def _commit(
        self, desk: Desk, items: Sequence[Item]
    ) -> tuple[list[Decided], list[Pending]]:
        """Commit a batch; when a statement fails, each check alone, so that one cannot fail all."""
        try:
            return await desk.commit(items)
        except asyncpg.PostgresError as error:
            if isinstance(error, LOST) or desk.lost or len(items) == 1:
                raise
        decided: list[Decided] = []
        replayed: list[Pending] = []
        for item in items:
            try:
                alone, again = await desk.commit([item])
            except asyncpg.PostgresError as error:
                if isinstance(error, LOST) or desk.lost:
                    raise
                log.warning("a check failed alone: %s", type(error).__name__)
                _fail([item.pending], error)
            else:
                decided += alone
                replayed += again
        return decided, replayed

    async def _release(self, decided: Sequence[Decided], opened: int) -> None:
        try:
            await self._releaser.release(decided, opened)
        except Exception as error:  # noqa: BLE001 - whatever fails, nobody waits for it in vain
            log.warning("a release failed: %s", type(error).__name__)
            self._run.owe(check.pending.entry for check in decided)
            _fail([check.pending for check in decided], error)

    async def _drop_desk(self) -> None:
        if self._desk is not None:
            await self._desk.close()
        self._desk = None


def share(waiting: int, under_way: int) -> int:
    """Return how many of the checks that wait make the next batch, at most.

    Half of all that are here: counters ask again once they are answered, so a batch of everybody
    would leave the next one empty, and gate and database would idle in turns.
    """
    return min(MOST, max(FEWEST, (waiting + under_way + 1) // 2))


def _fail(batch: Sequence[Pending], error: Exception) -> None:
    problem = UnavailableError(
        "The check could not be made.", hint="Send it again: nothing was told about anybody."
    )
    problem.__cause__ = error
    for pending in batch:
        if not pending.reply.done():
            pending.reply.set_exception(problem)
