"""A feed's manifest: what the insurer announces and signs.

Canonical JSON (RFC 8785); the Ed25519 signature (RFC 8032) is over those bytes and stands beside
them in its own file. The keyring evaluates exactly as many rows as a manifest says.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ecluse.cover.package import CoverPackage
from ecluse.errors import EcluseError
from ecluse.feeds.roster import COLUMNS, DELTA_COLUMNS


if TYPE_CHECKING:
    from pathlib import Path

MANIFEST_SUFFIX = ".manifest.json"
SIGNATURE_SUFFIX = ".manifest.sig"
ROWS_SUFFIX = ".rows.age"
MOST_BYTES = 16 * 1024 * 1024

_SIGNATURE_SIZE = 64
_PLACE = re.compile(r" - at (`.*)$")
_QUOTED = re.compile(r"(value|field) ['`].*['`]$")


class ManifestError(EcluseError):
    """A manifest, its signature or its rows file cannot be used."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a feed is: whose, which, how many rows, of which bytes.

    Attributes:
        version: of this format.
        amc: the insurer's AMC number.
        feed: the insurer's own number, larger than that of every feed before.
        kind: a full feed replaces those before, from the first day it speaks about; a delta says
            what changed since the feed before.
        rows: how many rows the file holds, good or bad.
        sha256: of the encrypted rows file, hexadecimal.
        period_from: first day the feed speaks about.
        period_to: last day, or None for no end.
        prepared_at: when, with a time zone.
        packages: the cover packages that rows name by code.
        base: the number of the feed that a delta builds on, the one before it; None when full.
    """

    version: Literal[1]
    amc: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{8,10}$")]
    feed: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    kind: Literal["full", "delta"]
    rows: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    period_from: date
    period_to: date | None
    prepared_at: Annotated[datetime, msgspec.Meta(tz=True)]
    packages: Annotated[tuple[CoverPackage, ...], msgspec.Meta(min_length=1)]
    base: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the rows file."""
        return COLUMNS if self.base is None else DELTA_COLUMNS


class FeedFiles(NamedTuple):
    """The three files of a feed, side by side under one name."""

    manifest: Path
    signature: Path
    rows: Path


def files_of(manifest: Path) -> FeedFiles:
    """Return the files that belong to a manifest's path.

    Raises:
        ManifestError: the name does not end like a manifest's.
    """
    if not manifest.name.endswith(MANIFEST_SUFFIX):
        raise ManifestError(
            f"{manifest.name} is not a feed manifest.",
            hint=f"Give the file whose name ends in {MANIFEST_SUFFIX}.",
        )
    return named(manifest.parent, manifest.name.removesuffix(MANIFEST_SUFFIX))


def named(folder: Path, stem: str) -> FeedFiles:
    """Return the three files of the feed called `stem` in `folder`."""
    return FeedFiles(
        folder / (stem + MANIFEST_SUFFIX),
        folder / (stem + SIGNATURE_SUFFIX),
        folder / (stem + ROWS_SUFFIX),
    )


def encode(manifest: Manifest) -> bytes:
    """Return the canonical bytes that are signed (RFC 8785)."""
    return rfc8785.dumps(msgspec.to_builtins(manifest))


def decode(raw: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        ManifestError: not a manifest, or not in canonical form (two readers could then disagree
            about what was signed).
    """
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.ValidationError as error:
        raise ManifestError(
            f"The manifest is malformed: {_place(error)}.", hint="Prepare the feed again."
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ManifestError("The manifest is not JSON in UTF-8.") from None
    if encode(manifest) != raw:
        raise ManifestError(
            "The manifest is not in canonical form.",
            hint="Do not edit or reformat it: prepare the feed again.",
        )
    if (manifest.kind == "delta") != (manifest.base is not None):
        raise ManifestError(
            "The manifest is malformed: a delta names the feed that it builds on, a full feed none.",
            hint="Prepare the feed again.",
        )
    return manifest


def verify(raw: bytes, signature: bytes, signing_key: bytes) -> None:
    """Check an insurer's signature over a manifest's bytes.

    Raises:
        ManifestError: it does not hold.
    """
    if len(signature) == _SIGNATURE_SIZE:
        try:
            Ed25519PublicKey.from_public_bytes(signing_key).verify(signature, raw)
        except InvalidSignature:
            pass
        else:
            return
    raise ManifestError(
        "The manifest's signature does not hold for its insurer.",
        hint="It was altered, or signed with another key: ask the insurer.",
    )


def read_signed(files: FeedFiles) -> tuple[bytes, bytes]:
    """Return a manifest's bytes and its signature, neither of them checked.

    Raises:
        ManifestError: a file is missing or implausibly large.
    """
    for path in files:
        if not path.is_file():
            raise ManifestError(
                f"{path} is missing.", hint="A feed is three files: keep them side by side."
            )
    if files.manifest.stat().st_size > MOST_BYTES:
        raise ManifestError(f"{files.manifest} is too large for a manifest.")
    with files.signature.open("rb") as file:
        signature = file.read(_SIGNATURE_SIZE + 1)
    return files.manifest.read_bytes(), signature


def _place(error: msgspec.ValidationError) -> str:
    """Say where msgspec found the fault and what it expected there, without what it found."""
    message, *place = _PLACE.split(str(error))
    fault = _QUOTED.sub(r"\1", message)
    return f"{fault}, at {place[0]}" if place else fault
