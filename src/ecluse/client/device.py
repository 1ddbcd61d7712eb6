"""The key with which a device signs its requests.

In a browser it is a WebCrypto key that cannot be exported; here it lives in this process's memory
and nowhere else: a program that signs in again makes a new one.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ecluse.login import jwk


_ECDSA = ec.ECDSA(hashes.SHA256())


class DeviceKey:
    """A P-256 signing key."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._private_key = private_key
        self.public_key = private_key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        self.thumbprint = jwk.thumbprint(self.public_key)

    @classmethod
    def generate(cls) -> DeviceKey:
        """Return a new key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    def jwk(self) -> jwk.Jwk:
        """Return the public key as it is registered."""
        return jwk.from_point(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """Return the ECDSA signature of `message`: r and s, 32 bytes each, big-endian."""
        r, s = decode_dss_signature(self._private_key.sign(message, _ECDSA))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
