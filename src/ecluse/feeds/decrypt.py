"""The clear rows of an encrypted file, as a stream that touches no disk.

A thread decrypts into a pipe; whoever reads sets the pace. What lies in the pipe lies in memory.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Self

import pyrage

from ecluse.feeds.hashed import Hashed
from ecluse.feeds.manifest import ManifestError


if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 1 << 20


def check_digest(path: Path, sha256: str) -> None:
    """Check an encrypted file against its manifest.

    Raises:
        ManifestError: its SHA-256 is another one.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise _altered(path)


class ClearRows:
    """Reads the clear text of an age file (age-encryption.org/v1), block by block.

    The file is hashed again as it is decrypted: it could have changed since it was checked.

    Args:
        path: the encrypted file.
        identity: the age identity that opens it (Bech32 text).
        sha256: what the manifest says of it, hexadecimal.
    """

    def __init__(self, path: Path, identity: str, sha256: str) -> None:
        self._path = path
        self._identity = pyrage.x25519.Identity.from_str(identity)
        self._sha256 = sha256
        self._failure: ManifestError | None = None
        read_end, self._write_end = os.pipe()
        with suppress(OSError):  # a user who has many pipes may not have large ones
            fcntl.fcntl(self._write_end, fcntl.F_SETPIPE_SZ, _BLOCK)
        self._clear = os.fdopen(read_end, "rb", buffering=0)
        self._thread = threading.Thread(target=self._decrypt, name="decrypt", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._clear.close()  # a writer that is still at work stops at this
        self._thread.join()

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; none at the end.

        Raises:
            ManifestError: the file does not decrypt to its end, or is not the one announced.
        """
        block = self._clear.read(size)
        if not block:
            self._thread.join()
            if self._failure is not None:
                raise self._failure
        return block

    def _decrypt(self) -> None:
        try:
            with os.fdopen(self._write_end, "wb", buffering=_BLOCK) as clear:
                self._failure = self._pour(clear)
        except BrokenPipeError:
            return  # nobody wants the rest

    def _pour(self, clear: BinaryIO) -> ManifestError | None:
        with self._path.open("rb") as encrypted:
            hashed = Hashed(encrypted)
            try:
                pyrage.decrypt_io(hashed, clear, [self._identity])
            except BrokenPipeError:
                raise
            except (pyrage.DecryptError, OSError):
                return ManifestError(
                    f"{self._path.name} does not decrypt.",
                    hint="It was encrypted to another recipient, or damaged. Prepare it again with"
                    " what `ecluse feed recipient` prints.",
                )
            while hashed.read(_BLOCK):
                pass
        return None if hashed.digest() == self._sha256 else _altered(self._path)


def _altered(path: Path) -> ManifestError:
    return ManifestError(
        f"{path.name} is not the file that its manifest announces.",
        hint="It was altered or cut on its way: fetch it again from the insurer.",
    )
