"""What a settlement reference stands for: whose cover, of which day and care family (pure).

It is sealed under the reference itself. Whoever has the database opens none; whoever has a
reference, and is the organisation that got it, opens that one.
"""

from __future__ import annotations

import os
from datetime import date
from hashlib import blake2b

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecluse.cover.family import CareFamily


_NONCE = 12


class Payer(msgspec.Struct, frozen=True, array_like=True):
    """An insurer that pays, and under which package of which of its feeds."""

    insurer: int
    feed: int
    package: str


class Entitlement(msgspec.Struct, frozen=True, array_like=True):
    """One person's cover of one day, as a check told of it."""

    #: The person's PRF index.
    idx: bytes
    care_date: date
    family: CareFamily
    #: Who pays first stands first.
    payers: tuple[Payer, ...]


def seal(entitlement: Entitlement, reference: bytes, row: bytes) -> bytes:
    """Seal an entitlement for the row of its reference."""
    nonce = os.urandom(_NONCE)
    text = msgspec.msgpack.encode(entitlement)
    return nonce + AESGCM(_key(reference)).encrypt(nonce, text, row)


def open_sealed(sealed: bytes, reference: bytes, row: bytes) -> Entitlement | None:
    """Open what `seal` made; None for another reference, another row, or altered bytes."""
    try:
        text = AESGCM(_key(reference)).decrypt(sealed[:_NONCE], sealed[_NONCE:], row)
    except InvalidTag:
        return None
    return msgspec.msgpack.decode(text, type=Entitlement)


def _key(reference: bytes) -> bytes:
    return blake2b(digest_size=32, key=reference, person=b"ecluse/entitle").digest()
