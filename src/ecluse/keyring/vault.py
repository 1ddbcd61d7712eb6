"""Keys at rest: a folder of sealed files that nobody else may read.

`keys.sealed` holds the keys, `months/` one file per month of ledger, `marks` what the keyring must
not forget. Deleting a month's file erases that month's entries in every backup of the database at
once. All are sealed under a key that scrypt (RFC 7914) derives from the passphrase.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
from contextlib import contextmanager
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
    from collections.abc import Iterator
    from pathlib import Path

_SALT = 16
_NONCE = 12
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class VaultError(EcluseError):
    """The keys are missing, open to others, or do not open."""


class FeedMark(msgspec.Struct, frozen=True):
    """The latest feed of an insurer that was evaluated, wholly or in part."""

    feed: int
    #: Hex SHA-256 of its manifest.
    manifest: str
    #: (digest, rows) of each chunk evaluated so far, in order.
    chunks: tuple[tuple[bytes, int], ...]
    #: As the manifest announces; whether it is a full feed.
    rows: int = 0
    full: bool = True
    #: Rows evaluated of the full feeds before it, the last few, oldest first.
    usual: tuple[int, ...] = ()


class Milestone(msgspec.Struct, frozen=True, array_like=True):
    """The ledger had `size` entries, the last one with the id `entry`, at the time `at`."""

    size: int
    #: Seconds since the epoch.
    at: float
    entry: bytes


class Marks(msgspec.Struct, frozen=True):
    """What must survive a restart and a restored database alike."""

    #: The largest ledger ever signed for: its size, its root and the id of its last entry. A
    #: shorter one, or another entry there, means a restored or truncated database.
    signed_size: int = 0
    signed_root: bytes = b""
    signed_entry: bytes = b""
    #: Of the last day and one before it, oldest first.
    milestones: tuple[Milestone, ...] = ()
    #: Lane to hour since the epoch to how many distinct persons may have been asked for in it.
    reserved: dict[str, dict[int, int]] = {}
    #: By the insurer's number in the database.
    feeds: dict[int, FeedMark] = {}
    #: Incidents that were closed: their scope is told no more.
    closed: tuple[int, ...] = ()


class Vault:
    """The keyring's folder, opened with its passphrase."""

    def __init__(self, folder: Path, sealing_key: bytes) -> None:
        self._folder = folder
        self._aead = AESGCM(sealing_key)
        self.keys = msgspec.msgpack.decode(self._open("keys.sealed"), type=Keys)
        self.marks = Marks()
        if (folder / "marks").exists():
            self.marks = msgspec.msgpack.decode(self._open("marks"), type=Marks)

    @classmethod
    def create(cls, folder: Path, passphrase: bytes) -> Vault:
        """Make a folder with new keys.

        Raises:
            VaultError: The folder already holds keys, or what is left of some: they are never
                overwritten.
        """
        if any(any(folder.glob(left)) for left in ("keys.sealed", "marks", "months/*")):
            raise VaultError(
                f"{folder} already holds keys.", hint="Move them away first, if you mean it."
            )
        private_folder(folder)
        private_folder(folder / "months")
        salt = os.urandom(_SALT)
        key = sealing_key(passphrase, salt)
        write_durably(folder / "salt", salt)
        body = msgspec.msgpack.encode(new_keys())
        write_durably(folder / "keys.sealed", _seal(AESGCM(key), "keys.sealed", body))
        return cls(folder, key)

    @classmethod
    def open(cls, folder: Path, passphrase: bytes) -> Vault:
        """Open the folder.

        Raises:
            VaultError: No keys there, other users could read them, or the passphrase is wrong.
        """
        if not (folder / "keys.sealed").exists():
            raise VaultError(f"No keys in {folder}.", hint="Make them: ecluse keyring init")
        for path in (folder, *sorted(folder.rglob("*"))):
            require_private(path)
        return cls(folder, sealing_key(passphrase, (folder / "salt").read_bytes()))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep these keys for one process: two keyrings would each let the whole budget through.

        Raises:
            VaultError: Another process holds them.
        """
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise VaultError(
                    "Another keyring process holds these keys.", hint="Stop it first."
                ) from None
            yield
        finally:
            os.close(descriptor)

    def month(self, name: str) -> MonthKeys:
        """Return the keys of month `name` (such as 2026-11), drawn on first use.

        Raises:
            VaultError: That is not the name of a month, or its file does not open.
        """
        if not _MONTH.fullmatch(name):
            raise VaultError("That is not the name of a month, such as 2026-11.")
        path = f"months/{name}"
        if not (self._folder / path).exists():
            self._write(path, os.urandom(64))
        secret = self._open(path)
        return MonthKeys(name, secret[:32], secret[32:])

    def has_month(self, name: str) -> bool:
        """Tell whether the secret of month `name` was drawn and not erased since."""
        return bool(_MONTH.fullmatch(name)) and (self._folder / "months" / name).exists()

    def months(self) -> list[str]:
        """Return the months whose secret still exists, oldest first."""
        names = (path.name for path in (self._folder / "months").iterdir())
        return sorted(name for name in names if _MONTH.fullmatch(name))

    def remember(self, marks: Marks) -> None:
        """Replace `marks`, durably before anybody relies on it."""
        self._write("marks", msgspec.msgpack.encode(marks))
        self.marks = marks

    def read(self, name: str) -> bytes | None:
        """Return what was written under `name`; None before that.

        Raises:
            VaultError: It does not open.
        """
        return self._open(name) if (self._folder / name).exists() else None

    def write(self, name: str, body: bytes) -> None:
        """Seal `body` under `name`, durably, in place of what was there."""
        self._write(name, body)

    def _open(self, name: str) -> bytes:
        sealed = (self._folder / name).read_bytes()
        try:
            return self._aead.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        except (InvalidTag, ValueError):
            raise VaultError(
                f"{self._folder / name} does not open.",
                hint="The passphrase is wrong, or the file was altered.",
            ) from None

    def _write(self, name: str, body: bytes) -> None:
        write_durably(self._folder / name, _seal(self._aead, name, body))


def require_private(path: Path) -> None:
    """Refuse a secret that anybody but this process's own user could read or replace.

    Raises:
        VaultError: It is a link, another user's, or open to group or others.
    """
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid():
        raise VaultError(
            f"{path} is a link, or belongs to another user.",
            hint="Keep the keys themselves in one folder of the keyring's own user.",
        )
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise VaultError(
            f"{path} can be read by others than its owner.",
            hint=f"Treat what it holds as known: rotate it. Then: chmod go= {path}",
        )


def sealing_key(passphrase: bytes, salt: bytes) -> bytes:
    """Return the 32-byte key that everything in a folder is sealed under; slow on purpose."""
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
