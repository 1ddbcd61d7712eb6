"""A feed beyond the usual is evaluated once two officers' agreement stands in the ledger; not before."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.errors import EcluseError
from ecluse.keyring import trust
from ecluse.keyring.usual import ROOM, counts
from ecluse.keyring.vault import FeedMark
from ecluse.ledger.entry import ActDone, ActProposed, ActSeconded, ActWithdrawn
from keyring.lodge import person


if TYPE_CHECKING:
    from ecluse.ledger.entry import Event
    from keyring.lodge import Doors, Lodge

pytestmark = pytest.mark.anyio

INSURER = Ed25519PrivateKey.from_private_bytes(bytes(32))
ADA, BEN = b"ada" + bytes(13), b"ben" + bytes(13)
REFUSED = "usual of this insurer"
USUAL = 10


def manifest(feed: int, rows: int, **more: object) -> tuple[bytes, bytes]:
    raw = json.dumps({"amc": "75004407", "feed": feed, "rows": rows, **more}).encode()
    return raw, INSURER.sign(raw)


FAR_BEYOND = manifest(2, USUAL + ROOM + 1)


def rows(count: int) -> tuple[bytes, bytes]:
    them = [person(number) for number in range(count)]
    return b"".join(each.identifier for each in them), b"".join(each.card for each in them)


async def with_a_usual_feed(lodge: Lodge, doors: Doors) -> None:
    key = INSURER.public_key().public_bytes_raw()
    trust.add_insurer(lodge.folder, "75004407", 1, key)
    await doors.feed.open_feed(*manifest(1, USUAL))
    await doors.feed.evaluate(0, *rows(USUAL))


def agreement(raw: bytes = FAR_BEYOND[0], age: timedelta = timedelta(0)) -> list[Event]:
    """Return what the console writes when Ada proposes a release and Ben seconds it."""
    content = {
        "amc": "75004407",
        "feed": 2,
        "kind": "feed_release",
        "manifest": hashlib.sha256(raw).hexdigest(),
    }
    text = json.dumps(content, separators=(",", ":")).encode()
    act, now = os.urandom(16), datetime.now(UTC) - age
    return [
        ActProposed(at=now, act=act, kind="feed_release", content=text, account=ADA, proof=b"{}"),
        ActSeconded(
            at=now, act=act, digest=hashlib.sha256(text).digest(), account=BEN, proof=b"{}"
        ),
    ]


def changed(**changes: object) -> list[Event]:
    proposed, seconded = agreement()
    return [proposed, msgspec.structs.replace(seconded, **changes)]


def stopped() -> list[Event]:
    steps = agreement()
    assert isinstance(steps[0], ActProposed)
    return [*steps, ActWithdrawn(at=datetime.now(UTC), act=steps[0].act, account=ADA)]


NOT_AGREED: dict[str, list[Event]] = {
    "nobody": [],
    "one alone": agreement()[:1],
    "the same person twice": changed(account=ADA),
    "on another text": changed(digest=bytes(32)),
    "on another act": changed(act=os.urandom(16)),
    "on another manifest": agreement(manifest(2, 10**6)[0]),
    "too long ago": agreement(age=timedelta(hours=25)),
    "and one withdrew it": stopped(),
}


async def written(lodge: Lodge, doors: Doors, steps: list[Event]) -> None:
    for step in steps:
        await lodge.commit(await doors.officer.seal_entry(step))


@pytest.mark.parametrize("steps", NOT_AGREED.values(), ids=NOT_AGREED.keys())
async def test_nothing_is_evaluated_without_an_agreement(lodge: Lodge, steps: list[Event]) -> None:
    async with lodge.running() as doors:
        await with_a_usual_feed(lodge, doors)
        await written(lodge, doors, steps)
        with pytest.raises(EcluseError, match=REFUSED):
            await doors.feed.open_feed(*FAR_BEYOND)
    async with lodge.running() as doors:
        with pytest.raises(EcluseError, match=REFUSED):
            await doors.feed.open_feed(*FAR_BEYOND)
        with pytest.raises(EcluseError, match="manifest first"):
            await doors.feed.evaluate(0, *rows(1))


async def test_an_agreement_in_the_ledger_opens_that_feed_and_no_other(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        await with_a_usual_feed(lodge, doors)
        await written(lodge, doors, agreement())
        assert await doors.feed.open_feed(*FAR_BEYOND) == USUAL + ROOM + 1
        with pytest.raises(EcluseError, match=REFUSED):
            await doors.feed.open_feed(*manifest(2, USUAL + ROOM + 2))
    async with lodge.running() as doors:
        await doors.feed.open_feed(*FAR_BEYOND)
        await doors.feed.evaluate(0, *rows(1))


async def test_an_agreement_that_was_sealed_and_never_committed_is_none(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        await with_a_usual_feed(lodge, doors)
        for step in agreement():
            await doors.officer.seal_entry(step)
        with pytest.raises(EcluseError, match=REFUSED):
            await doors.feed.open_feed(*FAR_BEYOND)


async def test_a_captured_loader_can_neither_agree_nor_move_what_is_usual(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        await with_a_usual_feed(lodge, doors)
        for step in agreement():
            with pytest.raises(EcluseError, match="does not allow"):
                await doors.feed.seal_entry(step)
        done = ActDone(at=datetime.now(UTC), act=ADA, kind="feed_release", digest=bytes(32))
        await lodge.commit(await doors.feed.seal_entry(done))
        # All that it may write about feeds in the database.
        await lodge.owner.execute(
            "INSERT INTO feed (insurer, feed, manifest, state, row_count, accepted, period_from)"
            " VALUES (1, 1, '', 'in_force', 1000000, 1000000, '2026-01-01')"
        )
        with pytest.raises(EcluseError, match=REFUSED):
            await doors.feed.open_feed(*FAR_BEYOND)
        with pytest.raises(EcluseError, match=REFUSED):
            await doors.feed.open_feed(*manifest(2, ROOM + 1, base=1))
        assert await doors.feed.open_feed(*manifest(2, USUAL + ROOM)) == USUAL + ROOM


async def test_a_contract_says_what_is_usual_before_the_first_feed(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        key = INSURER.public_key().public_bytes_raw()
        trust.add_insurer(lodge.folder, "75004407", 1, key, members=USUAL)
        trust.add_insurer(lodge.folder, "75004407", 1, key)
        with pytest.raises(EcluseError, match=REFUSED):
            await doors.feed.open_feed(*FAR_BEYOND)


def test_a_feed_that_was_given_up_does_not_count_as_usual() -> None:
    whole = FeedMark(1, "", ((b"", 60), (b"", 38)), 100)
    assert counts(whole) == (98,)
    assert counts(FeedMark(2, "", ((b"", 49),), 100, usual=(98,))) == (98,)
    assert counts(FeedMark(2, "", ((b"", 90),), 90, full=False, usual=(98,))) == (98,)
    assert counts(FeedMark(5, "", ((b"", 7),), 7, usual=(1, 2, 3))) == (2, 3, 7)
