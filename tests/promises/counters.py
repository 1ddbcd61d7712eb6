"""Counters at work: signed-in clerks who check one card after another as fast as they are answered."""

from __future__ import annotations

import asyncio
import itertools
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import httpx2
import msgspec

from ecluse.client.replies import CheckReply, Covered, NotCovered
from ecluse.login import base64url
from ecluse.siege.wire import card_check, send, signed


if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ecluse.siege.scene import Clerk, Member, Scene


#: Checks under way at each counter.
_AT_ONCE = 4
_PATIENCE = 60
_REPLY: msgspec.json.Decoder[CheckReply] = msgspec.json.Decoder(CheckReply)


class Told(NamedTuple):
    """An answer about somebody, as it arrived."""

    check: bytes
    clerk: Clerk
    member: Member
    position: int


class Counters:
    """Several clerks' work, and every answer that ever arrived."""

    def __init__(self, scene: Scene, clerks: list[Clerk], seed: int = 0) -> None:
        self.told: list[Told] = []
        #: Requests without an answer: the operator was down.
        self.lost = 0
        self._news = asyncio.Condition()
        self._scene = scene
        self._clerks = clerks
        self._random = random.Random(seed)  # noqa: S311 - picks members, no secret

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Keep every counter busy; afterwards wait for the last answers."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for clerk, _ in itertools.product(self._clerks, range(_AT_ONCE)):
                tasks.create_task(self._work(clerk, stop))
            try:
                yield
            finally:
                stop.set()

    async def answered(self, more: int) -> None:
        """Wait until so many more answers have arrived."""
        enough = len(self.told) + more
        async with asyncio.timeout(_PATIENCE), self._news:
            await self._news.wait_for(lambda: len(self.told) >= enough)

    async def _work(self, clerk: Clerk, stop: asyncio.Event) -> None:
        while not stop.is_set():
            member = self._random.choice(self._scene.members)
            body = card_check(member.card, self._scene.today.isoformat())
            told = await self._ask(clerk, body)
            while told is None and not stop.is_set():
                # As an honest client does: the same check again, signed anew.
                await asyncio.sleep(0.02)
                told = await self._ask(clerk, body)
            if isinstance(told, Covered | NotCovered):
                check = base64url.decode(str(body["check_id"]))
                async with self._news:
                    self.told.append(Told(check, clerk, member, told.receipt.position))
                    self._news.notify_all()

    async def _ask(self, clerk: Clerk, body: dict[str, object]) -> CheckReply | None:
        """Send a check; None when its answer is lost."""
        request = signed(self._scene.pipe, body, clerk.gate.device, clerk.gate.keyid)
        try:
            answer = await send(self._scene.http, request)
        except httpx2.TransportError:
            self.lost += 1
            return None
        if answer.status_code in {500, 502, 503}:
            self.lost += 1
            return None
        assert answer.status_code == 200, answer.text
        return _REPLY.decode(answer.content)
