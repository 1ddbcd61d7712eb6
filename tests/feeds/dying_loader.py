"""Loads a feed and kills itself with SIGKILL at the moment that its last argument names."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.feeds.load import load
from ecluse.keyring.client import FeedKeyring
from ecluse.store.database import Database
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.keyring.bulk import Evaluated
    from ecluse.ledger.entry import Event
    from ecluse.ledger.seal import SealedEntry


_CHUNKS = "SELECT chunks FROM feed WHERE manifest = $1 AND state = 'loading'"


class DyingKeyring(FeedKeyring):
    """The real door; whoever asks at the wrong moment dies."""

    async def evaluate(self, chunk: int, persons: bytes, cards: bytes) -> Evaluated:
        """Evaluate, and die if it is time: rows are evaluated, none is written."""
        evaluated = await super().evaluate(chunk, persons, cards)
        _die("evaluated")
        if sys.argv[5] == f"chunk {chunk}":
            await _one_chunk_written()
            _die(f"chunk {chunk}")
        return evaluated

    async def seal_entry(self, event: Event) -> SealedEntry:
        """Die if it is time: every row is written, and the feed not in force."""
        _die("written")
        return await super().seal_entry(event)


async def _one_chunk_written() -> None:
    home, name, _, manifest = sys.argv[1:5]
    connection = await Database(Path(home), name=name).connect(Role.FEED)
    digest = _digest(Path(manifest))
    while not await connection.fetchval(_CHUNKS, digest):
        await connection.execute("SELECT pg_sleep(0.02)")


def _digest(manifest: Path) -> bytes:
    return hashlib.sha256(manifest.read_bytes()).digest()


def _die(moment: str) -> None:
    if sys.argv[5] == moment:
        os.kill(os.getpid(), signal.SIGKILL)


async def _main() -> None:
    home, name, sockets, manifest = sys.argv[1:5]
    async with DyingKeyring(Path(sockets)) as keyring:
        await load(Path(manifest), keyring, Database(Path(home), name=name))


if __name__ == "__main__":
    asyncio.run(_main())
