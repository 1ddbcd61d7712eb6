"""Strict verification of signed requests: one profile of RFC 9421 (`login.profile`), no other.

Pure: no clock, no store. `parse` reads who claims to sign, so that the caller can load that
device's key; `verify` then decides. Everything that the decision needs is read from the headers
once, in `parse`, and each text has exactly one accepted form, so that no two readers of a request
can disagree on what was signed.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ecluse.errors import EcluseError
from ecluse.login import base64url, jwk, keyid, profile


if TYPE_CHECKING:
    from collections.abc import Iterable

# Parsing a point costs about a tenth of a verification; a busy gate sees this many devices a day.
_CACHED_KEYS = 8192
_COORDINATE = 32
_ECDSA = ec.ECDSA(hashes.SHA256())

_FIELDS = frozenset((b"signature-input", b"signature", b"content-digest", b"content-type"))
_CONTENT_TYPE = profile.CONTENT_TYPE.encode("ascii")
_INPUT = re.compile(
    rf"{profile.LABEL}=("
    rf"{re.escape(profile.COMPONENTS)};created=([1-9][0-9]{{9}});expires=([1-9][0-9]{{9}})"
    r';nonce="([A-Za-z0-9_-]{22})";keyid="([A-Za-z0-9_.-]{44,66})"'
    rf';alg="{profile.ALGORITHM}";tag="{profile.TAG}")'.encode("ascii")
)
_SIGNATURE = re.compile(rf"{profile.LABEL}=:([A-Za-z0-9+/]{{86}}==):".encode("ascii"))
_DIGEST = re.compile(rb"sha-256=:([A-Za-z0-9+/]{43}=):")
_METHOD = re.compile(r"[A-Z]{1,16}")
_TARGET = re.compile(r"[!-~]+")


class Fault(StrEnum):
    """Why a request's signature was not accepted."""

    MISSING = "missing"
    DUPLICATE = "duplicate"
    PROFILE = "profile"
    TARGET = "target"
    LIFETIME = "lifetime"
    FUTURE = "future"
    EXPIRED = "expired"
    DIGEST = "digest"
    KEY = "key"
    MISMATCH = "mismatch"


_PROBLEMS = {
    Fault.MISSING: "The request is not signed: a header of the signature is missing.",
    Fault.DUPLICATE: "A header of the signature stands twice in the request.",
    Fault.PROFILE: "The signature is not of the one profile that is accepted.",
    Fault.TARGET: "The request's method or target cannot be signed.",
    Fault.LIFETIME: "The signature asks to be valid for too long, or for no time at all.",
    Fault.FUTURE: "The signature was made in the future.",
    Fault.EXPIRED: "The signature has expired.",
    Fault.DIGEST: "The content is not what was signed.",
    Fault.KEY: "The key is not the one that the signature names.",
    Fault.MISMATCH: "The signature does not match the request.",
}
_CLOCK_HINT = "Set this computer's clock: it must be right to within 30 seconds."


class SignatureError(EcluseError):
    """A signature that is not accepted; `code` says why."""

    def __init__(self, code: Fault) -> None:
        hint = _CLOCK_HINT if code in {Fault.FUTURE, Fault.EXPIRED} else ""
        super().__init__(_PROBLEMS[code], hint=hint)
        self.code = code


class SignedRequest(msgspec.Struct, frozen=True):
    """What a request says about its signature. Nothing in it is proven before `verify`."""

    account: bytes | None
    """16 bytes; None while a device signs its own registration."""
    thumbprint: bytes
    """Of the device key (RFC 7638), 32 bytes."""
    nonce: bytes
    created: int
    expires: int
    params: str
    digest: bytes
    """SHA-256 that the content must have."""
    signature: bytes
    """r and s, 32 bytes each, big-endian (RFC 9421 section 3.3.4)."""


class Verified(msgspec.Struct, frozen=True):
    """Who signed, proven. The nonce still has to be new: that takes a store."""

    account: bytes | None
    thumbprint: bytes
    nonce: bytes
    created: int
    expires: int


