"""What leads to a person's key other than the identifier (pure).

A card and a settlement reference wrap it under AES-256-GCM, bound to the row that it stands in. A
reference also says whose card it came from and when that was there, so that neither a gate nor a
database's owner can. A phone wraps its card's secret, and who granted it when.
"""

from __future__ import annotations

import hashlib
import os
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


NONCE_SIZE = 12
_TAG = 16
_TARGET = 2 + 16 + 32
#: Size of one wrapped target: nonce, epoch, index, key, tag.
WRAPPED_SIZE = NONCE_SIZE + _TARGET + _TAG
#: Size of what a reference wraps: a target, an insurer, a time.
CLAIM_SIZE = WRAPPED_SIZE + 2 + 4
_NO_INSURER = 0xFFFF
_SECRET = 16
_CARRIED_SIZE = NONCE_SIZE + _SECRET + 2 + 4 + _TAG


class Target(NamedTuple):
    """A person as the keyring knows one: the epoch, the index, the person's key."""

    epoch: int
    idx: bytes
    key: bytes


class Claim(NamedTuple):
    """What a settlement reference leads to."""

    target: Target
    #: The insurer whose card was presented; None when the person was typed.
    insurer: int | None
    #: When the card was there, whole seconds since the epoch; 0 when none was.
    carded: int


def wrap(key: bytes, target: Target, bound_to: bytes) -> bytes:
    """Wrap `target` under `key`, bound to the row it will stand in; 78 bytes."""
    return _seal(key, _written(target), bound_to)


def unwrap(key: bytes, wrapped: bytes, bound_to: bytes) -> Target | None:
    """Open what `wrap` made; None when key, row or bytes do not fit."""
    body = _open(key, wrapped, bound_to, WRAPPED_SIZE)
    return None if body is None else _read(body)


def wrap_claim(key: bytes, claim: Claim, bound_to: bytes) -> bytes:
    """Wrap what a reference leads to, bound to the row it will stand in; 84 bytes."""
    insurer = _NO_INSURER if claim.insurer is None else claim.insurer
    body = _written(claim.target) + insurer.to_bytes(2, "big") + claim.carded.to_bytes(4, "big")
    return _seal(key, body, bound_to)


def unwrap_claim(key: bytes, wrapped: bytes, bound_to: bytes) -> Claim | None:
    """Open what `wrap_claim` made; None when key, row or bytes do not fit."""
    body = _open(key, wrapped, bound_to, CLAIM_SIZE)
    if body is None:
        return None
    insurer = int.from_bytes(body[_TARGET : _TARGET + 2], "big")
    return Claim(
        _read(body),
        None if insurer == _NO_INSURER else insurer,
        int.from_bytes(body[_TARGET + 2 :], "big"),
    )


class Carried(NamedTuple):
    """What a phone leads to."""

    #: The card's secret, 16 bytes.
    card: bytes
    #: Whose card it is, and who granted the phone.
    insurer: int
    #: Whole seconds since the epoch.
    granted: int


def wrap_card(key: bytes, carried: Carried, bound_to: bytes) -> bytes:
    """Wrap what a phone leads to, bound to the row it will stand in; 50 bytes."""
    told = carried.insurer.to_bytes(2, "big") + carried.granted.to_bytes(4, "big")
    return _seal(key, carried.card + told, bound_to)


def unwrap_card(key: bytes, wrapped: bytes, bound_to: bytes) -> Carried | None:
    """Open what `wrap_card` made; None when key, row or bytes do not fit."""
    body = _open(key, wrapped, bound_to, _CARRIED_SIZE)
    if body is None:
        return None
    insurer, granted = body[_SECRET : _SECRET + 2], body[_SECRET + 2 :]
    return Carried(body[:_SECRET], int.from_bytes(insurer, "big"), int.from_bytes(granted, "big"))


def _written(target: Target) -> bytes:
    return target.epoch.to_bytes(2, "big") + target.idx + target.key


def _read(body: bytes) -> Target:
    return Target(int.from_bytes(body[:2], "big"), body[2:18], body[18:_TARGET])


def _seal(key: bytes, body: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_SIZE)
    return nonce + AESGCM(key).encrypt(nonce, body, bound_to)


def _open(key: bytes, wrapped: bytes, bound_to: bytes, size: int) -> bytes | None:
    if len(wrapped) != size:
        return None
    try:
        return AESGCM(key).decrypt(wrapped[:NONCE_SIZE], wrapped[NONCE_SIZE:], bound_to)
    except InvalidTag:
        return None


def pointer_row(card: bytes, insurer: int, feed: int) -> bytes:
    """Return what a card pointer is bound to: its own row's key."""
    return card + insurer.to_bytes(2, "big") + feed.to_bytes(4, "big")


def reference_row(reference: bytes, organisation: bytes) -> bytes:
    """Return the 32-byte name under which a reference's row stands: useless to anybody else."""
    return hashlib.sha256(b"ecluse/reference/v1" + reference + organisation).digest()
