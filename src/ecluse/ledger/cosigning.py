"""The keeper's side of witnesses: each is sent the latest checkpoint, and what it returns is verified.

It stands beside the keeper and never in its way: connections of its own, and a witness that is slow
or gone costs nobody but itself. What a witness says is believed as far as its signatures go.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2

from ecluse.errors import EcluseError
from ecluse.ledger import cosigned, proofs, reader, storage
from ecluse.ledger.cosignature import verified
from ecluse.ledger.cosigned import Kind, Refusal
from ecluse.ledger.errors import LedgerError
from ecluse.ledger.note import NoteError, open_checkpoint, parse, read_signatures
from ecluse.ledger.submission import MOST_BYTES, Submission
from ecluse.store.errors import FAILURES


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import asyncpg

    from ecluse.ledger.cosignature import Cosignature, Witness, WitnessKey
    from ecluse.ledger.note import Checkpoint, VerifierKey
    from ecluse.ledger.storage import Connection

#: Seconds from one look at the log to the next.
INTERVAL = 1.0
#: Seconds for a witness to answer.
_PATIENCE = 5.0
#: A witness's clock may be wrong by so much, and an answer is no older than that when it comes.
_SKEW = timedelta(seconds=60)
#: Times that a witness may say in a row that it knows another size.
_TRIES = 3


#: What a witness answers that knows another size; a longer number is no size of any tree.
_SIZE = re.compile(r"[0-9]{1,18}\n?")
#: What an answer that is none may end in; an address that is none is the policy's fault.
_SILENT = (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ValueError)


class Terms(NamedTuple):
    """Who is asked, and how often."""

    witnesses: Sequence[Witness]
    #: From one checkpoint submitted to the next.
    every: timedelta
    #: After so long the same checkpoint is submitted again: a cosignature says how things stood.
    again: timedelta


class UnwitnessedError(LedgerError):
    """A witness did not cosign; says why."""


class Submitter:
    """Sends one log's checkpoints to its witnesses."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection[Any]]],
        http: httpx2.AsyncClient,
        key: VerifierKey,
        shard: int = 0,
    ) -> None:
        self._connect = connect
        self._http = http
        self._key = key
        self._shard = shard
        self._under_way: dict[WitnessKey, asyncio.Task[None]] = {}

    async def round(self, terms: Terms, connection: Connection) -> None:
        """Submit the latest checkpoint to every witness whose time has come, and wait for none."""
        note = await storage.latest(connection, self._shard)
        if note is None:
            return
        size = open_checkpoint(note, self._key).size
        known = await cosigned.standings(connection, self._shard)
        now = datetime.now(UTC)
        self._settle()
        for witness in terms.witnesses:
            last = known.get(witness.key.text())
            waits = terms.again if last and last.size == size and not last.problem else terms.every
            if last is not None and now - last.asked_at < waits:
                continue
            if witness.key not in self._under_way:
                asking = self.submit(witness, last.size if last else 0)
                self._under_way[witness.key] = asyncio.create_task(asking)

    def _settle(self) -> None:
        """Forget the submissions that ended; one that the database ended says so."""
        for key in [key for key, task in self._under_way.items() if task.done()]:
            self._under_way.pop(key).result()

    def close(self) -> None:
        """Leave what is under way."""
        for task in self._under_way.values():
            task.cancel()

    async def submit(self, witness: Witness, size: int) -> None:
        """Have a witness cosign the latest checkpoint; note how it went.

        Args:
            witness: Whom to ask.
            size: What it cosigned last, as far as is known here.
        """
        connection = await self._connect()
        try:
            for _ in range(_TRIES):
                now = datetime.now(UTC)
                try:
                    other = await self._ask(connection, witness, size, now)
                except UnwitnessedError as error:
                    await cosigned.asked(
                        connection, self._shard, witness.key, size, now, error.problem
                    )
                    return
                if other is None:
                    return
                size = other
        finally:
            connection.terminate()

    async def _ask(
        self, connection: Connection, witness: Witness, old: int, now: datetime
    ) -> int | None:
        """Ask once; return the size that the witness wants a proof from, if it is another one.

        Raises:
            UnwitnessedError: It did not cosign.
        """
        submission = await self._submission(connection, old)
        offered = open_checkpoint(submission.note, self._key)
        status, said = await self._post(witness, submission)
        match status:
            case 200:
                made = self._cosignature(witness, submission.note, said, now)
                async with connection.transaction():
                    await cosigned.keep(connection, self._shard, offered.size, made)
                    await cosigned.asked(connection, self._shard, witness.key, offered.size, now)
                return None
            case 409 if _SIZE.fullmatch(said) and int(said) != old:
                # A checkpoint is stored before anybody is sent it: a larger one is not ours any more.
                if int(said) > await self._size(connection):
                    raise await self._contradicted(connection, witness, submission.note, now)
                return int(said)
            case 409 | 422:
                raise await self._contradicted(connection, witness, submission.note, now)
            case _:
                raise UnwitnessedError(f"It answered {status}.")

    async def _submission(self, connection: Connection, old: int) -> Submission:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            note = await proofs.checkpoint(connection, shard=self._shard)
            size = open_checkpoint(note, self._key).size
            # A witness that saw more than there is here is sent what there is: it will say so.
            if not 0 < old <= size:
                return Submission(0, (), note)
            proof = await proofs.consistency(connection, old, shard=self._shard)
        return Submission(old, proof.hashes, note)

    async def _post(self, witness: Witness, submission: Submission) -> tuple[int, str]:
        try:
            async with (
                asyncio.timeout(_PATIENCE),
                self._http.stream(
                    "POST", f"{witness.url}/add-checkpoint", content=submission.body()
                ) as answer,
            ):
                return answer.status_code, await _text(answer)
        except _SILENT as error:
            raise UnwitnessedError(f"It does not answer ({type(error).__name__}).") from None

    def _cosignature(self, witness: Witness, note: str, said: str, now: datetime) -> Cosignature:
        text, _ = parse(note)
        try:
            found = verified(text, read_signatures(said), [witness.key], (now + _SKEW).timestamp())
        except NoteError:
            found = []
        if not found:
            raise UnwitnessedError("Its answer holds no cosignature of its key on this checkpoint.")
        if found[0].at < (now - _SKEW).timestamp():
            raise UnwitnessedError("Its cosignature is an old one, or its clock is wrong.")
        return found[0]

    async def _contradicted(
        self, connection: Connection, witness: Witness, note: str, now: datetime
    ) -> UnwitnessedError:
        """Find out in what a witness that refuses saw another log, keep both notes, and say it.

        Raises:
            UnwitnessedError: It shows nothing that speaks against this log.
        """
        shown, theirs = await self._shown(witness)
        offered = open_checkpoint(note, self._key)
        if theirs.size > offered.size:
            kind, said = Kind.ROLLED_BACK, "was rolled back"
        elif await self._root(connection, theirs.size) != theirs.root:
            kind, said = Kind.FORKED, "is a fork"
        else:
            raise UnwitnessedError("It refuses what goes on from its own checkpoint.")
        refusal = Refusal(witness.key.text(), kind, shown, note, now)
        await cosigned.refused(connection, self._shard, refusal)
        return UnwitnessedError(f"It cosigned {theirs.size} entries; this ledger {said}.")

    async def _shown(self, witness: Witness) -> tuple[str, Checkpoint]:
        """Return what a witness cosigned last, by its own word, which this log's key signed."""
        path = sha256(self._key.name.encode()).hexdigest()
        try:
            async with (
                asyncio.timeout(_PATIENCE),
                self._http.stream("GET", f"{witness.url}/{path}/checkpoint") as answer,
            ):
                answer.raise_for_status()
                shown = await _text(answer)
            return shown, open_checkpoint(shown, self._key)
        except (*_SILENT, NoteError):
            raise UnwitnessedError("It refuses, and shows no checkpoint of this log.") from None

    async def _size(self, connection: Connection) -> int:
        return open_checkpoint(await proofs.checkpoint(connection), self._key).size

    async def _root(self, connection: Connection, size: int) -> bytes:
        return (await reader.edge(connection, self._shard, size)).root()


