"""Bulk evaluation: exactly the rows of a signed manifest, however often and by however many asked."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ecluse.errors import EcluseError
from ecluse.keyring import prf, trust
from ecluse.keyring.bulk import (
    MOST_CHUNKS,
    POINTER_SIZE,
    BulkError,
    FeedPass,
    admit,
    evaluate,
)
from ecluse.keyring.client import FeedKeyring
from ecluse.keyring.keys import new_epoch
from ecluse.keyring.wrap import Target, pointer_row, unwrap


if TYPE_CHECKING:
    from keyring.lodge import Lodge


KEY = bytes(32)
EPOCH = new_epoch(3)
INSURER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def rows(*numbers: int) -> tuple[bytes, bytes]:
    """Persons and cards of these rows."""
    persons = b"".join(b"%022d" % number for number in numbers)
    cards = b"".join(b"%016d" % number for number in numbers)
    return persons, cards


@given(
    st.integers(0, 8),
    st.lists(
        st.tuples(st.integers(0, 4), st.lists(st.integers(0, 9), min_size=1, max_size=4)),
        max_size=25,
    ),
)
def test_over_any_retries_no_more_rows_are_evaluated_than_the_manifest_says(
    announced: int, calls: list[tuple[int, list[int]]]
) -> None:
    feed = FeedPass("digest", 1, 1, announced, ())
    chunks: dict[int, list[int]] = {}
    for number, asked in calls:
        try:
            feed = admit(feed, number, *rows(*asked), KEY)
        except BulkError:
            fits = len(asked) + sum(map(len, chunks.values())) <= announced
            assert chunks.get(number) != asked
            assert number in chunks or number != len(chunks) or not fits
        else:
            assert chunks.setdefault(number, asked) == asked
    assert sum(map(len, chunks.values())) <= announced
    assert sorted(chunks) == list(range(len(chunks)))
    assert [count for _, count in feed.chunks] == [len(chunks[n]) for n in sorted(chunks)]


def test_a_chunk_may_come_again_and_changes_nothing() -> None:
    feed = admit(FeedPass("digest", 1, 1, 5, ()), 0, *rows(1, 2), KEY)
    assert admit(feed, 0, *rows(1, 2), KEY) is feed


@pytest.mark.parametrize("other", [rows(1, 3), rows(2, 1), rows(1), rows(1, 2, 3)])
def test_other_rows_under_an_earlier_number_are_refused(other: tuple[bytes, bytes]) -> None:
    feed = admit(FeedPass("digest", 1, 1, 5, ()), 0, *rows(1, 2), KEY)
    with pytest.raises(BulkError, match="before with other rows"):
        admit(feed, 0, *other, KEY)


@pytest.mark.parametrize("number", [-1, 1, 7])
def test_chunks_come_in_order(number: int) -> None:
    with pytest.raises(BulkError, match="in order"):
        admit(FeedPass("digest", 1, 1, 5, ()), number, *rows(1), KEY)


@pytest.mark.parametrize(
    ("persons", "cards"),
    [
        (b"", b""),
        (bytes(21), bytes(16)),
        (bytes(22), bytes(15)),
        (bytes(22), bytes(32)),
        (bytes(44), bytes(16)),
        (bytes(22), b""),
        (b"", bytes(16)),
    ],
)
def test_persons_and_cards_come_in_pairs(persons: bytes, cards: bytes) -> None:
    with pytest.raises(BulkError, match="same number of rows"):
        admit(FeedPass("digest", 1, 1, 5, ()), 0, persons, cards, KEY)


def test_what_is_remembered_of_a_feed_is_bounded() -> None:
    full = FeedPass("digest", 1, 1, 10**9, ((b"", 1),) * MOST_CHUNKS)
    with pytest.raises(BulkError, match="chunks at most"):
        admit(full, MOST_CHUNKS, *rows(1), KEY)


def test_digests_tell_nothing_without_the_key() -> None:
    feed = FeedPass("digest", 1, 1, 5, ())
    one = admit(feed, 0, *rows(1), KEY)
    assert one.chunks != admit(feed, 0, *rows(1), bytes([1]) * 32).chunks


@given(st.lists(st.integers(0, 999), min_size=1, max_size=6), st.integers(0, 65_535))
def test_every_row_is_derived_as_a_check_derives_it(numbers: list[int], insurer: int) -> None:
    persons, cards = rows(*numbers)
    feed = FeedPass("digest", insurer, 9, len(numbers), ())
    found = evaluate(EPOCH, feed, persons, cards)
    assert found.epoch == 3
    for place, number in enumerate(numbers):
        person, card = rows(number)
        idx = prf.person_index(EPOCH.index, person)
        key = prf.person_key(EPOCH.person, person)
        card_idx = prf.card_index(EPOCH.index, card)
        pointer = found.pointers[place * POINTER_SIZE : (place + 1) * POINTER_SIZE]
        assert found.indexes[place * 16 : place * 16 + 16] == idx
        assert found.card_indexes[place * 16 : place * 16 + 16] == card_idx
        assert found.record_keys[place * 32 : place * 32 + 32] == prf.record_key(key, insurer, 9)
        opened = unwrap(
            prf.pointer_key(EPOCH.pointer, card), pointer, pointer_row(card_idx, insurer, 9)
        )
        assert opened == Target(3, idx, key)


def test_no_two_pointers_share_a_nonce() -> None:
    persons, cards = rows(*range(300))
    found = evaluate(EPOCH, FeedPass("digest", 1, 1, 300, ()), persons, cards)
    nonces = {
        found.pointers[place : place + 12] for place in range(0, 300 * POINTER_SIZE, POINTER_SIZE)
    }
    assert len(nonces) == 300


def signed(feed: int = 1, announced: int = 4, note: str = "") -> tuple[bytes, bytes]:
    manifest = json.dumps({"amc": "75004407", "feed": feed, "rows": announced, "note": note})
    return manifest.encode(), INSURER.sign(manifest.encode())


def trusting(lodge: Lodge) -> Lodge:
    key = INSURER.public_key().public_bytes_raw()
    trust.add_insurer(lodge.folder, "75004407", 1, key)
    return lodge


@pytest.mark.anyio
async def test_nothing_is_evaluated_without_a_manifest(lodge: Lodge) -> None:
    async with trusting(lodge).running() as doors:
        with pytest.raises(EcluseError, match="manifest first"):
            await doors.feed.evaluate(0, *rows(1))
        with pytest.raises(EcluseError, match="does not hold"):
            await doors.feed.open_feed(signed()[0], bytes(64))
        with pytest.raises(EcluseError, match="manifest first"):
            await doors.feed.evaluate(0, *rows(1))


@pytest.mark.anyio
async def test_connections_share_one_account_of_a_feed(lodge: Lodge) -> None:
    """Each would otherwise bring rows of its own under the same manifest."""
    async with trusting(lodge).running() as doors:
        second = FeedKeyring(lodge.sockets)
        assert await doors.feed.open_feed(*signed()) == 4
        assert await second.open_feed(*signed()) == 4
        first = await doors.feed.evaluate(0, *rows(1, 2))
        with pytest.raises(EcluseError, match="with other rows"):
            await second.evaluate(0, *rows(3, 4))
        assert (await second.evaluate(0, *rows(1, 2))).indexes == first.indexes
        await second.evaluate(1, *rows(3))
        with pytest.raises(EcluseError, match="More rows"):
            await doors.feed.evaluate(2, *rows(4, 5))
        await doors.feed.evaluate(2, *rows(4))
        await second.close()


@pytest.mark.anyio
async def test_calls_at_the_same_time_share_it_too(lodge: Lodge) -> None:
    async with trusting(lodge).running() as doors:
        await doors.feed.open_feed(*signed())
        calls = [doors.feed.evaluate(0, *rows(number, number + 1)) for number in range(20)]
        ended = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(not isinstance(each, Exception) for each in ended) == 1


@pytest.mark.anyio
async def test_a_restart_forgets_no_chunk(lodge: Lodge) -> None:
    async with trusting(lodge).running() as doors:
        await doors.feed.open_feed(*signed())
        first = await doors.feed.evaluate(0, *rows(1, 2))
    async with lodge.running() as doors:
        await doors.feed.open_feed(*signed())
        with pytest.raises(EcluseError, match="with other rows"):
            await doors.feed.evaluate(0, *rows(3, 4))
        assert (await doors.feed.evaluate(0, *rows(1, 2))).indexes == first.indexes


@pytest.mark.anyio
async def test_a_number_has_one_manifest_and_the_latest_feed_is_the_only_one(
    lodge: Lodge,
) -> None:
    async with trusting(lodge).running() as doors:
        older = FeedKeyring(lodge.sockets)
        await older.open_feed(*signed(1))
        await older.evaluate(0, *rows(1))
        with pytest.raises(EcluseError, match="opened before"):
            await doors.feed.open_feed(*signed(1, note="another"))
        await doors.feed.open_feed(*signed(2))
        await doors.feed.evaluate(0, *rows(5, 6, 7, 8))
        with pytest.raises(EcluseError, match="opened before"):
            await older.evaluate(1, *rows(2))
        with pytest.raises(EcluseError, match="opened before"):
            await older.open_feed(*signed(1))
        with pytest.raises(EcluseError, match="More rows"):
            await doors.feed.evaluate(1, *rows(9))
        await older.close()


@pytest.mark.anyio
async def test_a_manifest_that_was_opened_and_never_used_gives_way_to_the_first_used(
    lodge: Lodge,
) -> None:
    async with trusting(lodge).running() as doors:
        other = FeedKeyring(lodge.sockets)
        await other.open_feed(*signed(1, note="first"))
        await doors.feed.open_feed(*signed(1, note="second"))
        await doors.feed.evaluate(0, *rows(1))
        with pytest.raises(EcluseError, match="opened before"):
            await other.evaluate(0, *rows(2))
        await other.close()
