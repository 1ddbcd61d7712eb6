"""A file whose bytes are hashed as they pass."""

from __future__ import annotations

import hashlib
from typing import BinaryIO


_BLOCK = 1 << 20


class Hashed:
    """Reads from `file` or writes to it, and knows the SHA-256 of all that passed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._block = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes.

        Whoever reads a little at a time would stand in line for the interpreter after each hash;
        so a block is read and hashed at once.
        """
        if not self._block:
            block = self._file.read(_BLOCK)
            self._hash.update(block)
            self._block = memoryview(block)
        taken, self._block = self._block[:size], self._block[size:]
        return bytes(taken)

    def write(self, block: bytes) -> int:
        """Write a block."""
        self._hash.update(block)
        return self._file.write(block)

    def flush(self) -> None:
        """Hand what was written to the system."""
        self._file.flush()

    def digest(self) -> str:
        """Return the SHA-256 so far, in hexadecimal."""
        return self._hash.hexdigest()
