"""Each socket is one caller's, and carries that caller's requests only."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from ecluse.errors import EcluseError
from ecluse.keyring import messages as m
from ecluse.keyring.server import ALLOWED
from ecluse.keyring.vault import VaultError
from ecluse.ledger.entry import EnrolmentAccepted, FeedInForce, encode
from ecluse.ledger.seal import open_sealed
from keyring.lodge import check, person, typed


if TYPE_CHECKING:
    from pathlib import Path

    from keyring.lodge import Lodge


pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
MONTH = NOW.strftime("%Y-%m")
FEED = FeedInForce(at=NOW, insurer=1, feed=1, manifest=bytes(32), accepted=1, rejected=0)
ENROLMENT = EnrolmentAccepted(
    at=NOW, fingerprint="F", account=bytes(16), organisation=bytes(16), credential=bytes(32)
)
REQUESTS: dict[type, m.Request] = {
    type(request): request
    for request in (
        m.Locate((typed(person(1), bytes(16)),)),
        m.Unseal((m.Committed(bytes(16), 0),)),
        m.EnrolPhone(b"", bytes(33), bytes(16)),
        m.EndPhone(b""),
        m.Hello(),
        m.MonthKeysOf(MONTH),
        m.LoaderIdentity(),
        m.LoaderRecipient(),
        m.OpenFeed(b"", b""),
        m.EvaluateChunk(0, b"", b""),
        m.SealEvent(encode(FEED)),
        m.ReleaseAt(0),
        m.Sign(b"", 0),
        m.PublicKey(),
        m.Salts(),
        m.FactsSince(0),
        m.FactsAt((0,)),
        m.NeighbourKeyOf(),
        m.PlantHoney("75004407", 1),
        m.HoneyOf(),
        m.SignForNeighbours(b""),
        m.OpenScope(0),
        m.ScopeFrom(0, 1),
        m.OpenActs((0,)),
        m.SignEvidence(bytes(32)),
        m.EnrolPhone(b"", bytes(33), bytes(16)),
        m.EndPhone(b""),
    )
}


class Line:
    """A connection that may be sent anything."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, lodge: Lodge, caller: str) -> Line:
        path: Path = lodge.sockets / f"keyring-{caller}.sock"
        return cls(*await asyncio.open_unix_connection(path))

    async def ask(self, request: m.Request) -> m.Reply:
        self.writer.write(m.frame(m.Call(7, request)))
        return await self.reply()

    async def reply(self) -> m.Reply:
        body = await m.read_frame(self.reader)
        assert body is not None
        return msgspec.msgpack.decode(body, type=m.Reply)

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


def test_every_request_is_somebodys() -> None:
    assert set(REQUESTS) == {kind for allowed in ALLOWED.values() for kind in allowed}


async def test_a_socket_refuses_what_is_another_callers(
    lodge: Lodge, subtests: pytest.Subtests
) -> None:
    async with lodge.running():
        for caller, allowed in ALLOWED.items():
            line = await Line.to(lodge, caller)
            for kind in set(REQUESTS) - set(allowed):
                with subtests.test(caller=caller, request=kind.__name__):
                    reply = await line.ask(REQUESTS[kind])
                    assert reply.number == 7
                    assert reply.problem == "This socket does not allow that request."
                    assert msgspec.msgpack.decode(reply.value) is None
            await line.close()


async def test_nobody_else_may_open_a_socket(lodge: Lodge) -> None:
    async with lodge.running():
        sockets = list(lodge.sockets.glob("*.sock"))
        assert len(sockets) == len(ALLOWED)
        assert {stat.S_IMODE(path.stat().st_mode) for path in sockets} == {0o600}


def check_of(**changes: object) -> bytes:
    """A request to locate one check, with some of its fields replaced."""
    asked = {
        "entry": bytes(16),
        "lane": "typed",
        "organisation": bytes(16),
        "identifier": bytes(22),
    }
    return msgspec.msgpack.encode(
        {
            "number": 1,
            "request": {"type": "locate", "checks": [list({**asked, **changes}.values())]},
        }
    )


NO_REQUESTS = [
    b"",
    b"\xc1",
    b"no msgpack at all",
    msgspec.msgpack.encode({"number": 1, "request": {"type": "everything"}}),
    msgspec.msgpack.encode({"number": "1", "request": {"type": "hello"}}),
    check_of(entry=bytes(15)),
    check_of(lane="guessed"),
    check_of(organisation=bytes(17)),
    check_of(identifier=bytes(15)),
    check_of(identifier=bytes(23)),
    check_of(identifier="text"),
    msgspec.msgpack.encode(
        {"number": 1, "request": {"type": "unseal", "entries": [[bytes(16), -1]]}}
    ),
    msgspec.msgpack.encode(
        {"number": 1, "request": {"type": "unseal", "entries": [[bytes(16), 2**63]]}}
    ),
]


