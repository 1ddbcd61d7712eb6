"""The keyring's process: one Unix socket per caller, each with what that caller may ask."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import msgspec

from ecluse.errors import EcluseError
from ecluse.keyring import messages as m
from ecluse.keyring.bulk import BulkError
from ecluse.keyring.scope import NotOpenError
from ecluse.ledger.entry import (
    ActDone,
    ActProposed,
    ActSeconded,
    ActWithdrawn,
    AlarmHeard,
    AlarmRaised,
    AlarmTold,
    Contained,
    EnrolmentAccepted,
    EnrolmentRefused,
    FeedHeld,
    FeedInForce,
    FeedPurged,
    FeedRefused,
    HoneyPlanted,
    IncidentChanged,
    IncidentClosed,
    IncidentOpened,
    InsurerAdded,
    Lock,
    NoticeAcknowledged,
    NoticeFetched,
    NoticesBuilt,
    NoticesSent,
    OrganisationAdded,
    PageRelease,
    PeerAdded,
    PeerRemoved,
    ProfessionalNamed,
    ScopeTaken,
    SignedOut,
    Unlock,
    encode,
)


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from ecluse.keyring.bulk import FeedPass
    from ecluse.keyring.evidence import Openings
    from ecluse.keyring.scope import Scoping
    from ecluse.keyring.service import Keyring
    from ecluse.ledger.entry import AnyEvent


log = logging.getLogger(__name__)

#: Which socket may ask what. In production each belongs to its caller's own user.
ALLOWED: dict[str, tuple[type, ...]] = {
    "gate": (m.Hello, m.Locate, m.Unseal, m.MonthKeysOf, m.EnrolPhone, m.EndPhone),
    "feed": (m.LoaderIdentity, m.OpenFeed, m.EvaluateChunk, m.SealEvent),
    "ledger": (m.Sign, m.PublicKey, m.Salts),
    "watch": (m.FactsSince, m.FactsAt, m.SealEvent),
    "exchange": (m.SealEvent, m.NeighbourKeyOf, m.SignForNeighbours),
    # Apart from the officer's, which the console holds as well: who has it knows the invented members.
    "honey": (m.SealEvent, m.PlantHoney, m.HoneyOf),
    "officer": (m.SealEvent, m.ReleaseAt, m.PublicKey, m.LoaderRecipient, m.NeighbourKeyOf),
    "breach": (
        *(m.OpenScope, m.ScopeFrom, m.OpenActs, m.SignEvidence),
        *(m.SealEvent, m.PublicKey),
    ),
}
#: Of what each may have ledger entries made. The gate seals its own.
SEALED: dict[str, tuple[type[AnyEvent], ...]] = {
    "watch": (AlarmRaised, Contained),
    "exchange": (AlarmTold, AlarmHeard, Contained),
    "honey": (HoneyPlanted,),
    "feed": (FeedInForce, FeedRefused, FeedHeld, FeedPurged, ActDone),
    "officer": (
        *(EnrolmentAccepted, EnrolmentRefused, OrganisationAdded, InsurerAdded),
        *(Lock, Unlock, SignedOut, PageRelease),
        *(ActProposed, ActSeconded, ActWithdrawn, ActDone),
        *(PeerAdded, PeerRemoved, ProfessionalNamed),
        *(IncidentOpened, IncidentChanged, IncidentClosed),
        *(NoticesSent, NoticeFetched, NoticeAcknowledged),
    ),
    # It tells whom an incident concerns, and cannot say that there is one.
    "breach": (ScopeTaken, NoticesBuilt),
}
#: Calls of one connection that are worked on at a time; the next one waits unread.
_AT_ONCE = 64

_calls = msgspec.msgpack.Decoder(m.Call)


class Session:
    """One caller's connection: what it may ask, and the feed or incident it has opened."""

    def __init__(self, keyring: Keyring, caller: str) -> None:
        self._keyring = keyring
        self._allowed = ALLOWED[caller]
        self._sealed = SEALED.get(caller, ())
        self._feed: FeedPass | None = None
        self._scope: Scoping | None = None
        self._openings: Openings | None = None

    async def answer(self, request: m.Request) -> object:
        """Return the reply's value.

        Raises:
            EcluseError: The request is refused.
        """
        if not isinstance(request, self._allowed):
            raise EcluseError("This socket does not allow that request.")
        match request:
            case m.Locate(checks):
                return await self._keyring.locate(checks)
            case m.Unseal(entries):
                return await self._keyring.unseal(entries)
            case m.Hello(restore_noted):
                return await self._keyring.greet(restore_noted=restore_noted)
            case m.EvaluateChunk(chunk, persons, cards):
                if self._feed is None:
                    raise BulkError("Open a manifest first.")
                return await self._keyring.feeds.evaluate(self._feed, chunk, persons, cards)
            case m.OpenFeed(manifest, signature):
                self._feed = await self._keyring.feeds.open(manifest, signature)
                return self._feed.rows
            case m.Sign(body, size):
                return await self._keyring.continuity.sign(body, size)
            case m.ReleaseAt() | m.FactsSince() | m.FactsAt() | m.OpenScope() | m.ScopeFrom():
                return await self._read(request)
            case _:
                return await self._answer_other(request)

    async def _prove(self, request: m.OpenActs | m.SignEvidence) -> object:
        """Vouch for entries of the incident opened here."""
        if self._openings is None:
            raise NotOpenError
        match request:
            case m.OpenActs(positions):
                return await self._openings.open(positions)
            case m.SignEvidence(manifest):
                return self._keyring.continuity.sign_evidence(self._openings, manifest)

    async def _answer_other(self, request: m.Request) -> object:
        """Follow an insurer's word about a phone, vouch for an incident; or answer at once."""
        match request:
            case m.EnrolPhone(word, phone, card):
                return await self._keyring.enrol_phone(word, phone, card)
            case m.EndPhone(word):
                return await self._keyring.end_phone(word)
            case m.OpenActs() | m.SignEvidence():
                return await self._prove(request)
            case _:
                return self._answer_at_once(request)

    async def _read(
        self, request: m.ReleaseAt | m.FactsSince | m.FactsAt | m.OpenScope | m.ScopeFrom
    ) -> object:
        """Tell what this caller may know of entries."""
        match request:
            case m.ReleaseAt(position):
                return await self._keyring.page_release(position)
            case m.FactsSince(position):
                return await self._keyring.facts(position)
            case m.FactsAt(positions):
                return await self._keyring.facts_at(positions)
            case m.OpenScope(statement):
                self._scope = await self._keyring.scope(statement)
                self._openings = self._keyring.openings(self._scope)
                return encode(self._scope.statement)
            case m.ScopeFrom(position, end):
                if self._scope is None:
                    raise NotOpenError
                return await self._scope.page(position, end)

    def _answer_at_once(self, request: m.Request) -> object:
        keyring = self._keyring
        match request:
            case m.MonthKeysOf(month):
                return keyring.entries.present_month(month)
            case m.LoaderIdentity():
                return keyring.vault.keys.loader
            case m.LoaderRecipient():
                return keyring.vault.keys.recipient
            case m.SealEvent(event):
                return keyring.seal(event, self._sealed)
            case m.PublicKey():
                return keyring.continuity.public_key()
            case m.Salts():
                return keyring.entries.salts()
            case _:
                return self._answer_aside(request)

    def _answer_aside(self, request: m.Request) -> object:
        """Answer what is about neither a check, a feed nor an entry."""
        keyring = self._keyring
        match request:
            case m.PlantHoney(amc, count):
                return keyring.honey.plant(amc, count)
            case m.HoneyOf():
                return keyring.honey.members()
            case m.NeighbourKeyOf():
                return keyring.neighbours.public_key
            case m.SignForNeighbours(message):
                return keyring.neighbours.sign(message)
        raise EcluseError("The keyring does not know this request.")


