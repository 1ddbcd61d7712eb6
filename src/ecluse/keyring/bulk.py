"""Bulk evaluation: what a signed feed manifest allows, and not one row more (pure but for keys).

The manifest says how many rows the insurer sends. Each chunk's digest is remembered: the same chunk
may be evaluated again after a crash, another one in its place may not. So over all attempts the
rows ever evaluated under a manifest are exactly the rows it announces.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, NamedTuple

from ecluse.errors import EcluseError
from ecluse.keyring import prf
from ecluse.keyring.aead import seal_each
from ecluse.keyring.wrap import WRAPPED_SIZE, pointer_row


if TYPE_CHECKING:
    from ecluse.keyring.keys import EpochKeys


PERSON_SIZE = 22
CARD_SIZE = 16
POINTER_SIZE = WRAPPED_SIZE
#: Each is remembered: what a feed may make the keyring remember is bounded.
MOST_CHUNKS = 16_384


class BulkError(EcluseError):
    """The loader asked for more than the manifest allows."""


class Evaluated(NamedTuple):
    """A chunk of `n` rows, evaluated. Blobs of fixed-size items, in the order asked."""

    epoch: int
    indexes: bytes
    record_keys: bytes
    card_indexes: bytes
    pointers: bytes


class FeedPass(NamedTuple):
    """An opened manifest: whose feed, how many rows, what was evaluated so far."""

    manifest: str
    insurer: int
    feed: int
    rows: int
    #: (digest, rows) of each chunk evaluated so far, in order.
    chunks: tuple[tuple[bytes, int], ...]
    full: bool = True


def admit(feed: FeedPass, chunk: int, persons: bytes, cards: bytes, key: bytes) -> FeedPass:
    """Return `feed` with `chunk` admitted.

    Args:
        feed: The opened manifest.
        chunk: Consecutive from 0; an earlier one may come again, with the same rows.
        persons: n person identifiers of 22 bytes.
        cards: n card secrets of 16 bytes.
        key: Keys the digest, so that what is remembered tells nothing about the rows.

    Raises:
        BulkError: Too many rows or chunks, a chunk out of order, or other rows under an earlier
            number.
    """
    rows, rest = divmod(len(persons), PERSON_SIZE)
    if rest or not rows or len(cards) != rows * CARD_SIZE:
        raise BulkError("A chunk's persons and cards do not have the same number of rows.")
    digest = hashlib.blake2b(
        persons + cards, digest_size=16, key=key, person=b"ecluse/chunk"
    ).digest()
    if 0 <= chunk < len(feed.chunks):
        if feed.chunks[chunk][0] != digest:
            raise BulkError(
                "This chunk was evaluated before with other rows.",
                hint="A manifest covers one set of rows; a corrected feed needs a new manifest.",
            )
        return feed
    if chunk != len(feed.chunks):
        raise BulkError("Chunks are evaluated in order.")
    if chunk >= MOST_CHUNKS:
        raise BulkError(f"A feed has {MOST_CHUNKS} chunks at most.", hint="Send larger chunks.")
    if sum(count for _, count in feed.chunks) + rows > feed.rows:
        raise BulkError("More rows than the signed manifest announces.")
    return feed._replace(chunks=(*feed.chunks, (digest, rows)))


def evaluate(keys: EpochKeys, feed: FeedPass, persons: bytes, cards: bytes) -> Evaluated:
    """Evaluate a chunk that `admit` let through.

    Column by column: a loop that does one thing is what the interpreter does fastest. A test holds
    it to `prf` and `wrap`, row by row.
    """
    identifiers, secrets = _cut(persons, PERSON_SIZE), _cut(cards, CARD_SIZE)
    indexes = prf.person_indexes(keys.index, identifiers)
    person_keys = prf.person_keys(keys.person, identifiers)
    card_indexes = prf.card_indexes(keys.index, secrets)
    epoch = keys.epoch.to_bytes(2, "big")
    place = pointer_row(b"", feed.insurer, feed.feed)
    pointers = seal_each(
        b"".join(prf.pointer_keys(keys.pointer, secrets)),
        b"".join([epoch + index + key for index, key in zip(indexes, person_keys, strict=True)]),
        b"".join([card + place for card in card_indexes]),
    )
    return Evaluated(
        keys.epoch,
        b"".join(indexes),
        b"".join(prf.record_keys(person_keys, feed.insurer, feed.feed)),
        b"".join(card_indexes),
        pointers,
    )


def _cut(items: bytes, size: int) -> list[bytes]:
    """Return the items of `size` bytes that lie in a row."""
    return [item for (item,) in struct.iter_unpack(f"{size}s", items)]
