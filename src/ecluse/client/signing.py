"""Make the headers that sign one request (`login.profile`)."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from ecluse.login import base64url, profile


if TYPE_CHECKING:
    from ecluse.client.device import DeviceKey


def signed_headers(
    device: DeviceKey, keyid: str, message: profile.Message, *, created: int, nonce: bytes
) -> dict[str, str]:
    """Return the four header fields that go with the request, valid for 60 seconds.

    Args:
        device: The key that signs.
        keyid: Under which the gate knows that key (`login.keyid`).
        message: Method, address (as the gate's public origin writes it) and content.
        created: Unix seconds.
        nonce: 16 random bytes, never used before.
    """
    digest = profile.content_digest(hashlib.sha256(message.body).digest())
    params = profile.signature_params(
        created=created,
        expires=created + profile.MAX_LIFETIME,
        nonce=base64url.encode(nonce),
        keyid=keyid,
    )
    signature = device.sign(profile.signature_base(message, digest, params))
    return {
        "Content-Type": profile.CONTENT_TYPE,
        "Content-Digest": digest,
        "Signature-Input": f"{profile.LABEL}={params}",
        "Signature": f"{profile.LABEL}=:{base64.b64encode(signature).decode('ascii')}:",
    }
