"""A manifest is read only as it was signed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.cover.package import parse_packages
from ecluse.feeds import manifest as manifests
from ecluse.feeds.manifest import Manifest, ManifestError
from feeds.rosters import PACKAGES


if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = Manifest(
    version=1,
    amc="75004407",
    feed=3,
    kind="full",
    rows=12,
    sha256="0f" * 32,
    period_from=date(2026, 1, 1),
    period_to=None,
    prepared_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
    packages=parse_packages(json.dumps(PACKAGES).encode()),
)
RAW = manifests.encode(MANIFEST)


def test_it_comes_back_as_it_was_written() -> None:
    assert manifests.decode(RAW) == MANIFEST
    assert RAW.startswith(b'{"amc":"75004407","feed":3,"kind":"full","packages":[{"code":')


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (RAW + b"\n", "not in canonical form"),
        (RAW.replace(b'"rows":12', b'"rows": 12'), "not in canonical form"),
        (RAW.replace(b'"rows":12', b'"rows":12,"rows":12'), "not in canonical form"),
        (RAW.replace(b'"rows":12', b'"rows":0'), r"at `\$\.rows"),
        (RAW.replace(b'"kind":"full"', b'"kind":"part"'), r"at `\$\.kind"),
        (RAW.replace(b'"kind":"full"', b'"kind":"delta"'), "names the feed that it builds on"),
        (RAW.replace(b'"feed":3', b'"base":2,"feed":3'), "a full feed none"),
        (RAW.replace(b'"version":1', b'"version":2'), r"at `\$\.version"),
        (RAW.replace(b'"rows":12', b'"rib":1,"rows":12'), "unknown field"),
        (RAW.replace(b"12:00:00Z", b"12:00:00"), r"at `\$\.prepared_at"),
        (b"\xff", "not JSON"),
    ],
)
def test_anything_else_is_refused(raw: bytes, problem: str) -> None:
    with pytest.raises(ManifestError, match=problem):
        manifests.decode(raw)


def test_what_is_wrong_is_never_quoted() -> None:
    spoilt = json.loads(RAW)
    spoilt["packages"][0]["families"]["0612345678"] = []
    with pytest.raises(ManifestError) as refused:
        manifests.decode(msgspec.json.encode(spoilt))
    assert "0612345678" not in refused.value.problem


def test_a_signature_holds_for_its_own_bytes_and_key_only() -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    signature = key.sign(RAW)
    manifests.verify(RAW, signature, public)
    for raw, given, signer in (
        (RAW + b" ", signature, public),
        (RAW, signature[:-1], public),
        (RAW, signature + b"\0", public),
        (RAW, signature, other.public_key().public_bytes_raw()),
    ):
        with pytest.raises(ManifestError, match="signature does not hold"):
            manifests.verify(raw, given, signer)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    files = manifests.named(tmp_path, "75004407-3")
    files.manifest.write_bytes(RAW)
    with pytest.raises(ManifestError, match=r"75004407-3\.manifest\.sig is missing"):
        manifests.read_signed(files)
    with pytest.raises(ManifestError, match="not a feed manifest"):
        manifests.files_of(tmp_path / "roster.csv")
