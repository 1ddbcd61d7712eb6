"""The one profile of HTTP Message Signatures (RFC 9421) that signs every request.

What is signed, in which words and for how long. The verifier (`login.signature`) and the signer
(`client.signing`) both build on it; neither has another.

    Signature-Input: ecluse=("@method" "@target-uri" "content-digest" "content-type");created=...
        ;expires=...;nonce="...";keyid="...";alg="ecdsa-p256-sha256";tag="ecluse-v1"
    Signature: ecluse=:base64 of r and s, 32 bytes each:
    Content-Digest: sha-256=:base64:                       (RFC 9530)
    Content-Type: application/json
"""

from __future__ import annotations

import base64
import hashlib
import re

import msgspec

from ecluse.errors import EcluseError
from ecluse.login import base64url


LABEL = "ecluse"
COMPONENTS = '("@method" "@target-uri" "content-digest" "content-type")'
ALGORITHM = "ecdsa-p256-sha256"
TAG = "ecluse-v1"
CONTENT_TYPE = "application/json"

NONCE_SIZE = 16
MAX_LIFETIME = 60
"""Seconds between `created` and `expires`, at most."""
MAX_SKEW = 30
"""Seconds between `created` and the verifier's clock, at most, either way."""

# What a server can have read from a request line (RFC 9110 section 4.1), without the parts that
# would let two requests share one text: no space, no control character, no fragment.
_PATH = re.compile(rb"/[!-\"$->@-~]*")
_QUERY = re.compile(rb"[!-\"$-~]*")


class TargetError(EcluseError):
    """A request target that the profile does not know."""


class Message(msgspec.Struct, frozen=True):
    """The parts of a request that its signature covers."""

    method: str
    """Upper case."""
    target_uri: str
    """The whole address, as `target_uri` writes it."""
    body: bytes = b""
    """The content as sent; empty for a GET."""


def target_uri(origin: str, path: bytes, query: bytes = b"") -> str:
    """Return `@target-uri` (RFC 9421 section 2.2.2) from the configured public origin.

    Never from the Host field or an absolute request target: both come from whoever forwards the
    request.

    Args:
        origin: `scheme://host[:port]` in lower case, no default port, no trailing slash.
        path: The path as it stood on the request line, not decoded.
        query: What followed the question mark, without it.

    Raises:
        TargetError: Not an origin-form target.
    """
    if not _PATH.fullmatch(path) or not _QUERY.fullmatch(query):
        raise TargetError("The request target is not a plain path and query.")
    suffix = f"?{query.decode('ascii')}" if query else ""
    return f"{origin}{path.decode('ascii')}{suffix}"


def content_digest(digest: bytes) -> str:
    """Return the Content-Digest field (RFC 9530 section 2) for a SHA-256 digest."""
    return f"sha-256=:{base64.b64encode(digest).decode('ascii')}:"


def signature_params(*, created: int, expires: int, nonce: str, keyid: str) -> str:
    """Return the value of `@signature-params` (RFC 9421 section 2.3).

    Args:
        created: Unix seconds.
        expires: Unix seconds.
        nonce: 16 random bytes as base64url.
        keyid: As `login.keyid` writes it.
    """
    return (
        f'{COMPONENTS};created={created};expires={expires};nonce="{nonce}";keyid="{keyid}"'
        f';alg="{ALGORITHM}";tag="{TAG}"'
    )


def signature_base(message: Message, digest_field: str, params: str) -> bytes:
    """Return the bytes that are signed (RFC 9421 section 2.5)."""
    return (
        f'"@method": {message.method}\n"@target-uri": {message.target_uri}\n'
        f'"content-digest": {digest_field}\n'
        f'"content-type": {CONTENT_TYPE}\n"@signature-params": {params}'
    ).encode("ascii")


class Draft(msgspec.Struct, frozen=True):
    """A request that is still to be signed: `base` is what the key signs."""

    base: bytes
    digest: str
    params: str

    def headers(self, signature: bytes) -> dict[str, str]:
        """Return the four header fields that go with the request.

        Args:
            signature: r and s, 32 bytes each, big-endian.
        """
        return {
            "Content-Type": CONTENT_TYPE,
            "Content-Digest": self.digest,
            "Signature-Input": f"{LABEL}={self.params}",
            "Signature": f"{LABEL}=:{base64.b64encode(signature).decode('ascii')}:",
        }


def draft(message: Message, keyid: str, *, created: int, nonce: bytes) -> Draft:
    """Return what a key signs so that the request counts for 60 seconds.

    Args:
        message: Method, address (as the receiver's public origin writes it) and content.
        keyid: Under which the receiver knows the key (`login.keyid`).
        created: Unix seconds.
        nonce: 16 random bytes, never used before.
    """
    digest = content_digest(hashlib.sha256(message.body).digest())
    params = signature_params(
        created=created,
        expires=created + MAX_LIFETIME,
        nonce=base64url.encode(nonce),
        keyid=keyid,
    )
    return Draft(signature_base(message, digest, params), digest, params)
