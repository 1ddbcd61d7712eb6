"""Whose manifests the keyring believes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.keyring.bulk import BulkError
from ecluse.keyring.trust import TrustedInsurer, add_insurer, announced, insurers


if TYPE_CHECKING:
    from pathlib import Path


KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
TRUSTED = {"75004407": TrustedInsurer(3, KEY.public_key().public_bytes_raw())}


def manifest(**changes: Any) -> bytes:  # noqa: ANN401 - any JSON, wrong kinds too
    return json.dumps({"amc": "75004407", "feed": 2, "rows": 10, "else": [1], **changes}).encode()


def test_a_signed_manifest_tells_whose_which_and_how_many() -> None:
    told = announced(TRUSTED, manifest(), KEY.sign(manifest()))
    assert (told.insurer.insurer, told.feed, told.rows, told.full) == (3, 2, 10, True)
    delta = manifest(base=1)
    assert not announced(TRUSTED, delta, KEY.sign(delta)).full


def test_a_signature_over_anything_else_does_not_hold() -> None:
    signature = KEY.sign(manifest())
    for forged in (manifest(rows=11), manifest(feed=3), manifest() + b" "):
        with pytest.raises(BulkError, match="signature does not hold"):
            announced(TRUSTED, forged, signature)


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(63), bytes(65)])
def test_what_is_no_signature_does_not_hold(signature: bytes) -> None:
    with pytest.raises(BulkError, match="signature does not hold"):
        announced(TRUSTED, manifest(), signature)


def test_another_insurers_signature_does_not_hold() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
    trusted = {**TRUSTED, "99": TrustedInsurer(4, other.public_key().public_bytes_raw())}
    with pytest.raises(BulkError, match="signature does not hold"):
        announced(trusted, manifest(), other.sign(manifest()))


def test_an_unknown_insurer_is_not_believed() -> None:
    unknown = manifest(amc="99999999")
    with pytest.raises(BulkError, match="no insurer with this AMC number") as told:
        announced(TRUSTED, unknown, KEY.sign(unknown))
    assert "99999999" not in f"{told.value}{told.value.hint}"


@pytest.mark.parametrize(
    "changes",
    [
        {"feed": 0},
        {"feed": -1},
        {"feed": 2**31},
        {"feed": 1.5},
        {"feed": True},
        {"rows": 0},
        {"rows": -5},
        {"rows": 10**9 + 1},
        {"rows": "10"},
        {"amc": 75004407},
        {"amc": None},
    ],
    ids=str,
)
def test_what_is_no_manifest_is_refused_signed_or_not(changes: dict[str, Any]) -> None:
    forged = manifest(**changes)
    with pytest.raises(BulkError, match="not a feed manifest"):
        announced(TRUSTED, forged, KEY.sign(forged))


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"\xff", b"[" * 200_000, b'{"else":' + b"[" * 200_000]
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(BulkError, match="not a feed manifest"):
        announced(TRUSTED, text, KEY.sign(text))


def test_insurers_are_kept_beside_the_keys(tmp_path: Path) -> None:
    assert insurers(tmp_path) == {}
    for amc, trusted in TRUSTED.items():
        add_insurer(tmp_path, amc, trusted.insurer, trusted.signing_key)
    assert insurers(tmp_path) == TRUSTED
    assert (tmp_path / "insurers.json").stat().st_mode & 0o777 == 0o600
