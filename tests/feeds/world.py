"""One installation with a real keyring on its sockets, and insurers that send it feeds."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import pyrage

from ecluse.feeds import insurer_keys, insurers
from ecluse.feeds.load import Report, load
from ecluse.feeds.prepare import Announcement, Prepared, Source, prepare
from ecluse.feeds.tally import THRESHOLD
from ecluse.keyring import trust
from ecluse.keyring.client import FeedKeyring
from ecluse.keyring.reader import Reader
from ecluse.keyring.server import serve
from ecluse.keyring.service import Keyring
from ecluse.keyring.vault import Vault
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from ecluse.feeds.insurer_keys import InsurerKeys
    from ecluse.store.database import Database

_amcs = itertools.count(99_000_000)


class Insurer(NamedTuple):
    number: int
    keys: InsurerKeys
    folder: Path


class World:
    """A database, a keyring, and their folders."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.keyring_folder = folder / "keyring"
        self.vault = Vault.create(self.keyring_folder, b"for tests")
        self.recipient = str(pyrage.x25519.Identity.from_str(self.vault.keys.loader).to_public())

    @contextlib.asynccontextmanager
    async def keyring(self) -> AsyncIterator[FeedKeyring]:
        """Run the keyring on its sockets; yield the loader's door."""
        reader = await Reader.open(self.database.dsn(Role.KEYRING))
        ready = asyncio.Event()
        service = Keyring(self.vault, self.keyring_folder, reader)
        server = asyncio.create_task(serve(service, self.folder, ready.set))
        try:
            await ready.wait()
            async with FeedKeyring(self.folder) as door:
                yield door
        finally:
            server.cancel()
            await asyncio.gather(server, return_exceptions=True)
            await reader.close()

    def insurer(self) -> Insurer:
        """Make an insurer whose feeds are taken."""
        amc = str(next(_amcs))
        folder = self.folder / amc
        keys = insurer_keys.create(folder / "keys", amc=amc, name=f"Mutuelle {amc}")
        number = asyncio.run(self._add(keys))
        trust.add_insurer(self.keyring_folder, amc, number, keys.public.signing_key)
        return Insurer(number, keys, folder)

    async def _add(self, keys: InsurerKeys) -> int:
        connection = await self.database.connect(Role.OFFICER)
        try:
            return (await insurers.add(connection, keys.public)).insurer
        finally:
            await connection.close()

    def prepare(self, insurer: Insurer, roster: Path, feed: int = 1) -> Prepared:
        return prepare(
            Source(roster, roster.with_name("packages.json")),
            insurer.keys,
            Announcement(feed, date(2026, 1, 1)),
            recipient=self.recipient,
            out=insurer.folder / "out",
        )

    def load(self, manifest: Path, *, threshold: float = THRESHOLD) -> Report:
        async def run() -> Report:
            async with self.keyring() as keyring:
                return await load(manifest, keyring, self.database, threshold=threshold)

        return asyncio.run(run())

    def fetch(self, query: str, *arguments: object) -> list[Any]:
        """Ask the database, as its owner."""

        async def run() -> list[Any]:
            connection = await self.database.connect(Role.OWNER)
            try:
                return [
                    tuple(record.values()) for record in await connection.fetch(query, *arguments)
                ]
            finally:
                await connection.close()

        return asyncio.run(run())
