"""Login nonces: what makes a passkey's vouching for a device fresh, without a stored row.

16 random bytes, 8 bytes of expiry, 16 bytes of MAC. A nonce may come back twice within its five
minutes, and that is no gain to anybody: the challenge commits to one device key as well, and the
request that brings it is signed by that key.
"""

from __future__ import annotations

from ecluse.login import stamp


ENTROPY_SIZE = 16
NONCE_SIZE = ENTROPY_SIZE + stamp.EXPIRY_SIZE + stamp.MAC_SIZE
LIFETIME = 300
"""Seconds from `login/begin` to `login/finish`."""

_PURPOSE = b"ecluse/login/v1"


def issue(key: bytes, *, entropy: bytes, now: float) -> bytes:
    """Return a nonce, 40 bytes.

    Args:
        key: 32 secret bytes of the gate.
        entropy: 16 random bytes.
        now: Unix seconds.
    """
    return stamp.stamp(key, _PURPOSE, entropy, int(now) + LIFETIME)


def check(key: bytes, nonce: bytes, now: float) -> None:
    """Accept a nonce that this gate issued within the last five minutes.

    Raises:
        StampError: It did not, or longer ago.
    """
    stamp.open_stamp(key, _PURPOSE, nonce, now)
