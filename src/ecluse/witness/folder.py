"""A witness's folder: its key, what it has seen of each log, what it refused and why.

    witness.json            name and Ed25519 seed; drawn once, read by its owner alone
    logs/HASH.json          a log that is followed, and its latest cosigned checkpoint
    refused/HASH/*.json     what the log signed against that, with both notes

HASH is the SHA-256 of the log's origin, in hex. A file is whole or not there, and on the disk
before anything that rests on it leaves.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.errors import EcluseError
from ecluse.home import private_folder
from ecluse.ledger.cosignature import WitnessKey
from ecluse.ledger.note import VerifierKey
from ecluse.witness.book import NOTHING, Kind, Seen


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    T = TypeVar("T")


#: Of one kind against one log. Anybody may send a log's old checkpoints again.
_MOST_REFUSED = 200


class WitnessError(EcluseError):
    """A witness cannot work on this folder, or not on this log."""


class Identity(msgspec.Struct, frozen=True):
    """Who the witness is."""

    name: str
    seed: bytes

    @property
    def private(self) -> Ed25519PrivateKey:
        """The key that cosigns."""
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def key(self) -> WitnessKey:
        """What others look for."""
        return WitnessKey(self.name, self.private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"Identity(name={self.name!r})"


class Followed(msgspec.Struct, frozen=True):
    """A log that is followed."""

    #: Its verifier key, in one line.
    key: str
    seen: Seen = NOTHING

    @property
    def verifier(self) -> VerifierKey:
        """The log's name and key."""
        return VerifierKey.parse(self.key)

    @property
    def hash(self) -> str:
        """What the log's files and its address at this witness are named by."""
        return _hash(self.verifier.name)


class Refusal(msgspec.Struct, frozen=True):
    """A checkpoint that the log signed and this witness did not cosign."""

    origin: str
    kind: Kind
    #: Seconds since the epoch.
    at: int
    #: What was cosigned before, and what was offered: signed notes, as they came.
    cosigned: str
    offered: str
    #: The proof that came with it, which did not hold.
    hashes: tuple[bytes, ...] = ()


class Folder:
    """The folder of one witness."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity = path / "witness.json"
        self._logs = path / "logs"
        self._refused = path / "refused"

    def make(self, name: str) -> Identity:
        """Return who the witness is, after drawing its key at the first time.

        Raises:
            WitnessError: It has another name already, or the name is none.
        """
        private_folder(self._path)
        if self._identity.exists():
            found = self.identity()
            if found.name != name:
                raise WitnessError(
                    f"The witness in {self._path} is called {found.name}.",
                    hint="A witness keeps its name and key; another one takes another folder.",
                )
            return found
        if not name or "+" in name or any(character.isspace() for character in name):
            raise WitnessError(
                "A witness's name is one word without a plus sign.",
                hint="By custom an address without its scheme: witness.example.org/one",
            )
        drawn = Identity(name, os.urandom(32))
        _write(self._identity, drawn)
        return drawn

    def identity(self) -> Identity:
        """Return who the witness is.

        Raises:
            WitnessError: No key was made here, or it cannot be read.
        """
        return _read(self._identity, Identity)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other witness off this folder: two would cosign what contradicts.

        Raises:
            WitnessError: Another one works on it.
        """
        handle = os.open(private_folder(self._path) / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise WitnessError(f"Another witness works on {self._path}.") from None
        finally:
            os.close(handle)

    def follow(self, key: VerifierKey) -> None:
        """Follow a log from now on; nothing changes for one that is followed.

        Raises:
            WitnessError: A log of this name is followed under another key.
        """
        known = self.followed(key.name)
        if known is None:
            _write(self._log(key.name), Followed(key.text()))
        elif known.verifier != key:
            raise WitnessError(
                f"The log {key.name} is followed under another key.",
                hint="Two keys under one name are two logs: ask the operator which one is true.",
            )

    def followed(self, origin: str) -> Followed | None:
        """Return what is known of a log; None when it is not followed."""
        path = self._log(origin)
        return _read(path, Followed) if path.exists() else None

    def all_followed(self) -> list[Followed]:
        """Return every log that is followed, by its name."""
        found = [_read(path, Followed) for path in self._logs.glob("*.json")]
        return sorted(found, key=lambda each: each.key)

    def keep(self, followed: Followed) -> None:
        """Keep what was seen of a log; when this returns it is on the disk."""
        _write(self._log(followed.verifier.name), followed)

    def remember(self, refusal: Refusal) -> None:
        """Keep what speaks against a log, once, and no more than `_MOST_REFUSED` of a kind."""
        notes = sha256(f"{refusal.cosigned}\0{refusal.offered}".encode()).hexdigest()[:32]
        folder = self._refused / _hash(refusal.origin)
        path = folder / f"{refusal.kind}-{notes}.json"
        if not path.exists() and len(list(folder.glob(f"{refusal.kind}-*"))) < _MOST_REFUSED:
            _write(path, refusal)

    def refused(self) -> list[Refusal]:
        """Return what was refused, the oldest first."""
        found = [_read(path, Refusal) for path in self._refused.glob("*/*.json")]
        return sorted(found, key=lambda each: (each.at, each.origin, each.kind))

    def _log(self, origin: str) -> Path:
        return self._logs / f"{_hash(origin)}.json"


def _hash(origin: str) -> str:
    return sha256(origin.encode()).hexdigest()


def _read(path: Path, form: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=form)
    except FileNotFoundError:
        raise WitnessError(
            f"There is no {path.name} in {path.parent}.", hint="ecluse ledger witness key makes it."
        ) from None
    except (OSError, msgspec.DecodeError):
        raise WitnessError(
            f"{path} cannot be read.",
            hint="A witness that lost what it saw must not cosign: begin anew, under a new key.",
        ) from None


def _write(path: Path, content: msgspec.Struct) -> None:
    """Write a file whole and have it on the disk, readable to its owner alone."""
    folder = private_folder(path.parent)
    unfinished = folder / f".{path.name}.{os.getpid()}"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(content))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
