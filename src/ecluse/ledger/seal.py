"""Sealing events as entries that outsiders can count and prove, and only the keyring can read.

    sealed     = nonce (12) ‖ AES-256-GCM(month's key, padded, AAD = entry id)
    padded     = length (2) ‖ msgpack(event) ‖ zeros, to a multiple of 128 bytes
    salt       = BLAKE2b-256(key = month's salt key, entry id)           RFC 7693, keyed mode
    commitment = SHA-256(salt ‖ sealed)

The commitment is what the Merkle tree is over. The salt key is a key of its own so that a verifier
can be given it: it recomputes commitments without reading an entry. Deleting both erases the month:
the entries cannot be opened, the commitments tell nothing, and the tree still verifies. An entry id
is 16 random bytes and sealed once.
"""

from __future__ import annotations

import os
from functools import cached_property
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecluse.ledger.entry import encode
from ecluse.ledger.errors import LedgerError


if TYPE_CHECKING:
    from ecluse.ledger.entry import Event


ENTRY_ID_SIZE = 16
_NONCE_SIZE = 12
_LENGTH_SIZE = 2
_BUCKET = 128


class SealError(LedgerError):
    """A sealed entry does not open."""

    def __init__(self) -> None:
        super().__init__(
            "A ledger entry does not open under its month's key.",
            hint="It was altered or moved: run `ecluse ledger verify`, which names the position.",
        )


class MonthKeys(msgspec.Struct, frozen=True, dict=True):
    """The two keys of one month of ledger, 32 bytes each."""

    #: Such as 2026-11.
    month: str
    key: bytes
    salt_key: bytes

    @cached_property
    def cipher(self) -> AESGCM:
        """The month's AES-256-GCM, set up once."""
        return AESGCM(self.key)

    def __repr__(self) -> str:
        return f"MonthKeys(month={self.month!r})"


class SealedEntry(msgspec.Struct, frozen=True):
    """An entry as the database holds it, but for its position and time."""

    entry: bytes
    month: str
    sealed: bytes
    commitment: bytes


def seal(event: Event, keys: MonthKeys, entry_id: bytes) -> SealedEntry:
    """Seal `event` under the keys of the month it is recorded in.

    Args:
        event: What happened.
        keys: The month's keys.
        entry_id: 16 fresh random bytes.
    """
    nonce = os.urandom(_NONCE_SIZE)
    sealed = nonce + keys.cipher.encrypt(nonce, _padded(encode(event)), entry_id)
    return SealedEntry(entry_id, keys.month, sealed, commitment(sealed, keys.salt_key, entry_id))


def open_sealed(sealed: bytes, keys: MonthKeys, entry_id: bytes) -> bytes:
    """Return the encoded event.

    Raises:
        SealError: Altered, another month's, or another entry's.
    """
    try:
        padded = keys.cipher.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], entry_id)
    except (InvalidTag, ValueError):
        raise SealError from None
    length = int.from_bytes(padded[:_LENGTH_SIZE], "big")
    return padded[_LENGTH_SIZE : _LENGTH_SIZE + length]


def _padded(body: bytes) -> bytes:
    """Return `body` so that its length does not tell a released check from a refused one."""
    whole = len(body).to_bytes(_LENGTH_SIZE, "big") + body
    return whole.ljust(-(-len(whole) // _BUCKET) * _BUCKET, b"\0")


def commitment(sealed: bytes, salt_key: bytes, entry_id: bytes) -> bytes:
    """Return the 32 bytes that the ledger commits to: they bind the text and the entry id."""
    return sha256(salt(salt_key, entry_id) + sealed).digest()


def salt(salt_key: bytes, entry_id: bytes) -> bytes:
    """Return the 32 bytes that keep one entry's commitment from being guessed."""
    return blake2b(entry_id, digest_size=32, key=salt_key).digest()
