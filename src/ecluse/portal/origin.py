"""A web origin (RFC 6454): scheme, host and port, and nothing after them."""

from __future__ import annotations

import re

from ecluse.errors import EcluseError


_ORIGIN = re.compile(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")


def checked_origin(text: str) -> str:
    """Return `text` if it is an origin as a browser writes it.

    It ends up in response headers, so anything else is refused.

    Raises:
        EcluseError: `text` has a path, a space, an upper-case letter or no scheme.
    """
    if not _ORIGIN.fullmatch(text):
        raise EcluseError(
            f"{text!r} is not a web origin.",
            hint="Write scheme, host and port only, such as https://portal.example or "
            "http://localhost:8470.",
        )
    return text
