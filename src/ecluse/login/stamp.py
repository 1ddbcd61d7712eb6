"""Bytes that the gate hands out and recognises when they come back, without remembering them.

    body | expiry, 8 bytes, Unix seconds | MAC, 16 bytes

The MAC is keyed BLAKE2b (RFC 7693) personalised with the purpose, so that what was given for one
purpose is refused for another under the same key. Pure: the caller brings key and time.
"""

from __future__ import annotations

import hashlib
import hmac

from ecluse.errors import EcluseError


KEY_SIZE = 32
EXPIRY_SIZE = 8
MAC_SIZE = 16


class StampError(EcluseError):
    """Bytes that this gate did not hand out, or too long ago."""


def stamp(key: bytes, purpose: bytes, body: bytes, expires: int) -> bytes:
    """Return `body` with its expiry (Unix seconds) and MAC.

    Args:
        key: 32 secret bytes.
        purpose: At most 16 bytes.
        body: Any length; readable by whoever holds the result.
        expires: Unix seconds.
    """
    dated = body + expires.to_bytes(EXPIRY_SIZE, "big")
    return dated + _mac(key, purpose, dated)


def open_stamp(key: bytes, purpose: bytes, stamped: bytes, now: float) -> bytes:
    """Return the body of what `stamp` made.

    Raises:
        StampError: Not made with this key for this purpose, or expired.
    """
    dated, mac = stamped[:-MAC_SIZE], stamped[-MAC_SIZE:]
    if not hmac.compare_digest(_mac(key, purpose, dated), mac):
        raise StampError("This was not given out here.", hint="Begin again.")
    if int.from_bytes(dated[-EXPIRY_SIZE:], "big") <= now:
        raise StampError("Too much time has passed.", hint="Begin again.")
    return dated[:-EXPIRY_SIZE]


def _mac(key: bytes, purpose: bytes, dated: bytes) -> bytes:
    return hashlib.blake2b(dated, digest_size=MAC_SIZE, key=key, person=purpose).digest()