def parse(headers: Iterable[tuple[bytes, bytes]]) -> SignedRequest:
    """Read the signature of a request.

    Args:
        headers: Field lines as received, in any order and case, names and values as bytes.

    Raises:
        SignatureError: `MISSING`, `DUPLICATE` or `PROFILE`.
    """
    fields = _single_fields(headers)
    stated = _INPUT.fullmatch(fields[b"signature-input"])
    signature = _SIGNATURE.fullmatch(fields[b"signature"])
    digest = _DIGEST.fullmatch(fields[b"content-digest"])
    if not (stated and signature and digest) or fields[b"content-type"] != _CONTENT_TYPE:
        raise SignatureError(Fault.PROFILE)
    params, created, expires, nonce, key = (part.decode("ascii") for part in stated.groups())
    try:
        account, thumbprint = keyid.parse(key)
        return SignedRequest(
            account=account,
            thumbprint=thumbprint,
            nonce=base64url.decode(nonce, profile.NONCE_SIZE),
            created=int(created),
            expires=int(expires),
            params=params,
            digest=_canonical_base64(digest[1]),
            signature=_canonical_base64(signature[1]),
        )
    except (ValueError, keyid.KeyIdError) as error:
        raise SignatureError(Fault.PROFILE) from error


def verify(
    request: SignedRequest, message: profile.Message, *, public_key: bytes, now: float
) -> Verified:
    """Verify that the device with `public_key` signed this message, whole and lately.

    Args:
        request: What `parse` read from the message's headers.
        message: Method and content as received; the target from `profile.target_uri`.
        public_key: Uncompressed P-256 point, 65 bytes, of the device that `request` names.
        now: Unix seconds.

    Raises:
        SignatureError: With the reason as `code`.
    """
    if not _METHOD.fullmatch(message.method) or not _TARGET.fullmatch(message.target_uri):
        raise SignatureError(Fault.TARGET)
    _check_times(request, now)
    if not hmac.compare_digest(hashlib.sha256(message.body).digest(), request.digest):
        raise SignatureError(Fault.DIGEST)
    try:
        key, thumbprint = _loaded(public_key)
    except jwk.JwkError as error:
        raise SignatureError(Fault.KEY) from error
    if thumbprint != request.thumbprint:
        raise SignatureError(Fault.KEY)
    base = profile.signature_base(message, profile.content_digest(request.digest), request.params)
    _verify(key, base, request.signature)
    return Verified(
        request.account, request.thumbprint, request.nonce, request.created, request.expires
    )


def verify_bare(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Verify a signature that stands beside no request.

    Args:
        public_key: Uncompressed P-256 point, 65 bytes.
        message: What was signed.
        signature: r and s, 32 bytes each, big-endian.

    Raises:
        SignatureError: `KEY` or `MISMATCH`.
    """
    try:
        key, _ = _loaded(public_key)
    except jwk.JwkError as error:
        raise SignatureError(Fault.KEY) from error
    _verify(key, message, signature)


def _verify(key: ec.EllipticCurvePublicKey, message: bytes, signature: bytes) -> None:
    if len(signature) != 2 * _COORDINATE:
        raise SignatureError(Fault.MISMATCH)
    try:
        key.verify(_der(signature), message, _ECDSA)
    except InvalidSignature as error:
        raise SignatureError(Fault.MISMATCH) from error


def _single_fields(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for raw_name, value in headers:
        name = raw_name.lower()
        if name in _FIELDS:
            if name in fields:
                raise SignatureError(Fault.DUPLICATE)
            fields[name] = value
    if len(fields) != len(_FIELDS):
        raise SignatureError(Fault.MISSING)
    return fields


def _check_times(request: SignedRequest, now: float) -> None:
    if not 0 < request.expires - request.created <= profile.MAX_LIFETIME:
        raise SignatureError(Fault.LIFETIME)
    if request.created > now + profile.MAX_SKEW:
        raise SignatureError(Fault.FUTURE)
    # At `expires` itself it is over: a used nonce may be forgotten from that second on.
    if request.created < now - profile.MAX_SKEW or request.expires <= now:
        raise SignatureError(Fault.EXPIRED)


def _canonical_base64(text: bytes) -> bytes:
    """Decode base64 whose unused last bits are zero; the decoder itself would ignore them."""
    raw = binascii.a2b_base64(text)
    if binascii.b2a_base64(raw, newline=False) != text:
        raise ValueError("not canonical base64")
    return raw


@lru_cache(maxsize=_CACHED_KEYS)
def _loaded(point: bytes) -> tuple[ec.EllipticCurvePublicKey, bytes]:
    return jwk.load(point), jwk.thumbprint(point)


def _der(signature: bytes) -> bytes:
    """Return r and s as the ASN.1 that the library verifies."""
    r = int.from_bytes(signature[:_COORDINATE], "big")
    s = int.from_bytes(signature[_COORDINATE:], "big")
    return encode_dss_signature(r, s)
