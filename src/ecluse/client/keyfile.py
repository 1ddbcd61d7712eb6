"""The file in which practice software keeps its key: made here, readable by its owner alone.

JSON, mode 0600: where the gate is, which account the key is of, and the private key as PKCS #8 in
PEM, under a passphrase if there is one. During a rotation it holds the next key as well, so that
neither a crash nor a lost answer can leave the software without the key that counts.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Literal

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ecluse.client.device import DeviceKey
from ecluse.errors import EcluseError
from ecluse.login import base64url, clients
from ecluse.login.fingerprint import fingerprint
from ecluse.login.keyid import ACCOUNT_SIZE, KeyId


if TYPE_CHECKING:
    from pathlib import Path

_SEALED_HINT = "Name the file of its passphrase, as when the key was made."


class KeyFileError(EcluseError):
    """A key file that cannot be made or used."""


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    gate: str
    account: str
    private_key: str
    next_key: str | None = None


class KeyFile:
    """A client's key file, opened.

    Attributes:
        path: Where it is.
        gate: The gate's public origin.
        account: 16 bytes.
        key: Signs requests.
        following: The key that is to follow, while a rotation is under way.
    """

    def __init__(self, path: Path, content: _Content, passphrase: bytes | None) -> None:
        self.path = path
        self.gate = content.gate
        self._content = content
        self._passphrase = passphrase
        try:
            self.account = base64url.decode(content.account, ACCOUNT_SIZE)
            self.key = DeviceKey(self._opened(content.private_key))
            after = content.next_key
            self.following = DeviceKey(self._opened(after)) if after else None
        except ValueError:
            raise KeyFileError(
                f"{path} does not hold a client's key.", hint="Restore it, or make a new key."
            ) from None

    @classmethod
    def create(cls, path: Path, gate: str, passphrase: bytes | None = None) -> KeyFile:
        """Make a key and its file.

        Args:
            path: A file that is not there yet.
            gate: The gate's public origin, e.g. `https://gate.example`.
            passphrase: What the key is to be sealed with, if with anything.

        Raises:
            KeyFileError: The file is there already, or cannot be written.
        """
        private_key = ec.generate_private_key(ec.SECP256R1())
        account = clients.account_of(DeviceKey(private_key).thumbprint)
        content = _Content(
            1, gate.rstrip("/"), base64url.encode(account), _sealed(private_key, passphrase)
        )
        try:
            _write_new(path, content)
        except FileExistsError:
            raise KeyFileError(
                f"{path} is there already; a key is never overwritten.", hint="Name a new file."
            ) from None
        except OSError as error:
            raise KeyFileError(f"{path} cannot be written: {error.strerror}.") from None
        return cls(path, content, passphrase)

    @classmethod
    def open(cls, path: Path, passphrase: bytes | None = None) -> KeyFile:
        """Open a key file.

        Raises:
            KeyFileError: It is missing, damaged, or readable by others; or the passphrase is wrong.
        """
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise KeyFileError(
                        f"{path} can be read by others: treat its key as known.",
                        hint="Have it revoked, make a new one, and keep that to its owner.",
                    )
                content = msgspec.json.decode(file.read(), type=_Content)
        except OSError as error:
            raise KeyFileError(
                f"{path} cannot be read: {error.strerror}.",
                hint="Make a key with `ecluse client keygen`.",
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise KeyFileError(
                f"{path} does not hold a client's key.", hint="Restore it, or make a new key."
            ) from None
        return cls(path, content, passphrase)

    @property
    def keyid(self) -> str:
        """What the gate calls the key once it is accepted."""
        return KeyId(self.account, self.key.thumbprint).text()

    @property
    def fingerprint(self) -> str:
        """What an officer compares, of the key that signs."""
        return fingerprint(self.key.public_key)

    def prepare(self) -> DeviceKey:
        """Return the key that is to follow, on disk before anybody hears of it."""
        if self.following is None:
            private_key = ec.generate_private_key(ec.SECP256R1())
            sealed = _sealed(private_key, self._passphrase)
            self._replace(msgspec.structs.replace(self._content, next_key=sealed))
            self.following = DeviceKey(private_key)
        return self.following

    def promote(self) -> None:
        """Sign with the following key from now on, and forget the one before."""
        content = self._content
        if self.following is None or content.next_key is None:
            raise KeyFileError("No key is prepared to follow.")
        self._replace(msgspec.structs.replace(content, private_key=content.next_key, next_key=None))
        self.key, self.following = self.following, None

    def _replace(self, content: _Content) -> None:
        """Put `content` in the file's place, whole or not at all."""
        beside = self.path.with_name(f"{self.path.name}.new")
        beside.unlink(missing_ok=True)
        _write_new(beside, content)
        beside.replace(self.path)
        self._content = content

    def _opened(self, text: str) -> ec.EllipticCurvePrivateKey:
        try:
            key = serialization.load_pem_private_key(text.encode(), self._passphrase)
        except TypeError:
            raise KeyFileError(
                f"The key in {self.path} is sealed, or the passphrase is one too many.",
                hint=_SEALED_HINT,
            ) from None
        except ValueError:
            raise KeyFileError(
                f"The key in {self.path} does not open.", hint=_SEALED_HINT
            ) from None
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key
        raise ValueError(self.path)


def _sealed(private_key: ec.EllipticCurvePrivateKey, passphrase: bytes | None) -> str:
    return private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption(),
    ).decode("ascii")


def _write_new(path: Path, content: _Content) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
