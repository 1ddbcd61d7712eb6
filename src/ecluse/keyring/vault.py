"""Keys at rest: a folder of sealed files that nobody else may read.

`keys.sealed` holds the keys, `months/` one file per month of ledger, `marks` what the keyring must
not forget. Deleting a month's file erases that month's entries in every backup of the database at
once. All are sealed under a key that scrypt (RFC 7914) derives from the passphrase.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ecluse.errors import EcluseError
from ecluse.home import private_folder
from ecluse.keyring.keys import Keys, new_keys
from ecluse.ledger.seal import MonthKeys


if TYPE_CHECKING:
    from pathlib import Path

_SALT = 16
_NONCE = 12


class VaultError(EcluseError):
    """The keys are missing, open to others, or do not open."""


class FeedMark(msgspec.Struct, frozen=True):
    """The latest feed of an insurer that was evaluated, wholly or in part."""

    feed: int
    #: Hex SHA-256 of its manifest.
    manifest: str
    #: (digest, rows) of each chunk evaluated so far, in order.
    chunks: tuple[tuple[bytes, int], ...]


class Marks(msgspec.Struct, frozen=True):
    """What must survive a restart and a restored database alike."""

    #: The largest ledger size ever signed; a smaller one means a restored or truncated database.
    signed_size: int = 0
    #: By the insurer's number in the database.
    feeds: dict[int, FeedMark] = {}


class Vault:
    """The keyring's folder, opened with its passphrase."""

    def __init__(self, folder: Path, sealing_key: bytes) -> None:
        self._folder = folder
        self._aead = AESGCM(sealing_key)
        self.keys = msgspec.msgpack.decode(self._open("keys.sealed"), type=Keys)

    @classmethod
    def create(cls, folder: Path, passphrase: bytes) -> Vault:
        """Make a folder with new keys.

        Raises:
            VaultError: The folder already holds keys: they are never overwritten.
        """
        if (folder / "keys.sealed").exists():
            raise VaultError(
                f"{folder} already holds keys.", hint="Move them away first, if you mean it."
            )
        private_folder(folder)
        private_folder(folder / "months")
        salt = os.urandom(_SALT)
        sealing_key = _stretch(passphrase, salt)
        write_durably(folder / "salt", salt)
        body = msgspec.msgpack.encode(new_keys())
        write_durably(folder / "keys.sealed", _seal(AESGCM(sealing_key), "keys.sealed", body))
        return cls(folder, sealing_key)

    @classmethod
    def open(cls, folder: Path, passphrase: bytes) -> Vault:
        """Open the folder.

        Raises:
            VaultError: No keys there, other users could read them, or the passphrase is wrong.
        """
        for path in (folder, *sorted(folder.rglob("*"))):
            if path.is_symlink() or path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise VaultError(
                    f"{path} can be read by others than its owner.",
                    hint=f"Treat these keys as known: rotate them. Then: chmod -R go= {folder}",
                )
        if not (folder / "keys.sealed").exists():
            raise VaultError(f"No keys in {folder}.", hint="Make them: ecluse keyring init")
        return cls(folder, _stretch(passphrase, (folder / "salt").read_bytes()))

    def month(self, name: str) -> MonthKeys:
        """Return the keys of month `name` (such as 2026-11), drawn on first use."""
        path = f"months/{name}"
        if not (self._folder / path).exists():
            self._write(path, os.urandom(64))
        secret = self._open(path)
        return MonthKeys(name, secret[:32], secret[32:])

    def months(self) -> list[str]:
        """Return the months whose secret still exists, oldest first."""
        return sorted(path.name for path in (self._folder / "months").iterdir())

    def marks(self) -> Marks:
        """Return what must not be forgotten."""
        if not (self._folder / "marks").exists():
            return Marks()
        return msgspec.msgpack.decode(self._open("marks"), type=Marks)

    def remember(self, marks: Marks) -> None:
        """Write `marks` durably."""
        self._write("marks", msgspec.msgpack.encode(marks))

    def _open(self, name: str) -> bytes:
        sealed = (self._folder / name).read_bytes()
        try:
            return self._aead.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        except InvalidTag:
            raise VaultError(
                f"{self._folder / name} does not open.",
                hint="The passphrase is wrong, or the file was altered.",
            ) from None

    def _write(self, name: str, body: bytes) -> None:
        write_durably(self._folder / name, _seal(self._aead, name, body))


def _stretch(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase)


def _seal(aead: AESGCM, name: str, body: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + aead.encrypt(nonce, body, name.encode())


def write_durably(path: Path, body: bytes) -> None:
    """Replace `path` durably: a crash leaves the old file or the new one, never half of one."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
