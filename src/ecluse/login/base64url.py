"""Base64url without padding (RFC 4648 section 5), one text per value and no other.

The standard library's decoder skips characters that it does not know and ignores the unused bits
of the last one, so that many texts mean the same bytes. Here a text that is not the encoding of
its own value is refused.
"""

from __future__ import annotations

import base64


def encode(raw: bytes) -> str:
    """Return `raw` as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str, size: int | None = None) -> bytes:
    """Return the bytes that `text` encodes, exactly `size` of them when given.

    Raises:
        ValueError: Not base64url, not the canonical text of its value, or another size.
    """
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(raw) != text:
        raise ValueError("not canonical base64url")
    if size is not None and len(raw) != size:
        raise ValueError("not the expected number of bytes")
    return raw
