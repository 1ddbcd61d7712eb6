"""How the other processes speak to the keyring: one small class per caller."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Self, TypeVar

import msgspec

from ecluse.cards.grant import GrantError
from ecluse.errors import EcluseError
from ecluse.keyring import messages as m
from ecluse.keyring.bulk import Evaluated
from ecluse.keyring.evidence import OpenedAct
from ecluse.keyring.facts import Fact, Facts
from ecluse.keyring.scope import ScopePage
from ecluse.ledger.entry import IncidentChanged, IncidentOpened, PageRelease, decode, encode
from ecluse.ledger.seal import MonthKeys, SealedEntry


if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecluse.ledger.entry import Event


T = TypeVar("T")

_replies = msgspec.msgpack.Decoder(m.Reply)


class KeyringUnreachableError(EcluseError):
    """The keyring's process is not there, or went away in the middle of a call."""

    def __init__(self) -> None:
        super().__init__(
            "The keyring does not answer.", hint="Start it (ecluse serve keyring) and try again."
        )


class _Connection:
    """One connection; calls may overlap, replies come in any order."""

    _caller: str

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"keyring-{self._caller}.sock"
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[m.Reply]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._listener: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        #: How often the connection was opened: another number may be another keyring process.
        self.opened = 0

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; calls under way fail."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    async def _open(self) -> asyncio.StreamWriter:
        async with self._opening:
            if self._writer is None:
                try:
                    reader, self._writer = await asyncio.open_unix_connection(
                        self._path, limit=m.BUFFER
                    )
                except OSError:
                    raise KeyringUnreachableError from None
                self._listener = asyncio.create_task(self._listen(reader, self._writer))
                self.opened += 1
            return self._writer

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (body := await m.read_frame(reader)) is not None:
                reply = _replies.decode(body)
                waiting = self._waiting.pop(reply.number, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(reply)
        except ConnectionError:
            pass
        finally:
            writer.close()
            self._writer = None
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(KeyringUnreachableError())
            self._waiting.clear()

    async def _ask(self, request: m.Request, answer: type[T]) -> T:
        writer = await self._open()
        number = next(self._numbers)
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        writer.write(m.frame(m.Call(number, request)))
        reply = await waiting
        if reply.problem:
            raise EcluseError(reply.problem, hint=reply.hint)
        return msgspec.msgpack.decode(reply.value, type=answer)


class _Sealing(_Connection):
    async def seal_entry(self, event: Event) -> SealedEntry:
        """Have a ledger entry made of `event`."""
        return await self._ask(m.SealEvent(encode(event)), SealedEntry)


class GateKeyring(_Connection):
    """What the gate may ask."""

    _caller = "gate"

    async def hello(self, *, restore_noted: bool = False) -> m.Greeting:
        """Start: learn the state key and whether a restore happened that the ledger does not note.

        Args:
            restore_noted: The restore that the last greeting told of is in the ledger now.
        """
        return await self._ask(m.Hello(restore_noted), m.Greeting)

    async def month_keys(self, month: str) -> MonthKeys:
        """Return the keys that seal this month's entries."""
        return await self._ask(m.MonthKeysOf(month), MonthKeys)

    async def locate(self, checks: Sequence[m.Asked]) -> list[m.Located]:
        """Return where each check leads."""
        return await self._ask(m.Locate(tuple(checks)), list[m.Located])

    async def unseal(
        self, entries: Sequence[m.Committed], *, opened: int | None = None
    ) -> list[m.Opened]:
        """Return the record keys of committed entries.

        Args:
            entries: What was committed since `locate`.
            opened: What `opened` was at `locate`; None asks whatever keyring there is now.

        Raises:
            KeyringUnreachableError: The keyring that located them is gone, and its tickets with it.
        """
        await self._open()
        if opened not in (None, self.opened):
            raise KeyringUnreachableError
        return await self._ask(m.Unseal(tuple(entries)), list[m.Opened])

    async def enrol_phone(self, word: bytes, phone: bytes, card: bytes) -> m.PhoneGranted:
        """Have a phone stand for a card.

        Args:
            word: The insurer's grant, signed.
            phone: The phone's compressed public key, that whoever asks was proven to hold.
            card: The card's secret.

        Raises:
            GrantError: The keyring does not take it.
        """
        return await self._word(m.EnrolPhone(word, phone, card), m.PhoneGranted)

    async def end_phone(self, word: bytes) -> m.PhoneEnded:
        """Learn which phone an insurer's word ends.

        Raises:
            GrantError: None.
        """
        return await self._word(m.EndPhone(word), m.PhoneEnded)

    async def _word(self, request: m.EnrolPhone | m.EndPhone, answer: type[T]) -> T:
        try:
            return await self._ask(request, answer)
        except KeyringUnreachableError:
            raise
        except EcluseError as error:
            raise GrantError(error.problem, hint=error.hint) from None


class FeedKeyring(_Sealing):
    """What the loader may ask."""

    _caller = "feed"

    async def loader_identity(self) -> str:
        """Return the age identity that opens feeds."""
        return await self._ask(m.LoaderIdentity(), str)

    async def open_feed(self, manifest: bytes, signature: bytes) -> int:
        """Present a signed manifest; return its row count."""
        return await self._ask(m.OpenFeed(manifest, signature), int)

    async def evaluate(self, chunk: int, persons: bytes, cards: bytes) -> Evaluated:
        """Evaluate a chunk: n person identifiers of 22 bytes, n card secrets of 16."""
        return await self._ask(m.EvaluateChunk(chunk, persons, cards), Evaluated)


class LedgerKeyring(_Connection):
    """What the ledger's keeper and verifier may ask."""

    _caller = "ledger"

    async def sign(self, body: bytes, size: int) -> bytes:
        """Have a checkpoint over `size` entries signed (Ed25519, 64 bytes)."""
        return await self._ask(m.Sign(body, size), bytes)

    async def public_key(self) -> bytes:
        """Return the checkpoint key's public part."""
        return await self._ask(m.PublicKey(), bytes)

    async def salts(self) -> dict[str, bytes]:
        """Return the salt key of every month that was not erased."""
        return await self._ask(m.Salts(), dict[str, bytes])


class WatchKeyring(_Sealing):
    """What the watch may ask."""

    _caller = "watch"

    async def facts(self, position: int) -> Facts:
        """Return the checks that stand in the ledger from `position` on, without their subjects."""
        return await self._ask(m.FactsSince(position), Facts)

    async def facts_at(self, positions: tuple[int, ...]) -> tuple[Fact, ...]:
        """Return the checks that stand at these positions, without their subjects."""
        return await self._ask(m.FactsAt(positions), tuple[Fact, ...])


class BreachKeyring(_Sealing):
    """What the breach part may ask."""

    _caller = "breach"

    async def open_scope(self, statement: int) -> IncidentOpened | IncidentChanged:
        """Name the incident to be told of, by the position of its statement; return that.

        Raises:
            EcluseError: No statement of an open incident stands there.
        """
        event = decode(await self._ask(m.OpenScope(statement), bytes))
        if not isinstance(event, IncidentOpened | IncidentChanged):
            raise EcluseError("The keyring told of no incident.", hint="Upgrade both sides.")
        return event

    async def scope(self, position: int, end: int) -> ScopePage:
        """Return what concerns the incident in the ledger from `position` on, before `end`."""
        return await self._ask(m.ScopeFrom(position, end), ScopePage)

    async def open_acts(self, positions: Sequence[int]) -> tuple[OpenedAct, ...]:
        """Return entries of the incident's story, 1000 at most, with what proves each.

        Raises:
            EcluseError: One of them is no part of it, or does not open.
        """
        return await self._ask(m.OpenActs(tuple(positions)), tuple[OpenedAct, ...])

    async def sign_evidence(self, manifest: bytes) -> str:
        """Have all that was opened since `open_scope`, and a manifest's SHA-256, signed."""
        return await self._ask(m.SignEvidence(manifest), str)

    async def public_key(self) -> bytes:
        """Return the checkpoint key's public part."""
        return await self._ask(m.PublicKey(), bytes)


class _Neighbourly(_Sealing):
    async def neighbour_key(self) -> bytes:
        """Return the key this operator signs with among operators: a P-256 point of 65 bytes."""
        return await self._ask(m.NeighbourKeyOf(), bytes)


class ExchangeKeyring(_Neighbourly):
    """What the exchange with other operators may ask."""

    _caller = "exchange"

    async def sign(self, message: bytes) -> bytes:
        """Have a message signed in the operator's name (ES256, 64 bytes)."""
        return await self._ask(m.SignForNeighbours(message), bytes)


class HoneyKeyring(_Sealing):
    """What whoever plants invented members may ask: a socket that the console does not have."""

    _caller = "honey"

    async def plant(self, amc: str, count: int) -> int:
        """Have `count` members invented for an insurer; return how many it has now."""
        return await self._ask(m.PlantHoney(amc, count), int)

    async def members(self) -> list[tuple[str, bytes, bytes]]:
        """Return each one's insurer, person identifier (22 bytes) and card secret (16)."""
        return await self._ask(m.HoneyOf(), list[tuple[str, bytes, bytes]])


class OfficerKeyring(_Neighbourly):
    """What an officer's command may ask."""

    _caller = "officer"

    async def public_key(self) -> bytes:
        """Return the checkpoint key's public part."""
        return await self._ask(m.PublicKey(), bytes)

    async def loader_recipient(self) -> str:
        """Return the age recipient that feeds are encrypted to."""
        return await self._ask(m.LoaderRecipient(), str)

    async def page_release(self, position: int) -> PageRelease:
        """Return the release of the pages that stands at a position of the ledger.

        Raises:
            EcluseError: No release stands there.
        """
        return await self._ask(m.ReleaseAt(position), PageRelease)
