"""A file whose bytes are hashed as they pass."""

from __future__ import annotations

import hashlib
from typing import BinaryIO


class Hashed:
    """Reads from `file` or writes to it, and knows the SHA-256 of all that passed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes."""
        block = self._file.read(size)
        self._hash.update(block)
        return block

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
