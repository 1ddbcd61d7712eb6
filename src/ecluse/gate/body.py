"""Requests' bodies, parsed strictly; a fault names no value."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ecluse.gate.request import MalformedError
from ecluse.login import base64url


T = TypeVar("T")


def parsed(raw: bytes, kind: type[T]) -> T:
    """Return a body as `kind`.

    Raises:
        MalformedError: It is none.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedError("The body does not have the form asked for.") from None


def from_base64url(text: str) -> bytes:
    """Return the bytes of a field.

    Raises:
        MalformedError: Not base64url.
    """
    try:
        return base64url.decode(text)
    except ValueError:
        raise MalformedError("A field is not base64url.") from None
