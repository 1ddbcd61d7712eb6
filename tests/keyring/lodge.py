"""A keyring on its sockets beside a real database, with records that the tests themselves sealed."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecluse.cover import record
from ecluse.cover.record import Cover
from ecluse.keyring import bulk
from ecluse.keyring.client import FeedKeyring, GateKeyring, LedgerKeyring, OfficerKeyring
from ecluse.keyring.keys import new_epoch
from ecluse.keyring.messages import Asked, Committed, Located, Opened
from ecluse.keyring.reader import Reader
from ecluse.keyring.server import serve
from ecluse.keyring.service import DEFAULT_LIMITS, Keyring
from ecluse.keyring.vault import Vault, sealing_key
from ecluse.ledger.append import append
from ecluse.ledger.entry import Check
from ecluse.ledger.seal import SealedEntry, commitment, seal
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    import asyncpg

    from ecluse.ledger.entry import Event
    from ecluse.store.database import Database


_PASSPHRASE = b"for tests"
COVER = Cover("BASE", [("2026-01-01", None)], 1)
PHARMACY = b"a pharmacy's id."
OTHER_PHARMACY = b"another pharmacy"
COUNTER = b"one of its staff"
_EMPTY = """
DELETE FROM ledger_entry; DELETE FROM ledger_checkpoint; DELETE FROM ledger_tile;
UPDATE ledger_head SET size = 0, last_at = '-infinity';
DELETE FROM settlement; DELETE FROM card_pointer; DELETE FROM cover_record; DELETE FROM feed;
"""
_FEED = """
INSERT INTO feed (insurer, feed, manifest, state, row_count, period_from)
VALUES ($1, $2, '', $3, 1, '2026-01-01')
"""


class Person(NamedTuple):
    """What a member's card and papers say."""

    identifier: bytes
    card: bytes


def person(number: int) -> Person:
    return Person(b"1850299%06d%08d1" % (number, 19850200), b"card%012d" % number)


def typed(member: Person, entry: bytes, organisation: bytes = PHARMACY) -> Asked:
    return Asked(entry, "typed", organisation, COUNTER, member.identifier)


def known(reference: bytes, entry: bytes, organisation: bytes = PHARMACY) -> Asked:
    return Asked(entry, "known", organisation, COUNTER, reference)


def card(member: Person, entry: bytes, organisation: bytes = PHARMACY) -> Asked:
    return Asked(entry, "card", organisation, COUNTER, member.card)


@dataclass
class Doors:
    """A running keyring, as each of its callers reaches it."""

    service: Keyring
    gate: GateKeyring
    feed: FeedKeyring
    ledger: LedgerKeyring
    officer: OfficerKeyring

    async def locate(self, asked: Asked) -> Located:
        (located,) = await self.gate.locate([asked])
        return located

    async def unseal(self, entry: bytes, position: int) -> Opened:
        (opened,) = await self.gate.unseal([Committed(entry, position)])
        return opened


class NewKeys(NamedTuple):
    """A folder of keys to begin with, and what opens it: deriving that takes a while."""

    folder: Path
    sealing_key: bytes

    @classmethod
    def make(cls, folder: Path) -> NewKeys:
        Vault.create(folder, _PASSPHRASE)
        return cls(folder, sealing_key(_PASSPHRASE, (folder / "salt").read_bytes()))


