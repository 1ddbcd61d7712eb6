"""The operator's own key among operators: P-256, ES256; signs what neighbours read, and requests.

It is derived from the checkpoint key's seed, and so is as old and as well kept.
"""

from __future__ import annotations

from hashlib import blake2b

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ECDSA = ec.ECDSA(hashes.SHA256())


class NeighbourKey:
    """Signs in the operator's name.

    Args:
        seed: 32 secret bytes.
    """

    def __init__(self, seed: bytes) -> None:
        # Sixteen bytes more than the order has: the remainder is as good as uniform.
        wide = blake2b(digest_size=48, key=seed, person=b"ecluse/neighbour").digest()
        number = 1 + int.from_bytes(wide, "big") % (_ORDER - 1)
        self._key = ec.derive_private_key(number, ec.SECP256R1())
        self.public_key = self._key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    def sign(self, message: bytes) -> bytes:
        """Return the ECDSA signature of `message`: r and s, 32 bytes each, big-endian."""
        r, s = decode_dss_signature(self._key.sign(message, _ECDSA))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
