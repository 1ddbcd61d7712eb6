"""One person's cover with one insurer, sealed under a key of its own (pure but for randomness).

nonce 12 | AES-256-GCM(length u16 | msgpack | zeros) ; associated data = index 16 | insurer u16 |
feed u32 | epoch u16, big-endian. What is sealed is padded to a multiple of 64 bytes: a package
code of up to 20 letters and one period always fit the first, so that length tells nothing.
"""

from __future__ import annotations

import os
import struct

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecluse.errors import EcluseError


NONCE_SIZE = 12
BUCKET = 64

_BOUND_TO = struct.Struct(">16sHIH")
_LENGTH = struct.Struct(">H")


class RecordError(EcluseError):
    """A sealed record does not open: other key, other row, or altered bytes."""


class Cover(msgspec.Struct, frozen=True, array_like=True):
    """What one person is covered by.

    Attributes:
        package: the code of a cover package of the same feed.
        periods: (first day, last day) as ISO dates, both included; None for no end.
        priority: 1 pays first, 2 pays what the first one leaves.
    """

    package: str
    periods: list[tuple[str, str | None]]
    priority: int


def pack(cover: Cover) -> bytes:
    """Return `cover` as it is sealed: length, msgpack, zeros up to a multiple of 64 bytes."""
    body = msgspec.msgpack.encode(cover)
    whole = _LENGTH.pack(len(body)) + body
    return whole.ljust(-(-len(whole) // BUCKET) * BUCKET, b"\0")


def seal(cover: Cover, *, key: bytes, index: bytes, insurer: int, feed: int, epoch: int) -> bytes:
    """Seal `cover` under its record key (32 bytes) for the row that it will stand in."""
    bound_to = _BOUND_TO.pack(index, insurer, feed, epoch)
    nonce = os.urandom(NONCE_SIZE)
    return nonce + AESGCM(key).encrypt(nonce, pack(cover), bound_to)


def bound_suffix(insurer: int, feed: int, epoch: int) -> bytes:
    """Return what follows the index in the associated data of a feed's records (8 bytes)."""
    return _BOUND_TO.pack(b"", insurer, feed, epoch)[16:]


def open_record(
    sealed: bytes, *, key: bytes, index: bytes, insurer: int, feed: int, epoch: int
) -> Cover:
    """Open what `seal` made.

    Raises:
        RecordError: the key, the row or the bytes are not the ones it was sealed with.
    """
    bound_to = _BOUND_TO.pack(index, insurer, feed, epoch)
    try:
        whole = AESGCM(key).decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], bound_to)
    except (InvalidTag, ValueError):
        raise RecordError("A cover record does not open under its key and row.") from None
    (length,) = _LENGTH.unpack_from(whole)
    return msgspec.msgpack.decode(whole[_LENGTH.size : _LENGTH.size + length], type=Cover)
