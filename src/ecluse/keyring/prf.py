"""Derivations: identifiers to indexes, identifiers to keys (pure).

One primitive: keyed BLAKE2b (RFC 7693), a pseudorandom function, with its `person` parameter as the
domain. It is one-way for whoever holds the key too, which a one-block CMAC would not be.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

INDEX_SIZE = 16
KEY_SIZE = 32


def person_index(index_key: bytes, identifier: bytes) -> bytes:
    """Return the 16-byte index of a person identifier (22 bytes, `ecluse.ids.subject`)."""
    return _person_indexes(index_key, identifier).digest()


def card_index(index_key: bytes, secret: bytes) -> bytes:
    """Return the 16-byte index of a card secret (16 bytes)."""
    return _card_indexes(index_key, secret).digest()


def person_key(key: bytes, identifier: bytes) -> bytes:
    """Return the person's 32-byte key: from the identifier and the keyring, or not at all."""
    return _person_keys(key, identifier).digest()


def pointer_key(key: bytes, secret: bytes) -> bytes:
    """Return the 32-byte key that wraps what a card points to."""
    return _pointer_keys(key, secret).digest()


def reference_key(key: bytes, reference: bytes) -> bytes:
    """Return the 32-byte key that wraps what a settlement reference leads to."""
    return hashlib.blake2b(
        reference, digest_size=KEY_SIZE, key=key, person=b"ecluse/reference"
    ).digest()


def phone_index(key: bytes, phone: bytes) -> bytes:
    """Return the 16-byte index of a phone's public key."""
    return hashlib.blake2b(phone, digest_size=INDEX_SIZE, key=key, person=b"ecluse/phone").digest()


def phone_key(key: bytes, phone: bytes) -> bytes:
    """Return the 32-byte key that wraps what a phone leads to."""
    return hashlib.blake2b(phone, digest_size=KEY_SIZE, key=key, person=b"ecluse/phonekey").digest()


def phone_card(key: bytes, secret: bytes) -> bytes:
    """Return the 16-byte name of a card among those that a phone stands for."""
    return hashlib.blake2b(
        secret, digest_size=INDEX_SIZE, key=key, person=b"ecluse/phonecard"
    ).digest()


def nobody(key: bytes, secret: bytes) -> bytes:
    """Return 48 bytes, an index and a key that nobody has: where an unknown card leads."""
    return hashlib.blake2b(
        secret, digest_size=INDEX_SIZE + KEY_SIZE, key=key, person=b"ecluse/nobody"
    ).digest()


def record_key(person: bytes, insurer: int, feed: int) -> bytes:
    """Return the 32-byte key of one record: one person, one insurer, one feed."""
    (key,) = record_keys([person], insurer, feed)
    return key


def person_indexes(index_key: bytes, identifiers: Iterable[bytes]) -> list[bytes]:
    """Return `person_index` of each identifier."""
    return _each(_person_indexes(index_key), identifiers)


def card_indexes(index_key: bytes, secrets: Iterable[bytes]) -> list[bytes]:
    """Return `card_index` of each secret."""
    return _each(_card_indexes(index_key), secrets)


def person_keys(key: bytes, identifiers: Iterable[bytes]) -> list[bytes]:
    """Return `person_key` of each identifier."""
    return _each(_person_keys(key), identifiers)


def pointer_keys(key: bytes, secrets: Iterable[bytes]) -> list[bytes]:
    """Return `pointer_key` of each secret."""
    return _each(_pointer_keys(key), secrets)


def record_keys(persons: Iterable[bytes], insurer: int, feed: int) -> list[bytes]:
    """Return `record_key` of each person's key."""
    blake2b, place = hashlib.blake2b, insurer.to_bytes(2, "big") + feed.to_bytes(4, "big")
    return [
        blake2b(place, digest_size=KEY_SIZE, key=person, person=b"ecluse/record").digest()
        for person in persons
    ]


def _each(keyed: hashlib.blake2b, items: Iterable[bytes]) -> list[bytes]:
    """Return the digest of each item after what `keyed` took in: its key, which is hashed once."""
    copy: Callable[[], hashlib.blake2b] = keyed.copy
    digests = []
    for item in items:
        hashed = copy()
        hashed.update(item)
        digests.append(hashed.digest())
    return digests


def _person_indexes(key: bytes, identifier: bytes = b"") -> hashlib.blake2b:
    return hashlib.blake2b(identifier, digest_size=INDEX_SIZE, key=key, person=b"ecluse/person")


def _card_indexes(key: bytes, secret: bytes = b"") -> hashlib.blake2b:
    return hashlib.blake2b(secret, digest_size=INDEX_SIZE, key=key, person=b"ecluse/card")


def _person_keys(key: bytes, identifier: bytes = b"") -> hashlib.blake2b:
    return hashlib.blake2b(identifier, digest_size=KEY_SIZE, key=key, person=b"ecluse/personkey")


def _pointer_keys(key: bytes, secret: bytes = b"") -> hashlib.blake2b:
    return hashlib.blake2b(secret, digest_size=KEY_SIZE, key=key, person=b"ecluse/pointer")