class Lodge:
    """The keyring's folder, its sockets, and the database that it reads."""

    def __init__(
        self, database: Database, folder: Path, owner: asyncpg.Connection[Any], new: NewKeys
    ) -> None:
        self.database = database
        self.sockets = folder
        self.folder = folder / "keyring"
        self.owner = owner
        self._sealing_key = new.sealing_key
        shutil.copytree(new.folder, self.folder)
        self.keys = Vault(self.folder, self._sealing_key).keys

    @classmethod
    @asynccontextmanager
    async def empty(cls, database: Database, folder: Path, new: NewKeys) -> AsyncIterator[Lodge]:
        """Begin with empty tables and new keys."""
        owner = await database.connect(Role.OWNER)
        try:
            await owner.execute(_EMPTY)
            yield cls(database, folder, owner, new)
        finally:
            await owner.close()

    def vault(self) -> Vault:
        """Open the keys as they stand on disk, with the epochs that were begun since."""
        vault = Vault(self.folder, self._sealing_key)
        vault.keys = self.keys
        return vault

    def begin_epoch(self) -> None:
        """Rotate: new records are written under new keys, and the old ones still count."""
        fresh = new_epoch(self.keys.current.epoch + 1)
        self.keys = msgspec.structs.replace(self.keys, epochs=(*self.keys.epochs, fresh))

    @asynccontextmanager
    async def running(
        self, limits: Mapping[str, int | None] = DEFAULT_LIMITS, known_days: int = 90
    ) -> AsyncIterator[Doors]:
        """Start the keyring as its process does, from what stands on disk; kill it at the end."""
        reader = await Reader.open(self.database.dsn(Role.KEYRING))
        service = Keyring(self.vault(), self.folder, reader, limits, known_days)
        await service.recall()
        ready = asyncio.Event()
        serving = asyncio.create_task(serve(service, self.sockets, ready.set))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        doors = Doors(
            service,
            GateKeyring(self.sockets),
            FeedKeyring(self.sockets),
            LedgerKeyring(self.sockets),
            OfficerKeyring(self.sockets),
        )
        try:
            if serving.done():
                waiting.cancel()
                serving.result()
            yield doors
        finally:
            for door in (doors.gate, doors.feed, doors.ledger, doors.officer):
                await door.close()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            await reader.close()

    async def put_on_file(
        self, member: Person, *, insurer: int = 1, feed: int = 1, state: str = "in_force"
    ) -> None:
        """Write a member's record and card pointer, as a loader does."""
        loaded = bulk.evaluate(
            self.keys.current,
            bulk.FeedPass("", insurer, feed, 1, ()),
            member.identifier,
            member.card,
        )
        if not await self.owner.fetchval(
            "SELECT true FROM feed WHERE insurer = $1 AND feed = $2", insurer, feed
        ):
            await self.owner.execute(_FEED, insurer, feed, state)
        sealed = record.seal(
            COVER,
            key=loaded.record_keys,
            index=loaded.indexes,
            insurer=insurer,
            feed=feed,
            epoch=loaded.epoch,
        )
        for table, idx, content in (
            ("cover_record", loaded.indexes, sealed),
            ("card_pointer", loaded.card_indexes, loaded.pointers),
        ):
            await self.owner.execute(
                f"INSERT INTO {table} VALUES ($1, $2, $3, $4, $5)",  # noqa: S608 - two constants
                *(idx, insurer, feed, loaded.epoch, content),
            )

    async def open_record(self, idx: bytes, insurer: int, feed: int, key: bytes) -> Cover:
        """Open the record on file with a key that the keyring gave."""
        row = await self.owner.fetchrow(
            "SELECT epoch, sealed FROM cover_record WHERE idx = $1 AND insurer = $2 AND feed = $3",
            *(idx, insurer, feed),
        )
        assert row is not None
        return record.open_record(
            row["sealed"], key=key, index=idx, insurer=insurer, feed=feed, epoch=row["epoch"]
        )

    async def commit(self, *entries: SealedEntry, at: datetime | None = None) -> int:
        """Append entries as the gate does; return the position of the first."""
        gate = await self.database.connect(Role.GATE)
        try:
            async with gate.transaction():
                return await append(gate, entries, at or datetime.now(UTC))
        finally:
            await gate.close()

    async def settle(self, located: Located, days: int = 730) -> None:
        """Write the row of a settlement reference, as the gate does."""
        await self.owner.execute(
            "INSERT INTO settlement VALUES ($1, $2, '2026-11-23', now() + $3 * interval '1 day')",
            *(located.reference_row, located.wrapped, days),
        )

    async def truncate(self, size: int) -> None:
        """Bring back a database that had `size` entries."""
        await self.owner.execute("DELETE FROM ledger_entry WHERE position >= $1", size)
        await self.owner.execute("UPDATE ledger_head SET size = $1", size)


def index(located: Located) -> bytes:
    """The newest epoch's index."""
    return located.candidates[-1][1]


async def sealed(gate: GateKeyring, event: Event, entry: bytes | None = None) -> SealedEntry:
    """Seal an event as the gate does, with the month's keys that it was given."""
    keys = await gate.month_keys(datetime.now(UTC).strftime("%Y-%m"))
    return seal(event, keys, entry or os.urandom(16))


async def sealed_bytes(gate: GateKeyring, body: bytes, entry: bytes) -> SealedEntry:
    """Seal anything at all as an entry: whoever holds the month's keys can."""
    keys = await gate.month_keys(datetime.now(UTC).strftime("%Y-%m"))
    nonce, padded = os.urandom(12), len(body).to_bytes(2, "big") + body
    text = nonce + AESGCM(keys.key).encrypt(nonce, padded, entry)
    return SealedEntry(entry, keys.month, text, commitment(text, keys.salt_key, entry))


def check(subject: bytes, **changes: object) -> Check:
    """A check of the typed lane that was released and opens one record."""
    facts: dict[str, Any] = {
        "at": datetime.now(UTC),
        "check": bytes(16),
        "account": bytes(16),
        "organisation": PHARMACY,
        "device": bytes(32),
        "lane": "typed",
        "kind": "person",
        "subject": subject,
        "opened": ((1, 1),),
        "family": "pharmacy",
        "care_date": date(2026, 11, 23),
        "outcome": "released",
        "policy": "test",
    }
    return Check(**{**facts, **changes})
