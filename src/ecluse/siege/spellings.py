"""The ways in which careless software leaves a value behind: every usual encoding, and plain hashes."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from collections.abc import Iterator


_HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s", "sha3_256")
_DIGITS_IN_A_WORD = 15


def spellings(value: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield (encoding, bytes) of a value, text or not, as it is and as it lies within other text."""
    yield "raw", value
    yield "reversed", value[::-1]
    yield "hex", value.hex().encode()
    yield "HEX", value.hex().upper().encode()
    for alignment in range(3):
        for standard in (True, False):
            yield "base64", base64_within(value, alignment, standard=standard)
    if value.isascii():
        text = value.decode()
        yield "UTF-16LE", text.encode("utf-16-le")
        yield "UTF-16BE", text.encode("utf-16-be")
    if value.isdigit() and len(value) == _DIGITS_IN_A_WORD:
        yield "BCD", bytes.fromhex("0" + value.decode())
        yield "integer", int(value).to_bytes(8, "little")
        yield "integer", int(value).to_bytes(8, "big")


def hashes(value: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield (algorithm, bytes) of what takes a moment to turn back, all values being known."""
    for name in _HASHES:
        digest = hashlib.new(name, value).digest()
        yield name, digest[:16]
        yield name, digest[:16].hex().encode()
    yield "blake2b-128", hashlib.blake2b(value, digest_size=16).digest()


def base64_within(value: bytes, alignment: int, *, standard: bool = True) -> bytes:
    """Return the letters that `value` alone decides in the base64 of a text that contains it.

    Args:
        value: What is looked for.
        alignment: How many bytes stand before it, modulo 3.
        standard: The standard alphabet, not the one for URLs (RFC 4648).
    """
    encode = base64.standard_b64encode if standard else base64.urlsafe_b64encode
    whole = encode(bytes(alignment) + value)
    first = -(-alignment * 8 // 6)
    return whole[first : (alignment + len(value)) * 8 // 6]
