"""Checkpoints sent to real witnesses, and to those who only play one."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2
import pytest

from ecluse.ledger import cosigned, storage
from ecluse.ledger.cosignature import Witness, WitnessKey, cosign, verified
from ecluse.ledger.cosigning import Submitter, Terms
from ecluse.ledger.note import open_checkpoint, parse
from ecluse.ledger.submission import Submission
from ecluse.ledger.verify import verify
from ecluse.store.roles import Role
from ecluse.witness.folder import Folder, Identity
from ledger.conftest import EMPTY
from ledger.writing import LOG_KEY, SALTS, cover, fill
from witness.running import LATER, Running, witness


if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    import asyncpg

    from ecluse.store.database import Database

    Connection = asyncpg.Connection[Any]

pytestmark = pytest.mark.anyio

OFTEN = timedelta(0)
#: What the tables held when the log had 200 entries.
OLDER = """
DELETE FROM ledger_entry WHERE position >= 200; DELETE FROM ledger_tile;
DELETE FROM ledger_checkpoint WHERE size > 200; DELETE FROM ledger_cosignature WHERE size > 200;
DELETE FROM ledger_witness; UPDATE ledger_head SET size = 200;
"""
WITNESSES = "DELETE FROM ledger_witness; DELETE FROM ledger_cosignature; DELETE FROM ledger_refusal"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    Folder(tmp_path).follow(LOG_KEY)
    return tmp_path


@pytest.fixture
def running(state: Path) -> Iterator[Running]:
    with witness(state) as process:
        yield process


class Log(NamedTuple):
    """A ledger of 300 entries, and who submits its checkpoints."""

    gate: Connection
    ledger: Connection
    owner: Connection
    submitter: Submitter

    async def grow(self, begin: int, end: int) -> None:
        await fill(self.gate, begin, end)
        await cover(self.ledger)

    async def submit(self, to: Witness) -> cosigned.Standing:
        known = await cosigned.standings(self.ledger)
        last = known.get(to.key.text())
        await self.submitter.submit(to, last.size if last else 0)
        return (await cosigned.standings(self.ledger))[to.key.text()]

    async def cosigned(self, by: Witness, size: int) -> None:
        """Wait until a witness cosigned so many entries."""
        for _ in range(80):
            stands = (await cosigned.standings(self.ledger)).get(by.key.text())
            if stands is not None and stands.size == size:
                return
            await asyncio.sleep(0.05)
        pytest.fail(f"not cosigned within 4 s: {size}")

    async def roll_back(self) -> None:
        """Bring an older copy of the database back."""
        await self.owner.execute(OLDER)


@pytest.fixture
async def log(
    database: Database, gate: Connection, ledger: Connection, owner: Connection
) -> AsyncIterator[Log]:
    await owner.execute(WITNESSES)
    async with httpx2.AsyncClient() as http:
        submitter = Submitter(lambda: database.connect(Role.LEDGER), http, LOG_KEY)
        log = Log(gate, ledger, owner, submitter)
        await log.grow(0, 200)
        yield log
        submitter.close()
    await owner.execute(EMPTY)
    await owner.execute(WITNESSES)


async def test_a_checkpoint_is_cosigned_and_served_with_the_cosignature(
    log: Log, running: Running
) -> None:
    told = Witness(running.url, running.key)
    assert (await log.submit(told)).size == 200
    await log.grow(200, 700)
    stands = await log.submit(told)
    assert (stands.size, stands.problem) == (700, "")
    served = await cosigned.latest(log.ledger)
    assert served
    text, signatures = parse(served.whole)
    (made,) = verified(text, signatures, [running.key], LATER)
    lately = await cosigned.lately(log.ledger)
    found = cosigned.newest(lately, LOG_KEY.name, [running.key], 1, LATER)
    assert found
    assert (found.size, found.at) == (700, made.at)
    report = await verify(log.ledger, LOG_KEY, salts=SALTS)
    assert (report.verified, report.cosignatures) == (True, 2)


async def test_what_the_database_forgot_of_a_witness_the_witness_says(
    log: Log, running: Running
) -> None:
    told = Witness(running.url, running.key)
    await log.submit(told)
    await log.grow(200, 300)
    await log.owner.execute("DELETE FROM ledger_witness")
    assert (await log.submit(told)).size == 300


async def test_a_witness_that_hangs_holds_up_nobody(log: Log, running: Running) -> None:
    """Neither the others nor the keeper; and nobody is asked more often than need be."""
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    hangs = Witness(f"http://127.0.0.1:{port}", WitnessKey("hangs.example.org", b"k" * 32))
    told = Witness(running.url, running.key)
    terms = Terms([hangs, told], OFTEN, timedelta(hours=1))
    began = time.monotonic()
    await log.submitter.round(terms, log.ledger)
    await log.cosigned(told, 200)
    await log.grow(200, 300)
    assert time.monotonic() - began < 4
    await log.submitter.round(Terms([told], timedelta(hours=1), OFTEN), log.ledger)
    await asyncio.sleep(0.3)
    assert (await cosigned.standings(log.ledger))[told.key.text()].size == 200
    await log.submitter.round(Terms([told], OFTEN, timedelta(hours=1)), log.ledger)
    await log.cosigned(told, 300)
    silent.close()


@pytest.mark.attack
async def test_a_database_that_was_rolled_back_is_refused_and_then_every_fork_of_it(
    log: Log, running: Running, state: Path
) -> None:
    told = Witness(running.url, running.key)
    await log.grow(200, 300)
    await log.submit(told)
    await log.roll_back()
    await cover(log.ledger)
    assert (
        await log.submit(told)
    ).problem == "It cosigned 300 entries; this ledger was rolled back."
    # What was erased is written anew, otherwise: the log is as long as before, then longer.
    await log.grow(1200, 1300)
    assert "is a fork" in (await log.submit(told)).problem
    await log.grow(1300, 1350)
    assert "is a fork" in (await log.submit(told)).problem
    evidence = await cosigned.refusals(log.ledger, datetime.now(UTC))
    assert [each.kind for each in evidence] == ["rolled_back", "forked", "forked"]
    for each in evidence:
        assert open_checkpoint(each.cosigned, LOG_KEY).size == 300
        assert open_checkpoint(each.offered, LOG_KEY)
    kinds = {each.kind for each in Folder(state).refused()}
    assert kinds == {"shorter", "fork", "unproved"}
    report = await verify(log.ledger, LOG_KEY, salts=SALTS)
    assert not report.verified
    assert all("does not begin with" in fault.problem for fault in report.faults)
    # Whom the policy names no more has no say: the ledger tells of the restore by itself.
    await log.owner.execute("UPDATE ledger_witness SET asked_at = now() - interval '2 days'")
    assert (await verify(log.ledger, LOG_KEY, salts=SALTS)).verified


@contextmanager
def impostor(answer: Callable[[Submission], str], status: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            said = answer(Submission.parse(body)).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.attack
async def test_nobody_else_passes_for_a_witness(log: Log) -> None:
    real, thief = Identity("witness.example.org/one", b"r" * 32), Identity("thief", b"t" * 32)
    named = WitnessKey(real.name, thief.key.public_key)
    now = int(time.time())

    def said(key: WitnessKey, by: Identity, at: int) -> Callable[[Submission], str]:
        return lambda sent: cosign(parse(sent.note)[0], key, by.private, at).line

    def of_another_text(sent: Submission) -> str:
        text = parse(sent.note)[0].replace("\n200\n", "\n100\n")
        return cosign(text, real.key, real.private, now).line

    answers: list[tuple[Callable[[Submission], str], str]] = [
        (said(named, thief, now), "holds no cosignature"),
        (said(real.key, thief, now), "holds no cosignature"),
        (said(thief.key, thief, now), "holds no cosignature"),
        (of_another_text, "holds no cosignature"),
        (lambda _: "200 OK", "holds no cosignature"),
        # The witness's own, and honest: kept since, or dated for later.
        (said(real.key, real, now - 3600), "is an old one"),
        (said(real.key, real, now + 3600), "holds no cosignature"),
    ]
    for answer, problem in answers:
        with impostor(answer) as url:
            assert problem in (await log.submit(Witness(url, real.key))).problem
    assert await cosigned.lately(log.ledger) == []


@pytest.mark.attack
@pytest.mark.parametrize("said", ["9" * 5000, "0", "100", "²", "-1", "\n", "x" * 70_000])
async def test_a_witness_that_talks_nonsense_brings_nothing_down(log: Log, said: str) -> None:
    key = Identity("witness.example.org/one", b"r" * 32).key
    with impostor(lambda _: said, status=409) as url:
        await log.submitter.submit(Witness(url, key), 0)
    assert await cosigned.refusals(log.ledger, datetime.now(UTC)) == []
    assert await cosigned.lately(log.ledger) == []
    await log.submitter.submit(Witness("https://[::", key), 0)
    assert (await cosigned.standings(log.ledger))[key.text()].problem


@pytest.mark.attack
async def test_a_cosignature_written_into_the_database_is_named(log: Log, running: Running) -> None:
    await log.submit(Witness(running.url, running.key))
    await log.grow(200, 300)
    moved = "UPDATE ledger_cosignature SET size = 300"
    await log.owner.execute(moved)
    report = await verify(log.ledger, LOG_KEY, salts=SALTS)
    assert [fault.position for fault in report.faults] == [299]
    assert "does not hold" in report.faults[0].problem
    lately = await cosigned.lately(log.ledger)
    assert cosigned.newest(lately, LOG_KEY.name, [running.key], 1, LATER) is None
    assert await storage.latest(log.ledger, 0)