async def show(
    connect: Callable[[], Awaitable[asyncpg.Connection[Any]]],
    key: VerifierKey,
    terms: Callable[[Connection], Awaitable[Terms]],
) -> None:
    """Show the log to every witness at once: of one that is broken they tell what they know."""
    connection = await connect()
    try:
        known = await cosigned.standings(connection)
        asked = (await terms(connection)).witnesses
        async with httpx2.AsyncClient() as http:
            submitter = Submitter(connect, http, key)
            sizes = [known[name].size if name in known else 0 for name in map(_name, asked)]
            await asyncio.gather(*map(submitter.submit, asked, sizes))
    finally:
        connection.terminate()


def _name(witness: Witness) -> str:
    return witness.key.text()


async def keep_cosigned(
    connect: Callable[[], Awaitable[asyncpg.Connection[Any]]],
    key: Callable[[], Awaitable[VerifierKey]],
    terms: Callable[[Connection], Awaitable[Terms]],
    report: Callable[[Exception], None],
) -> None:
    """Have a log's checkpoints cosigned until cancelled, outliving database and witnesses.

    Args:
        connect: Opens a connection of the role `ledger`.
        key: Asks for the log's name and key.
        terms: Reads who is asked, and how often.
        report: Told of each interruption.
    """
    async with httpx2.AsyncClient() as http:
        while True:
            try:
                submitter = Submitter(connect, http, await key())
                connection = await connect()
                try:
                    while True:
                        await submitter.round(await terms(connection), connection)
                        await asyncio.sleep(INTERVAL)
                finally:
                    submitter.close()
                    connection.terminate()
            except (*FAILURES, EcluseError) as error:
                report(error)
                await asyncio.sleep(INTERVAL)


async def _text(answer: httpx2.Response) -> str:
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            raise ValueError("an answer longer than any note")
    return body.decode()
