"""Make the headers that sign one request (`login.profile`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.login import profile


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
    draft = profile.draft(message, keyid, created=created, nonce=nonce)
    return draft.headers(device.sign(draft.base))
