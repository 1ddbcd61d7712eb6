"""A device's public key: P-256, as a JWK on the wire and as an uncompressed point at rest."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from ecluse.errors import EcluseError
from ecluse.login import base64url


POINT_SIZE = 65
COORDINATE_SIZE = 32
THUMBPRINT_SIZE = 32


class JwkError(EcluseError):
    """A key that is not a P-256 public key."""


class Jwk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A P-256 public key (RFC 7518 section 6.2.1). A private member `d` is refused as unknown."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str


def load(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key of an uncompressed point (SEC 1 section 2.3.4), 65 bytes, on the curve.

    Raises:
        JwkError: Another length or form, or a point that is not on P-256.
    """
    if len(point) != POINT_SIZE:
        raise JwkError("The device key is not an uncompressed P-256 point.")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise JwkError("The device key is not a point of the curve P-256.") from error


def to_point(jwk: Jwk) -> bytes:
    """Return the uncompressed point of `jwk`, 65 bytes, checked to be on the curve.

    Raises:
        JwkError: A coordinate is not 32 bytes of base64url, or the point is not on the curve.
    """
    try:
        x = base64url.decode(jwk.x, COORDINATE_SIZE)
        y = base64url.decode(jwk.y, COORDINATE_SIZE)
    except ValueError as error:
        raise JwkError("A coordinate of the device key is not 32 bytes of base64url.") from error
    point = b"\x04" + x + y
    load(point)
    return point


def from_point(point: bytes) -> Jwk:
    """Return the JWK of an uncompressed point, 65 bytes."""
    x, y = point[1 : 1 + COORDINATE_SIZE], point[1 + COORDINATE_SIZE :]
    return Jwk(kty="EC", crv="P-256", x=base64url.encode(x), y=base64url.encode(y))


def thumbprint(point: bytes) -> bytes:
    """Return the SHA-256 thumbprint (RFC 7638) of the key at `point`, 32 bytes.

    The required members of an EC key in lexicographic order (RFC 7638 section 3.2), no spaces.
    """
    jwk = from_point(point)
    text = f'{{"crv":"P-256","kty":"EC","x":"{jwk.x}","y":"{jwk.y}"}}'
    return hashlib.sha256(text.encode("ascii")).digest()