async def serve(keyring: Keyring, folder: Path, ready: Callable[[], None]) -> None:
    """Serve every socket in `folder` until cancelled; call `ready` when all are open.

    Raises:
        VaultError: Another process serves these keys.
    """
    connections: set[asyncio.Task[Any]] = set()
    with keyring.vault.held():
        try:
            async with asyncio.TaskGroup() as tasks:
                for caller in ALLOWED:
                    path = folder / f"keyring-{caller}.sock"
                    path.unlink(missing_ok=True)
                    handler = _handler(keyring, caller, connections)
                    server = await asyncio.start_unix_server(handler, path)
                    path.chmod(0o600)
                    tasks.create_task(server.serve_forever())
                ready()
        finally:
            for connection in connections:
                connection.cancel()
            await asyncio.gather(*connections, return_exceptions=True)


def _handler(
    keyring: Keyring, caller: str, connections: set[asyncio.Task[Any]]
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Everything of one connection hangs on one task: a call that fails in a way that nobody
        # foresaw ends its own connection, never the keyring.
        task = asyncio.current_task()
        if task is not None:
            connections.add(task)
            task.add_done_callback(connections.discard)
        try:
            await _converse(Session(keyring, caller), reader, writer)
        except* (ValueError, msgspec.MsgspecError):
            log.warning("the %s socket sent something that is not a request", caller)
        except* ConnectionError:
            log.info("the %s socket was closed in the middle of a call", caller)
        finally:
            writer.close()

    return handle


async def _converse(
    session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    free = asyncio.Semaphore(_AT_ONCE)
    async with asyncio.TaskGroup() as calls:
        while (body := await m.read_frame(reader)) is not None:
            await free.acquire()
            calls.create_task(_reply(session, _calls.decode(body), writer, free))


async def _reply(
    session: Session, call: m.Call, writer: asyncio.StreamWriter, free: asyncio.Semaphore
) -> None:
    try:
        value: Any = await session.answer(call.request)
        reply = m.Reply(call.number, msgspec.Raw(msgspec.msgpack.encode(value)))
    except EcluseError as error:
        nothing = msgspec.Raw(msgspec.msgpack.encode(None))
        reply = m.Reply(call.number, nothing, error.problem, error.hint)
    writer.write(m.frame(reply))
    # A caller that does not read its replies waits for itself.
    await writer.drain()
    free.release()
