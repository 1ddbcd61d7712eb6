"""Whose manifests the keyring believes: the insurers' signing keys, kept beside its own keys.

The database has them too, but whoever writes to the database must not be able to make the keyring
evaluate a feed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ecluse.keyring.bulk import BulkError
from ecluse.keyring.vault import write_durably


if TYPE_CHECKING:
    from pathlib import Path


class TrustedInsurer(msgspec.Struct, frozen=True):
    """An insurer's number in the database and its Ed25519 public key (32 bytes)."""

    insurer: int
    signing_key: bytes
    #: How many its contract is about, if that was said.
    members: int | None = None


class _Announced(msgspec.Struct, frozen=True):
    """What the keyring needs to read in a feed manifest; the rest is the loader's business."""

    amc: str
    feed: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    rows: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    #: The feed that a delta builds on.
    base: int | None = None


class Announced(NamedTuple):
    """A manifest whose signature holds."""

    amc: str
    insurer: TrustedInsurer
    feed: int
    rows: int
    full: bool


def add_insurer(
    folder: Path, amc: str, insurer: int, signing_key: bytes, members: int | None = None
) -> None:
    """Trust `signing_key` for the feeds of the insurer with AMC number `amc`.

    `members` is what its contract says; None leaves what was said before.
    """
    trusted = insurers(folder)
    if members is None and amc in trusted:
        members = trusted[amc].members
    trusted[amc] = TrustedInsurer(insurer, signing_key, members)
    write_durably(folder / "insurers.json", msgspec.json.encode(trusted))


def insurers(folder: Path) -> dict[str, TrustedInsurer]:
    """Return the trusted insurers by AMC number."""
    path = folder / "insurers.json"
    if not path.exists():
        return {}
    return msgspec.json.decode(path.read_bytes(), type=dict[str, TrustedInsurer])


def announced(trusted: dict[str, TrustedInsurer], manifest: bytes, signature: bytes) -> Announced:
    """Return what a manifest announces, once its signature holds.

    Raises:
        BulkError: Not a manifest, an unknown insurer, or a signature that does not hold.
    """
    try:
        told = msgspec.json.decode(manifest, type=_Announced)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BulkError("This is not a feed manifest.") from None
    insurer = trusted.get(told.amc)
    if insurer is None:
        raise BulkError(
            "The keyring knows no insurer with this AMC number.", hint="ecluse insurer add"
        )
    try:
        Ed25519PublicKey.from_public_bytes(insurer.signing_key).verify(signature, manifest)
    except InvalidSignature:
        raise BulkError("The manifest's signature does not hold for its insurer.") from None
    return Announced(told.amc, insurer, told.feed, told.rows, told.base is None)
