"""What may cross from the public side to the gate, and back: pure rules, no I/O.

The gate builds `@target-uri` from its own configured origin and the path it receives, so the path
must arrive byte for byte as it was signed. Only a plain form crosses: no percent-encoding and no
dot segment, hence nothing that one server could read differently from another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from collections.abc import Iterable


#: Largest request body in bytes; a check with its passkey gesture takes about 2 kB.
BODY_LIMIT = 64 * 1024

METHODS = ("GET", "POST")

#: What the gate needs to verify a request (RFC 9421, RFC 9530); nothing else goes up.
HEADERS_UP = (b"content-type", b"content-digest", b"signature", b"signature-input")

#: What a client needs to read an answer; no cookie and no server detail comes down.
HEADERS_DOWN = (b"content-type", b"content-length", b"cache-control", b"retry-after")

_SEGMENT = rb"/(?!\.{1,2}(?:[/?]|$))[A-Za-z0-9._~$-]+"
_TARGET = re.compile(
    rb"(?:/(?:v1|fhir)(?:" + _SEGMENT + rb")+|/openapi\.json|/health/(?:live|ready))"
    rb"(?:\?[A-Za-z0-9._~!$'()*+,;:@/?%&=|-]*)?"
)

Headers = list[tuple[bytes, bytes]]


def crosses(target: bytes) -> bool:
    """Tell whether a request target (path, then `?` and query if any) may reach the gate."""
    return _TARGET.fullmatch(target) is not None


def upward(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Keep what the gate needs of a request's headers (names in lower case)."""
    return [(name, value) for name, value in headers if name in HEADERS_UP]


def downward(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Keep what a client may see of an answer's headers; nothing is stored on the way."""
    kept = [(name.lower(), value) for name, value in headers if name.lower() in HEADERS_DOWN]
    if not any(name == b"cache-control" for name, _ in kept):
        kept.append((b"cache-control", b"no-store"))
    return kept
