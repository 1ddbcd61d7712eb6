"""What the keyring does when asked: find, open, evaluate feeds, seal entries, sign checkpoints."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.errors import EcluseError
from ecluse.keyring import bulk, prf, trust
from ecluse.keyring.messages import Asked, Committed, Greeting, Located, Opened
from ecluse.keyring.meter import Meter
from ecluse.keyring.tickets import Ticket, Tickets
from ecluse.keyring.vault import FeedMark, Marks
from ecluse.keyring.wrap import Target, pointer_row, reference_row, unwrap, wrap
from ecluse.ledger.entry import Check, decode
from ecluse.ledger.seal import MonthKeys, SealedEntry, open_sealed, seal


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ecluse.keyring.reader import Entry, Pointer, Reader
    from ecluse.keyring.vault import Vault


#: Distinct persons a day that the keyring locates and opens per lane; None counts only.
DEFAULT_LIMITS: dict[str, int | None] = {"card": None, "typed": 250_000}

_CARD_SIZE = 16


class Keyring:
    """The keys, the meter and the tickets, behind one door."""

    def __init__(
        self,
        vault: Vault,
        folder: Path,
        reader: Reader,
        limits: Mapping[str, int | None] = DEFAULT_LIMITS,
    ) -> None:
        self._vault = vault
        self._keys = vault.keys
        self._folder = folder
        self._reader = reader
        self._marks = vault.marks()
        self._months: dict[str, MonthKeys] = {}
        self._tickets = Tickets()
        self._asked = {lane: Meter(limit) for lane, limit in limits.items()}
        self._opened = {lane: Meter(limit) for lane, limit in limits.items()}
        self._checkpoint_key = Ed25519PrivateKey.from_private_bytes(self._keys.checkpoint)

    async def recall(self) -> int:
        """Fill the meters from the last day of the ledger, so that a restart frees nobody."""
        recalled = 0
        async for row in self._reader.since(datetime.now(UTC) - timedelta(days=1)):
            event = self._read(row)
            if isinstance(event, Check) and event.lane in self._asked:
                self._asked[event.lane].restore(event.subject, row.at.timestamp())
                if event.outcome == "released":
                    self._opened[event.lane].restore(event.subject, row.at.timestamp())
                recalled += 1
        return recalled

    async def locate(self, checks: Sequence[Asked]) -> list[Located]:
        """Return where each check leads, and keep a ticket for each that the meter admits."""
        now = time.time()
        epoch = self._keys.current
        cards = {
            check.entry: prf.card_index(epoch.index, check.identifier)
            for check in checks
            if len(check.identifier) == _CARD_SIZE
        }
        pointers = await self._reader.pointers(list(cards.values())) if cards else {}
        return [self._locate(check, cards.get(check.entry), pointers, now) for check in checks]

    def _locate(
        self, check: Asked, card: bytes | None, pointers: Mapping[bytes, Pointer], now: float
    ) -> Located:
        insurer = None
        if card is None:
            targets = self._targets(check.identifier)
        else:
            insurer, targets = self._follow(card, check.identifier, pointers.get(card))
        meter = self._asked.get(check.lane)
        admitted = (
            meter is not None
            and (card is None) == (check.lane == "typed")
            and meter.admit(targets[-1].idx, now)
        )
        reference = os.urandom(16)
        row = reference_row(reference, check.organisation)
        wrapped = wrap(prf.reference_key(self._keys.reference, reference), targets[-1], row)
        if admitted:
            ticket = Ticket(check.lane, check.organisation, targets, insurer, reference)
            self._tickets.put(check.entry, ticket, now)
        candidates = tuple((target.epoch, target.idx) for target in targets)
        return Located(candidates, insurer, row, wrapped, admitted)

    def _targets(self, identifier: bytes) -> tuple[Target, ...]:
        return tuple(
            Target(
                keys.epoch,
                prf.person_index(keys.index, identifier),
                prf.person_key(keys.person, identifier),
            )
            for keys in self._keys.epochs
        )

    def _follow(
        self, card: bytes, secret: bytes, pointer: Pointer | None
    ) -> tuple[int | None, tuple[Target, ...]]:
        """Open a card's pointer; a card that leads nowhere leads to a target nobody has."""
        if pointer is not None:
            key = prf.pointer_key(self._keys.current.pointer, secret)
            target = unwrap(key, pointer.sealed, pointer_row(card, pointer.insurer, pointer.feed))
            if target is not None:
                return pointer.insurer, (target,)
        nobody = hashlib.blake2b(card, digest_size=48, key=self._keys.state).digest()
        return None, (Target(self._keys.current.epoch, nobody[:16], nobody[16:]),)

    async def unseal(self, entries: Sequence[Committed]) -> list[Opened]:
        """Return the record keys of entries that the keyring finds committed, once each."""
        now = time.time()
        found = await self._reader.entries([entry.position for entry in entries])
        return [self._unseal(entry, found.get(entry.position), now) for entry in entries]

    def _unseal(self, asked: Committed, row: Entry | None, now: float) -> Opened:
        ticket = self._tickets.take(asked.entry, now)
        event = self._read(row) if row is not None and row.entry == asked.entry else None
        if ticket is None or not isinstance(event, Check) or event.outcome != "released":
            return Opened((), b"")
        target = next((t for t in ticket.targets if t.idx == event.subject), None)
        if (
            target is None
            or event.lane != ticket.lane
            or event.organisation != ticket.organisation
            or any(insurer != (ticket.insurer or insurer) for insurer, _ in event.opened)
            or not self._opened[event.lane].admit(event.subject, now)
        ):
            return Opened((), b"")
        record_keys = tuple(
            (insurer, feed, prf.record_key(target.key, insurer, feed))
            for insurer, feed in event.opened
        )
        return Opened(record_keys, ticket.reference)

    def _read(self, row: Entry) -> object:
        """Open a ledger entry; None when it was erased."""
        if row.sealed is None:
            return None
        return decode(open_sealed(row.sealed, self.month(row.month), row.entry))

    def month(self, name: str) -> MonthKeys:
        """Return the keys of a month of ledger."""
        if name not in self._months:
            self._months[name] = self._vault.month(name)
        return self._months[name]

    def salts(self) -> dict[str, bytes]:
        """Return the salt key of every month that was not erased."""
        return {name: self.month(name).salt_key for name in self._vault.months()}

    def greet(self, size: int, *, restore_noted: bool) -> Greeting:
        """Say whether the ledger is shorter than what was signed: the database was restored.

        Until the gate has noted that in the ledger itself, every greeting says so again; then the
        shorter ledger is the one that goes on.
        """
        restored = size < self._marks.signed_size
        if restored and restore_noted:
            self._remember(Marks(size, self._marks.feeds))
        return Greeting(self._keys.state, restored)

    def loader_identity(self) -> str:
        """Return the age identity that feeds are encrypted to."""
        return self._keys.loader

    def open_feed(self, manifest: bytes, signature: bytes) -> bulk.FeedPass:
        """Open a signed manifest; what was evaluated under it before still counts.

        Raises:
            BulkError: The signature does not hold, or this insurer has sent a later feed.
        """
        insurer, feed, rows = trust.announced(trust.insurers(self._folder), manifest, signature)
        digest = hashlib.sha256(manifest).hexdigest()
        last = self._marks.feeds.get(insurer, FeedMark(0, "", ()))
        if feed < last.feed or (feed == last.feed and digest != last.manifest):
            raise bulk.BulkError(
                f"Feed {last.feed} of this insurer was opened before, under another manifest.",
                hint="Prepare the feed again with a higher number.",
            )
        return bulk.FeedPass(digest, insurer, feed, rows, last.chunks if feed == last.feed else ())

    async def evaluate(
        self, feed: bulk.FeedPass, chunk: int, persons: bytes, cards: bytes
    ) -> tuple[bulk.FeedPass, bulk.Evaluated]:
        """Evaluate a chunk of an opened feed, once it is durably remembered."""
        admitted = bulk.admit(feed, chunk, persons, cards, self._keys.state)
        if admitted is not feed:
            mark = FeedMark(admitted.feed, admitted.manifest, admitted.chunks)
            self._remember(
                Marks(self._marks.signed_size, {**self._marks.feeds, feed.insurer: mark})
            )
        evaluated = await asyncio.to_thread(
            bulk.evaluate, self._keys.current, admitted, persons, cards
        )
        return admitted, evaluated

    def seal(self, event: bytes) -> SealedEntry:
        """Seal an encoded event as a ledger entry of this month."""
        name = datetime.now(UTC).strftime("%Y-%m")
        return seal(decode(event), self.month(name), os.urandom(16))

    def sign(self, body: bytes, size: int) -> bytes:
        """Sign a checkpoint (Ed25519, 64 bytes) over `size` entries.

        Raises:
            EcluseError: A larger ledger was signed before.
        """
        if size < self._marks.signed_size:
            raise EcluseError(
                f"The ledger has {size} entries; {self._marks.signed_size} were signed before.",
                hint="The database was restored or truncated. Restart the gate: it will say so.",
            )
        if size > self._marks.signed_size:
            self._remember(Marks(size, self._marks.feeds))
        return self._checkpoint_key.sign(body)

    def public_key(self) -> bytes:
        """Return the checkpoint key's public part (32 bytes)."""
        return self._checkpoint_key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )

    def _remember(self, marks: Marks) -> None:
        self._vault.remember(marks)
        self._marks = marks
