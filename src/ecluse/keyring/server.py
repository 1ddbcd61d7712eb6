"""The keyring's process: one Unix socket per caller, each with what that caller may ask."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import msgspec

from ecluse.errors import EcluseError
from ecluse.keyring import messages as m
from ecluse.keyring.bulk import BulkError, FeedPass


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from ecluse.keyring.service import Keyring


log = logging.getLogger(__name__)

#: Which socket may ask what. In production each belongs to its caller's own user.
ALLOWED: dict[str, tuple[type, ...]] = {
    "gate": (m.Hello, m.Locate, m.Unseal, m.MonthKeysOf, m.SealEvent),
    "feed": (m.LoaderIdentity, m.OpenFeed, m.EvaluateChunk, m.SealEvent),
    "ledger": (m.Sign, m.PublicKey, m.Salts),
    "officer": (m.SealEvent, m.PublicKey, m.LoaderIdentity),
}


class Session:
    """One caller's connection: what it may ask, and the feed it has opened."""

    def __init__(self, keyring: Keyring, caller: str) -> None:
        self._keyring = keyring
        self._allowed = ALLOWED[caller]
        self._feed: FeedPass | None = None

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
            case m.EvaluateChunk(chunk, persons, cards):
                if self._feed is None:
                    raise BulkError("Open a manifest first.")
                self._feed, evaluated = await self._keyring.evaluate(
                    self._feed, chunk, persons, cards
                )
                return evaluated
            case _:
                return self._answer_at_once(request)

    def _answer_at_once(self, request: m.Request) -> object:
        keyring = self._keyring
        match request:
            case m.Hello(size, restore_noted):
                return keyring.greet(size, restore_noted=restore_noted)
            case m.MonthKeysOf(month):
                return keyring.month(month)
            case m.LoaderIdentity():
                return keyring.loader_identity()
            case m.OpenFeed(manifest, signature):
                self._feed = keyring.open_feed(manifest, signature)
                return self._feed.rows
            case m.SealEvent(event):
                return keyring.seal(event)
            case m.Sign(body, size):
                return keyring.sign(body, size)
            case m.PublicKey():
                return keyring.public_key()
            case m.Salts():
                return keyring.salts()
        raise EcluseError("The keyring does not know this request.")


async def serve(keyring: Keyring, folder: Path, ready: Callable[[], None]) -> None:
    """Serve every socket in `folder` until cancelled; call `ready` when all are open."""
    async with asyncio.TaskGroup() as tasks:
        for caller in ALLOWED:
            path = folder / f"keyring-{caller}.sock"
            path.unlink(missing_ok=True)
            server = await asyncio.start_unix_server(_handler(keyring, caller, tasks), path)
            path.chmod(0o600)
            tasks.create_task(server.serve_forever())
        ready()


def _handler(
    keyring: Keyring, caller: str, tasks: asyncio.TaskGroup
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(keyring, caller)
        decoder = msgspec.msgpack.Decoder(m.Call)
        try:
            while (body := await m.read_frame(reader)) is not None:
                call = decoder.decode(body)
                tasks.create_task(_reply(session, call, writer))
        except (ValueError, msgspec.MsgspecError, ConnectionError):
            log.warning("the %s socket sent something that is not a request", caller)
        finally:
            writer.close()

    return handle


async def _reply(session: Session, call: m.Call, writer: asyncio.StreamWriter) -> None:
    try:
        value: Any = await session.answer(call.request)
        reply = m.Reply(call.number, msgspec.Raw(msgspec.msgpack.encode(value)))
    except EcluseError as error:
        nothing = msgspec.Raw(msgspec.msgpack.encode(None))
        reply = m.Reply(call.number, nothing, error.problem, error.hint)
    if not writer.is_closing():
        writer.write(m.frame(reply))
