"""What stands in the requests to the console."""

from __future__ import annotations

from ecluse.gate.body import from_base64url
from ecluse.gate.request import MalformedError
from ecluse.login.keyid import ACCOUNT_SIZE


def number_of(text: str) -> bytes:
    """Return the number of an account or act, 16 bytes.

    Raises:
        MalformedError: It is not one.
    """
    number = from_base64url(text)
    if len(number) != ACCOUNT_SIZE:
        raise MalformedError("A number is not 16 bytes of base64url.")
    return number
