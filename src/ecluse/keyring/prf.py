"""Derivations: identifiers to indexes, identifiers to keys (pure).

One primitive: keyed BLAKE2b (RFC 7693), a pseudorandom function, with its `person` parameter as the
domain. It is one-way for whoever holds the key too, which a one-block CMAC would not be.
"""

from __future__ import annotations

import hashlib


INDEX_SIZE = 16
KEY_SIZE = 32


def person_index(index_key: bytes, identifier: bytes) -> bytes:
    """Return the 16-byte index of a person identifier (22 bytes, `ecluse.ids.subject`)."""
    return hashlib.blake2b(
        identifier, digest_size=INDEX_SIZE, key=index_key, person=b"ecluse/person"
    ).digest()


def card_index(index_key: bytes, secret: bytes) -> bytes:
    """Return the 16-byte index of a card secret (16 bytes)."""
    return hashlib.blake2b(
        secret, digest_size=INDEX_SIZE, key=index_key, person=b"ecluse/card"
    ).digest()


def person_key(key: bytes, identifier: bytes) -> bytes:
    """Return the person's 32-byte key: from the identifier and the keyring, or not at all."""
    return hashlib.blake2b(
        identifier, digest_size=KEY_SIZE, key=key, person=b"ecluse/personkey"
    ).digest()


def pointer_key(key: bytes, secret: bytes) -> bytes:
    """Return the 32-byte key that wraps what a card points to."""
    return hashlib.blake2b(secret, digest_size=KEY_SIZE, key=key, person=b"ecluse/pointer").digest()


def reference_key(key: bytes, reference: bytes) -> bytes:
    """Return the 32-byte key that wraps what a settlement reference leads to."""
    return hashlib.blake2b(
        reference, digest_size=KEY_SIZE, key=key, person=b"ecluse/reference"
    ).digest()


def nobody(key: bytes, secret: bytes) -> bytes:
    """Return 48 bytes, an index and a key that nobody has: where an unknown card leads."""
    return hashlib.blake2b(
        secret, digest_size=INDEX_SIZE + KEY_SIZE, key=key, person=b"ecluse/nobody"
    ).digest()


def record_key(person: bytes, insurer: int, feed: int) -> bytes:
    """Return the 32-byte key of one record: one person, one insurer, one feed."""
    return hashlib.blake2b(
        insurer.to_bytes(2, "big") + feed.to_bytes(4, "big"),
        digest_size=KEY_SIZE,
        key=person,
        person=b"ecluse/record",
    ).digest()
