"""A gate, put together: its connections, its keyring, its flow of checks."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec

from ecluse.errors import EcluseError
from ecluse.gate import start
from ecluse.gate.again import Again
from ecluse.gate.batch import Desk
from ecluse.gate.catalogue import Catalogue
from ecluse.gate.journal import Journal
from ecluse.gate.pending import Pending
from ecluse.gate.pipeline import Pipeline, ReplayedError
from ecluse.gate.release import Releaser
from ecluse.gate.rows import spend_nonces, sweep
from ecluse.gate.rules import Rulebook, Rules
from ecluse.gate.run import Run
from ecluse.gate.subject import Subjects
from ecluse.gate.tokens import Tokens
from ecluse.gate.witnessing import Witnessing
from ecluse.keyring.client import GateKeyring
from ecluse.ledger import cosigned
from ecluse.ledger.entry import GateEnded
from ecluse.ledger.note import log_key
from ecluse.login.passkey import RelyingParty
from ecluse.policy.policy import Policy
from ecluse.policy.shelf import Shelf
from ecluse.store.errors import FAILURES
from ecluse.store.session import BY_KEY, keep_session


if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ecluse.gate.again import Reply
    from ecluse.gate.caller import Caller
    from ecluse.gate.request import Asked
    from ecluse.keyring.messages import Greeting


log = logging.getLogger(__name__)


class GateConfig(msgspec.Struct, frozen=True):
    """What a gate is told when it starts."""

    dsn: str
    sockets: Path
    #: The pipe's origin: what `@target-uri` is built from.
    public_origin: str
    party: RelyingParty
    #: The policy offered at the start, and after that the one in force.
    policy: Policy
    policy_digest: bytes
    #: Where this gate finds policies, by their SHA-256.
    policies: Path


class Gate:
    """The one way out."""

    def __init__(
        self, config: GateConfig, pool: asyncpg.Pool[Any], keyring: GateKeyring, greeting: Greeting
    ) -> None:
        state_key = greeting.state_key
        self.config = config
        self.pool = pool
        self.keyring = keyring
        self.journal = Journal(keyring)
        #: Keys the login nonces and enrolment tickets that this platform hands out.
        self.stamp_key = hashlib.blake2b(
            digest_size=32, key=state_key, person=b"ecluse/stamps"
        ).digest()
        #: The latest one, as receipts name it, and with the cosignatures that it has.
        self.checkpoint = self.cosigned = ""
        self.witnessing = Witnessing(self.journal, log_key(greeting.checkpoint_key).name)
        self.tokens = Tokens(state_key)
        self.catalogue = Catalogue(self.tokens)
        self._again = Again()
        self._run = Run()
        self._releaser = Releaser(
            keyring,
            pool,
            self.catalogue,
            self.journal,
            lambda: self.checkpoint,
            self._run,
            lambda: self.config.policy.settlement_days,
        )
        self._pipeline = Pipeline(
            keyring, Subjects(pool, self.catalogue), self._open_desk, self._releaser, self._run
        )

    async def _open_desk(self) -> Desk:
        return Desk(
            await asyncpg.connect(self.config.dsn, server_settings=BY_KEY),
            await asyncpg.connect(self.config.dsn, server_settings=BY_KEY),
            self.config.policy,
            self.tokens,
            self.journal,
            self._run,
            self.witnessing,
        )

    async def again(self, caller: Caller, asked: Asked) -> Reply | None:
        """Return the reply to a check that this device asked within the last minute.

        Raises:
            OtherCheckError: The check id was used for another check.
            ReplayedError: The request itself was sent before.
        """
        kept = self._again.find(_key(caller, asked.check), _digest(asked), time.monotonic())
        if kept is not None:
            await self.spend(caller)
        return kept

    def last(self, caller: Caller, check: bytes) -> Reply:
        """Return the reply that this device was given under a check id within the last minute.

        Raises:
            NoAnswerError: None is kept.
        """
        return self._again.last(_key(caller, check), time.monotonic())

    def check(self, caller: Caller, asked: Asked) -> Reply:
        """Queue a new check; its reply is an answer, None for the refusal, or an error.

        Args:
            caller: Who asks, proven by signature.
            asked: What is asked; without a card, with a gesture that was verified.

        Raises:
            BusyError: Too many wait.
        """
        pending = Pending(
            entry=os.urandom(16),
            account=caller.account,
            organisation=caller.organisation,
            thumbprint=caller.thumbprint,
            asked=asked,
            nonces=(caller.nonce,),
            reply=asyncio.get_running_loop().create_future(),
        )
        self._pipeline.submit(pending)
        self._again.keep(_key(caller, asked.check), _digest(asked), pending.reply, time.monotonic())
        return pending.reply

    async def spend(self, caller: Caller) -> None:
        """Spend the nonce of a request that is not a new check.

        Raises:
            ReplayedError: It was used before.
        """
        async with self.pool.acquire() as connection:
            if not await spend_nonces(connection, [(caller.account, *caller.nonce)]):
                raise ReplayedError("This request was sent before.")

    async def follow_policy(self, book: Rulebook) -> None:
        """Take over each policy that comes into force, until cancelled."""
        while True:
            await asyncio.sleep(1)
            mine = Rules(self.config.policy, self.config.policy_digest)
            try:
                async with self.pool.acquire() as connection:
                    newer = await book.changed(connection, mine)
            except (*FAILURES, EcluseError) as error:
                log.warning("the policy is not followed: %s", type(error).__name__)
                continue
            if newer is not None:
                self.adopt(newer)

    def adopt(self, newer: Rules) -> None:
        """Decide by another policy from the next batch on."""
        self.config = msgspec.structs.replace(
            self.config, policy=newer.policy, policy_digest=newer.digest
        )
        self._pipeline.renew()

    async def follow_checkpoints(self) -> None:
        """Keep checkpoints and cosignatures at hand, forget what has ended, until cancelled.

        Outlives the database: while that is away, the last checkpoint known is the latest.
        """
        while True:
            try:
                async with self.pool.acquire() as connection:
                    latest = await cosigned.latest(connection)
                    if latest is not None:
                        self.checkpoint, self.cosigned = latest.note, latest.whole
                    await self.witnessing.look(connection, self.config.policy.witness)
                    await sweep(connection)
            except (*FAILURES, EcluseError) as error:
                log.warning("checkpoints are not followed: %s", type(error).__name__)
            await asyncio.sleep(1)

    async def settle(self) -> None:
        """Have the ledger tell of answers that were never given, until cancelled."""
        while True:
            await asyncio.sleep(1)
            try:
                await self._releaser.repay()
            except (*FAILURES, EcluseError) as error:
                log.warning("withheld answers are not recorded yet: %s", type(error).__name__)

    async def work(self) -> None:
        """Answer checks until cancelled."""
        try:
            await self._pipeline.run()
        finally:
            await self._pipeline.close()

    async def end(self) -> None:
        """Tell the ledger how far this run came. Whoever cannot leaves its last answers open."""
        try:
            await self._releaser.repay()
            ended = GateEnded(at=datetime.now(UTC), run=self._run.mark)
            async with self.pool.acquire() as connection, connection.transaction():
                await start.note(connection, self.journal, ended)
        except (*FAILURES, EcluseError) as error:
            log.warning("the end of this run is not recorded: %s", type(error).__name__)


def _key(caller: Caller, check: bytes) -> tuple[bytes, bytes, bytes]:
    return caller.account, caller.thumbprint, check


def _digest(asked: Asked) -> bytes:
    return hashlib.sha256(msgspec.msgpack.encode(asked)).digest()


@asynccontextmanager
async def open_gate(config: GateConfig) -> AsyncIterator[Gate]:
    """Open a gate: restores noticed, the policy in force taken, checks flowing."""
    async with (
        asyncpg.create_pool(
            config.dsn, min_size=1, max_size=8, reset=keep_session, server_settings=BY_KEY
        ) as pool,
        GateKeyring(config.sockets) as keyring,
    ):
        connection = await asyncpg.connect(config.dsn)
        greeting = await keyring.hello()
        gate = Gate(config, pool, keyring, greeting)
        if greeting.restored:
            await start.note_restore(connection, keyring, gate.journal)
        rulebook = Rulebook(gate.journal, Shelf(config.policies))
        offered = Rules(config.policy, config.policy_digest)
        gate.adopt(await rulebook.settle(connection, offered))
        await gate.witnessing.look(connection, gate.config.policy.witness)
        await connection.close()
        work = (
            *(gate.work(), gate.settle()),
            *(gate.follow_checkpoints(), gate.follow_policy(rulebook)),
        )
        tasks = [asyncio.create_task(each) for each in work]
        try:
            yield gate
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await gate.end()