async def test_what_is_no_request_ends_its_own_connection_only(
    lodge: Lodge, subtests: pytest.Subtests
) -> None:
    async with lodge.running() as doors:
        for body in NO_REQUESTS:
            with subtests.test(body=body):
                line = await Line.to(lodge, "gate")
                line.writer.write(len(body).to_bytes(4, "big") + body)
                assert await line.reader.read() == b""
                await line.close()
                assert not (await doors.gate.hello()).restored


async def test_a_message_longer_than_any_honest_one_is_not_read(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        line = await Line.to(lodge, "gate")
        line.writer.write((m.MOST_BYTES + 1).to_bytes(4, "big"))
        assert await line.reader.read() == b""
        await line.close()
        assert not (await doors.gate.hello()).restored


async def test_a_failure_that_nobody_foresaw_ends_its_own_connection_only(lodge: Lodge) -> None:
    (lodge.folder / "insurers.json").touch(0o600)
    (lodge.folder / "insurers.json").write_text("{")
    async with lodge.running() as doors:
        manifest = b'{"amc": "75004407", "feed": 1, "rows": 1}'
        with pytest.raises(EcluseError, match="does not answer"):
            await doors.feed.open_feed(manifest, bytes(64))
        assert await doors.feed.loader_identity()
        assert not (await doors.gate.hello()).restored


async def test_replies_find_their_calls_however_many_there_are(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        asked = [
            doors.gate.locate([typed(person(number % 50), number.to_bytes(16))])
            for number in range(300)
        ]
        located = await asyncio.gather(*asked)
    indexes = [each.candidates for (each,) in located]
    assert len(set(indexes)) == 50
    assert all(found == indexes[number % 50] for number, found in enumerate(indexes))


async def test_a_caller_that_reads_nothing_is_not_read_from(lodge: Lodge) -> None:
    """Its replies would otherwise pile up in the keyring until that is out of memory."""
    async with lodge.running() as doors:
        line = await Line.to(lodge, "feed")
        assert await stops_taking(line, m.frame(m.Call(1, m.LoaderIdentity())) * 1000)
        assert not (await doors.gate.hello()).restored
        line.writer.transport.abort()


async def stops_taking(line: Line, requests: bytes) -> bool:
    """Write requests and read no reply; tell whether there came a second without progress."""
    for _ in range(100):
        line.writer.write(requests)
        try:
            await asyncio.wait_for(line.writer.drain(), 1)
        except TimeoutError:
            return True
    return False


async def test_two_keyrings_never_share_their_keys(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        with pytest.raises(VaultError, match="Another keyring process"):
            async with lodge.running():
                pass
        assert not (await doors.gate.hello()).restored


async def test_the_gate_gets_the_keys_of_the_present_month_only(
    lodge: Lodge, subtests: pytest.Subtests
) -> None:
    async with lodge.running() as doors:
        for month in ("2020-01", "2099-01", "", "../keys.sealed", "../../new", "2026-11\0"):
            with subtests.test(month=month):
                before = sorted(lodge.sockets.rglob("*"))
                with pytest.raises(EcluseError, match="present month"):
                    await doors.gate.month_keys(month)
                assert sorted(lodge.sockets.rglob("*")) == before
        assert (await doors.gate.month_keys(MONTH)).month == MONTH


async def test_each_has_its_own_events_sealed_and_no_others(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        month = await doors.gate.month_keys(MONTH)
        for door, event, foreign in (
            (doors.feed, FEED, ENROLMENT),
            (doors.officer, ENROLMENT, FEED),
        ):
            ready = await door.seal_entry(event)
            assert open_sealed(ready.sealed, month, ready.entry) == encode(event)
            for other in (foreign, check(bytes(16))):
                with pytest.raises(EcluseError, match="does not allow that ledger entry"):
                    await door.seal_entry(other)


@pytest.mark.parametrize("event", [FEED, ENROLMENT])
async def test_an_event_without_a_time_zone_is_not_sealed(
    lodge: Lodge, event: FeedInForce | EnrolmentAccepted
) -> None:
    naive = msgspec.structs.replace(event, at=NOW.replace(tzinfo=None))
    caller = "feed" if event is FEED else "officer"
    async with lodge.running():
        line = await Line.to(lodge, caller)
        reply = await line.ask(m.SealEvent(msgspec.msgpack.encode(naive)))
        await line.close()
    assert "does not allow" in reply.problem


async def test_salts_open_nothing(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        month = await doors.gate.month_keys(MONTH)
        salts = await doors.ledger.salts()
    assert salts == {MONTH: month.salt_key}
    assert month.key not in salts.values()
