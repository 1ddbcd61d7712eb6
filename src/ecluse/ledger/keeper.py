"""The log's keeper: follows committed entries, grows the tree, has checkpoints signed.

It is the only writer of tiles and checkpoints, and one at a time: an advisory lock, held by the
very connection that writes, makes a second keeper wait until the first one's connection is gone.
Each step stores its full tiles and its checkpoint in one transaction, so that after any crash the
stored tree is exactly the latest checkpoint's. What was signed and not stored is no contradiction:
entries are durable before they are signed for, and the log only grows.

A hole, a shorter log or another root than the signed one is an error that ends the keeper. It
repairs nothing: that is for people.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from ecluse.errors import EcluseError
from ecluse.ledger import note, reader, storage
from ecluse.ledger.errors import BrokenLedgerError
from ecluse.ledger.merkle import leaf_hashes
from ecluse.ledger.note import Checkpoint, NoteError, VerifierKey
from ecluse.ledger.tiles import WIDTH, Edge
from ecluse.store.errors import FAILURES


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import asyncpg

    from ecluse.ledger.storage import Connection


#: Entries taken in one step while catching up: about 0.1 s of hashing.
CHUNK = WIDTH * WIDTH
#: Seconds before trying again, when the database or the signer went away.
PATIENCE = 0.5
#: Seconds from one step to the next; half of what is promised, for the signature to come in time.
INTERVAL = 0.5

_LOCK = 0x4543_4C4F  # "ECLO": our class of advisory locks; the second key is the shard


class Signer(Protocol):
    """Whoever holds the checkpoint key."""

    async def public_key(self) -> bytes:
        """Return the Ed25519 public key (32 bytes)."""
        ...

    async def sign(self, body: bytes, size: int) -> bytes:
        """Sign a checkpoint's text over `size` entries (64 bytes), or refuse with an error."""
        ...


class Keeper:
    """A keeper at work: holds the lock and the tree's right edge."""

    def __init__(
        self, connection: Connection, signer: Signer, key: VerifierKey, shard: int = 0
    ) -> None:
        self._connection = connection
        self._signer = signer
        self._key = key
        self._shard = shard
        self._edge = Edge()
        self._signed: Checkpoint | None = None

    @classmethod
    async def start(cls, connection: Connection, signer: Signer, shard: int = 0) -> Keeper:
        """Wait until no other keeper works on this log, then take up where the last one ended.

        Args:
            connection: Of the role `ledger`, for the keeper alone as long as it works.
            signer: Whoever holds the checkpoint key.
            shard: Which log.

        Raises:
            BrokenLedgerError: The stored tree is not the one that was signed.
            NoteError: The latest checkpoint was not signed by this signer's key.
        """
        await connection.execute("SELECT pg_advisory_lock($1, $2)", _LOCK, shard)
        keeper = cls(connection, signer, note.log_key(await signer.public_key(), shard), shard)
        await keeper.load()
        return keeper

    async def load(self) -> None:
        """Read the tree of the latest checkpoint and compare it with what was signed."""
        latest = await storage.latest(self._connection, self._shard)
        if latest is None:
            return
        signed = note.open_checkpoint(latest, self._key)
        await self._compare_size(signed.size)
        self._edge = await reader.edge(self._connection, self._shard, signed.size)
        if self._edge.root() != signed.root:
            raise BrokenLedgerError(
                f"The first {signed.size} entries are not the ones that were signed."
            )
        self._signed = signed

    async def step(self) -> Checkpoint | None:
        """Cover the entries committed since the last step, at most `CHUNK`, by a checkpoint.

        The first one of a log is over whatever there is, be it nothing.

        Returns:
            The checkpoint, stored; None if nothing is new.

        Raises:
            BrokenLedgerError: The log has a hole or became shorter.
        """
        size = await self._compare_size(self._edge.size)
        if self._signed is not None and size == self._edge.size:
            return None
        end = min(size, self._edge.size + CHUNK)
        fresh = await storage.commitments(self._connection, self._shard, self._edge.size, end)
        edge, full = self._edge.extend(leaf_hashes(fresh))
        checkpoint = Checkpoint(self._key.name, end, edge.root())
        text = checkpoint.text()
        signature = await self._signer.sign(text.encode(), end)
        signed = note.assemble(text, self._key, signature)
        note.open_checkpoint(signed, self._key)
        await storage.store(self._connection, self._shard, full, end, signed)
        self._edge, self._signed = edge, checkpoint
        return checkpoint

    async def run(self, interval: float = INTERVAL) -> None:
        """Step until cancelled or broken: every `interval` seconds, and at once when behind."""
        clock = asyncio.get_running_loop()
        while True:
            began, before = clock.time(), self._edge.size
            await self.step()
            if self._edge.size - before < CHUNK:
                await asyncio.sleep(max(0.0, began + interval - clock.time()))

    async def _compare_size(self, signed: int) -> int:
        size = await storage.size(self._connection, self._shard)
        if size < signed:
            raise BrokenLedgerError(f"The ledger has {size} entries; {signed} were signed.")
        return size


async def keep(
    connect: Callable[[], Awaitable[asyncpg.Connection[Any]]],
    signer: Signer,
    report: Callable[[Exception], None],
    *,
    shard: int = 0,
) -> None:
    """Keep a log until cancelled, outliving restarts of the database and of the signer.

    Args:
        connect: Opens a connection of the role `ledger`.
        signer: Whoever holds the checkpoint key.
        report: Told of each interruption.
        shard: Which log.

    Raises:
        BrokenLedgerError: The log is not the one that was signed.
        NoteError: The latest checkpoint is not this signer's.
    """
    while True:
        try:
            connection = await connect()
            try:
                keeper = await Keeper.start(connection, signer, shard)
                await keeper.run()
            finally:
                connection.terminate()
        except (BrokenLedgerError, NoteError):
            raise
        except (*FAILURES, EcluseError) as error:
            report(error)
            await asyncio.sleep(PATIENCE)
