"""AES-256-GCM over a column of texts, each under a key of its own (pure but for randomness).

Each comes out as `wrap` and `cover.record` write one: nonce 12 | ciphertext | tag 16. The plain
library makes an object for each key, and that takes longer than the cipher does; libsodium takes
key, nonce and text in one call. It has AES only where the processor has it: elsewhere the plain
library does the work. A test holds both to the same bytes.
"""

from __future__ import annotations

import os
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl._sodium import ffi, lib
from nacl.bindings import sodium_init


KEY_SIZE, NONCE_SIZE, TAG_SIZE = 32, 12, 16


def seal_each(keys: bytes, texts: bytes, bound_to: bytes) -> bytes:
    """Seal n texts under nonces drawn anew.

    Args:
        keys: n of 32 bytes, one after the other.
        texts: n of one size.
        bound_to: n associated data of one size.

    Returns:
        n times nonce | ciphertext | tag.

    Raises:
        ValueError: the columns are not of one length, or empty.
    """
    count, rest = divmod(len(keys), KEY_SIZE)
    if rest or not (keys and texts and bound_to) or len(texts) % count or len(bound_to) % count:
        raise ValueError("columns of different lengths")
    seal = by_libsodium if _PROCESSOR_HAS_AES else by_cryptography
    return seal(keys, os.urandom(count * NONCE_SIZE), texts, bound_to)


def by_cryptography(keys: bytes, nonces: bytes, texts: bytes, bound_to: bytes) -> bytes:
    """Seal under these nonces with the plain library."""
    columns = (keys, nonces, texts, bound_to)
    items = (struct.iter_unpack(f"{len(each) // _count(nonces)}s", each) for each in columns)
    return b"".join(
        nonce + AESGCM(key).encrypt(nonce, text, bound)
        for (key,), (nonce,), (text,), (bound,) in zip(*items, strict=True)
    )


def by_libsodium(keys: bytes, nonces: bytes, texts: bytes, bound_to: bytes) -> bytes:
    """Seal under these nonces with libsodium, which writes each item to its place."""
    count = _count(nonces)
    size, bound_size = len(texts) // count, len(bound_to) // count
    whole = NONCE_SIZE + size + TAG_SIZE
    sealed = bytearray(count * whole)
    for place in range(NONCE_SIZE):
        sealed[place::whole] = nonces[place::NONCE_SIZE]
    # Pointers, each moved on by its column's width: a slice of each item would cost as much again.
    item, key, text, bound = (
        ffi.from_buffer("unsigned char[]", each) + 0 for each in (sealed, keys, texts, bound_to)
    )
    encrypt, none = lib.crypto_aead_aes256gcm_encrypt, ffi.NULL
    for _ in range(count):
        encrypt(item + NONCE_SIZE, none, text, size, bound, bound_size, none, item, key)
        item += whole
        key += KEY_SIZE
        text += size
        bound += bound_size
    return bytes(sealed)


def _count(nonces: bytes) -> int:
    return len(nonces) // NONCE_SIZE


sodium_init()
_PROCESSOR_HAS_AES = bool(lib.crypto_aead_aes256gcm_is_available())
