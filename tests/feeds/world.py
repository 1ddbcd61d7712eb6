"""One installation with a real keyring on its sockets, and insurers that send it feeds."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import csv
import hashlib
import io
import itertools
import re
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import pyrage
import rfc8785

from ecluse.feeds import insurer_keys, insurers
from ecluse.feeds import manifest as manifests
from ecluse.feeds.load import load
from ecluse.feeds.prepare import Announcement, Prepared, Source, prepare
from ecluse.feeds.reference import ReferenceSealer
from ecluse.feeds.tally import THRESHOLD
from ecluse.keyring import trust
from ecluse.keyring.client import FeedKeyring, OfficerKeyring
from ecluse.keyring.reader import Reader
from ecluse.keyring.server import serve
from ecluse.keyring.service import Keyring
from ecluse.keyring.vault import Vault
from ecluse.store.roles import Role
from feeds.rosters import PACKAGES


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from ecluse.feeds.insurer_keys import InsurerKeys
    from ecluse.feeds.report import Report
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
        await service.recall()
        server = asyncio.create_task(serve(service, self.folder, ready.set))
        try:
            await ready.wait()
            async with FeedKeyring(self.folder) as door:
                yield door
        finally:
            server.cancel()
            await asyncio.gather(server, return_exceptions=True)
            await reader.close()

    def keyring_door(self) -> FeedKeyring:
        """Return another loader's door to the keyring that runs."""
        return FeedKeyring(self.folder)

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
            async with self.keyring(), OfficerKeyring(self.folder) as officers:
                return (await insurers.add(connection, officers, keys.public)).insurer
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

    def send(
        self, insurer: Insurer, wire: str, feed: int = 1, *, recipient: str = "", **claims: object
    ) -> Path:
        """Encrypt and sign `wire` as it is, as software that screens nothing would."""
        files = manifests.named(insurer.folder / "out", f"{insurer.keys.public.amc}-{feed}")
        files.rows.parent.mkdir(exist_ok=True)
        to = pyrage.x25519.Recipient.from_str(recipient or self.recipient)
        files.rows.write_bytes(pyrage.encrypt(wire.encode(), [to]))
        announced: dict[str, Any] = {
            "version": 1,
            "amc": insurer.keys.public.amc,
            "feed": feed,
            "kind": "full",
            "rows": len(list(csv.reader(io.StringIO(wire)))) - 1,
            "sha256": hashlib.sha256(files.rows.read_bytes()).hexdigest(),
            "period_from": "2026-01-01",
            "period_to": None,
            "prepared_at": "2026-01-01T00:00:00Z",
            "packages": PACKAGES,
        }
        raw = rfc8785.dumps(announced | claims)
        files.manifest.write_bytes(raw)
        files.signature.write_bytes(insurer.keys.sign(raw))
        return files.manifest

    @staticmethod
    def wire(insurer: Insurer, roster: str) -> str:
        """Return a roster as it travels: honest member numbers sealed, the rest as it is."""
        sealer = ReferenceSealer(insurer.keys.reference, insurer.keys.public.amc)
        return re.sub(
            r"^M\d{7}(?=,)",
            lambda found: base64.b64encode(sealer.seal(found[0].encode())).decode(),
            roster,
            flags=re.MULTILINE,
        )

    def load(
        self,
        manifest: Path,
        *,
        threshold: float = THRESHOLD,
        progress: Callable[[int, int], None] = lambda *_: None,
    ) -> Report:
        async def run() -> Report:
            async with self.keyring() as keyring:
                return await load(manifest, keyring, self.database, progress, threshold=threshold)

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
