"""Is what a page server sends what was released? Asked from outside, as a browser would.

It shows a server that was changed for everybody. One that sends other pages to its victims than to
whoever verifies is bounded otherwise: by the card or the gesture that each check takes (P6).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import httpx2
import msgspec

from ecluse.errors import EcluseError
from ecluse.portal.origin import checked_origin
from ecluse.portal.pages_server import security_headers


if TYPE_CHECKING:
    from collections.abc import Mapping


_SETTINGS = "/config.json"
#: Headers that make a browser load or send something that the files do not name.
_ACTING = ("link", "refresh", "location", "service-worker-allowed", "sourcemap", "report-to")


class Settings(msgspec.Struct, frozen=True):
    """What `/config.json` says."""

    pipe: str
    rp_id: str


class Fault(msgspec.Struct, frozen=True):
    """One path that is not served as it was released."""

    path: str
    problem: str


async def verify(
    http: httpx2.AsyncClient, origin: str, released: Mapping[str, bytes]
) -> list[Fault]:
    """Fetch every released file from `origin` and name those that are served otherwise.

    Args:
        http: Follows no redirect.
        origin: Of the pages.
        released: Path to SHA-256 (32 bytes).

    Raises:
        EcluseError: `origin` is no origin, or nobody answers there.
    """
    checked_origin(origin)
    faults, headers = [], {}
    bodies: dict[str, bytes] = {}
    for path, sha256 in released.items():
        answer = await _get(http, origin + path)
        bodies[path], headers[path] = answer.content, answer.headers
        if answer.status_code != httpx2.codes.OK:
            faults.append(Fault(path, f"answered with status {answer.status_code}"))
        elif hashlib.sha256(answer.content).digest() != sha256:
            faults.append(Fault(path, "another file than the one released"))
    if not faults:
        pipe = _pipe(bodies[_SETTINGS])
        faults = [
            Fault(path, f"the header {name} is not the one released")
            for path in released
            for expected in (security_headers(pipe, path),)
            for name in (*expected, *_ACTING)
            if headers[path].get(name) != expected.get(name)
        ]
    return faults


async def _get(http: httpx2.AsyncClient, address: str) -> httpx2.Response:
    try:
        return await http.get(address)
    except httpx2.TransportError as error:
        raise EcluseError(
            f"{address} does not answer ({type(error).__name__}).",
            hint="Name the origin of the pages, such as https://portal.example.",
        ) from error


def _pipe(settings: bytes) -> str:
    """Return the pipe's origin that released settings name."""
    return msgspec.json.decode(settings, type=Settings).pipe
