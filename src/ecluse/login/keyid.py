"""The `keyid` of a signature: which account's device signs.

`b64u(account) "." b64u(thumbprint)`; the first part is empty while a device signs its own
registration, because no account has vouched for it yet.
"""

from __future__ import annotations

from typing import NamedTuple

from ecluse.errors import EcluseError
from ecluse.login import base64url
from ecluse.login.jwk import THUMBPRINT_SIZE


ACCOUNT_SIZE = 16


class KeyIdError(EcluseError):
    """A text that is not a `keyid`."""


class KeyId(NamedTuple):
    """Account (16 bytes, None before registration) and device key thumbprint (32 bytes)."""

    account: bytes | None
    thumbprint: bytes

    def text(self) -> str:
        """Return the text that stands in a signature's `keyid` parameter."""
        account = base64url.encode(self.account) if self.account else ""
        return f"{account}.{base64url.encode(self.thumbprint)}"


def parse(text: str) -> KeyId:
    """Return the account and thumbprint in `text`.

    Raises:
        KeyIdError: `text` is not the one text of any key id.
    """
    account, _, thumbprint = text.partition(".")
    try:
        return KeyId(
            base64url.decode(account, ACCOUNT_SIZE) if account else None,
            base64url.decode(thumbprint, THUMBPRINT_SIZE),
        )
    except ValueError as error:
        raise KeyIdError("The signature's key id names no account and device.") from error
