"""What leads to a person's key other than the identifier: a card, a settlement reference (pure).

Both wrap the same thing under AES-256-GCM: (epoch, person index, person key).
"""

from __future__ import annotations

import hashlib
import os
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


_NONCE = 12
_TARGET = 2 + 16 + 32
#: Size of one wrapped target: nonce, epoch, index, key, tag.
WRAPPED_SIZE = _NONCE + _TARGET + 16


class Target(NamedTuple):
    """A person as the keyring knows one: the epoch, the index, the person's key."""

    epoch: int
    idx: bytes
    key: bytes


def wrap(key: bytes, target: Target, bound_to: bytes, nonce: bytes | None = None) -> bytes:
    """Wrap `target` under `key`, bound to the row it will stand in; 78 bytes."""
    nonce = os.urandom(_NONCE) if nonce is None else nonce
    body = target.epoch.to_bytes(2, "big") + target.idx + target.key
    return nonce + AESGCM(key).encrypt(nonce, body, bound_to)


def unwrap(key: bytes, wrapped: bytes, bound_to: bytes) -> Target | None:
    """Open what `wrap` made; None when key, row or bytes do not fit."""
    try:
        body = AESGCM(key).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], bound_to)
    except (InvalidTag, ValueError):
        return None
    return Target(int.from_bytes(body[:2], "big"), body[2:18], body[18:])


def pointer_row(card: bytes, insurer: int, feed: int) -> bytes:
    """Return what a card pointer is bound to: its own row's key."""
    return card + insurer.to_bytes(2, "big") + feed.to_bytes(4, "big")


def reference_row(reference: bytes, organisation: bytes) -> bytes:
    """Return the 32-byte name under which a reference's row stands: useless to anybody else."""
    return hashlib.sha256(b"ecluse/reference/v1" + reference + organisation).digest()
