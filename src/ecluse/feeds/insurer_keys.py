"""An insurer's own keys, on the insurer's side: a folder that nobody else may read.

* `signing.key`: Ed25519 seed, 32 bytes; signs feed manifests.
* `reference.key`: AES-256, 32 bytes; seals member references, so that the operator cannot read them.
* `age.key`: age identity; opens what the operator seals for this insurer alone.
* `public.json`: what the operator is given. It holds nothing secret.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import msgspec
import pyrage
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.errors import EcluseError
from ecluse.home import private_folder
from ecluse.ids import amc as amc_number


if TYPE_CHECKING:
    from pathlib import Path

KEY_SIZE = 32
PUBLIC_NAME = "public.json"


class InsurerKeysError(EcluseError):
    """An insurer's key folder is missing, incomplete, or open to others."""


class InsurerPublic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an insurer hands to the operator.

    Attributes:
        amc: the AMC number.
        name: what professionals read in an answer.
        signing_key: Ed25519 public key, 32 bytes.
        age_recipient: an age X25519 recipient (Bech32 text).
    """

    amc: str
    name: str
    signing_key: bytes
    age_recipient: str


class InsurerKeys(msgspec.Struct, frozen=True):
    """An opened key folder. Attributes as the module's text lists them."""

    public: InsurerPublic
    signing: bytes
    reference: bytes
    age_identity: str

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of `message`."""
        return Ed25519PrivateKey.from_private_bytes(self.signing).sign(message)


def create(folder: Path, *, amc: str, name: str) -> InsurerKeys:
    """Make a folder with new keys.

    Raises:
        InsurerKeysError: the folder already holds keys; they are never overwritten.
        IdentifierError: `amc` is not an AMC number.
    """
    if (folder / "signing.key").exists():
        raise InsurerKeysError(
            f"{folder} already holds an insurer's keys.", hint="Choose another folder."
        )
    private_folder(folder)
    signing = Ed25519PrivateKey.generate()
    identity = pyrage.x25519.Identity.generate()
    public = InsurerPublic(
        amc_number.parse(amc),
        name,
        signing.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        ),
        str(identity.to_public()),
    )
    _write(folder / "signing.key", signing.private_bytes_raw())
    _write(folder / "reference.key", os.urandom(KEY_SIZE))
    _write(folder / "age.key", str(identity).encode())
    _write(folder / PUBLIC_NAME, msgspec.json.format(msgspec.json.encode(public)) + b"\n")
    return read(folder)


def read(folder: Path) -> InsurerKeys:
    """Open a key folder.

    Raises:
        InsurerKeysError: a key is missing or damaged, or others than its owner could read it.
    """
    signing = _read(folder / "signing.key")
    reference = _read(folder / "reference.key")
    age = _read(folder / "age.key").decode("ascii", errors="replace")
    try:
        pyrage.x25519.Identity.from_str(age)
        whole = len(signing) == len(reference) == KEY_SIZE
    except pyrage.IdentityError:
        whole = False
    if not whole:
        raise InsurerKeysError(f"A key in {folder} is damaged.", hint="Restore it from its backup.")
    return InsurerKeys(read_public(folder / PUBLIC_NAME), signing, reference, age)


def read_public(path: Path) -> InsurerPublic:
    """Read what an insurer handed over.

    Raises:
        InsurerKeysError: the file is missing, or is not an insurer's public keys.
    """
    hint = "It is the public.json that `ecluse insurer keygen` makes."
    try:
        public = msgspec.json.decode(path.read_bytes(), type=InsurerPublic)
        pyrage.x25519.Recipient.from_str(public.age_recipient)
    except FileNotFoundError:
        raise InsurerKeysError(f"{path} does not exist.", hint=hint) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, pyrage.RecipientError):
        raise InsurerKeysError(f"{path} does not hold public keys.", hint=hint) from None
    if len(public.signing_key) != KEY_SIZE or not public.name.strip():
        raise InsurerKeysError(f"{path} does not hold public keys.", hint=hint)
    return msgspec.structs.replace(public, amc=amc_number.parse(public.amc))


def _write(path: Path, body: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        raise InsurerKeysError(
            f"{path} cannot be opened.", hint="Make the keys: ecluse insurer keygen"
        ) from None
    with os.fdopen(descriptor, "rb") as file:
        if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise InsurerKeysError(
                f"{path} can be read by others than its owner.",
                hint=f"Treat this key as known and make new ones; or, if sure: chmod 600 {path}",
            )
        return file.read()


def last_feed(folder: Path) -> int:
    """Return the number of the last feed prepared with these keys; 0 before the first."""
    try:
        return int((folder / "last-feed").read_text("ascii"))
    except FileNotFoundError:
        return 0
    except ValueError:
        raise InsurerKeysError(
            f"{folder / 'last-feed'} is not a number.", hint="Write the last feed's number there."
        ) from None


def remember_feed(folder: Path, number: int) -> None:
    """Remember the number of a prepared feed, unless a higher one is."""
    (folder / "last-feed").write_text(f"{max(number, last_feed(folder))}\n", encoding="ascii")
