"""What a thief on the way sees and can send again: whole requests, as bytes."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, NamedTuple

import httpx2
import msgspec

from ecluse.client.signing import signed_headers
from ecluse.login import base64url, profile


if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecluse.client.device import DeviceKey
    from ecluse.siege.scene import Member


_SIGNED = frozenset({"signature", "signature-input", "content-digest", "content-type"})


class Captured(NamedTuple):
    """One request, as it passed."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """All that can be told apart of an answer, but for when it came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Tap(httpx2.AsyncBaseTransport):
    """A transport that keeps a copy of all that passes, as a captured pipe would."""

    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport()
        self.seen: list[Captured] = []
        self.replies: list[Reply] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Keep copies; pass the request on, and the answer back."""
        headers = {name: value for name, value in request.headers.items() if name in _SIGNED}
        body = await request.aread()
        self.seen.append(Captured(request.method, str(request.url), headers, body))
        answer = await self._inner.handle_async_request(request)
        told = tuple((name, value) for name, value in answer.headers.items() if name != "date")
        self.replies.append(Reply(answer.status_code, told, await answer.aread()))
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def disclosed(answer: httpx2.Response) -> bool:
    """Tell whether an answer says anything about a person."""
    try:
        told = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return False
    return isinstance(told, dict) and told.get("outcome") in {"covered", "not_covered"}


async def send(http: httpx2.AsyncClient, request: Captured) -> httpx2.Response:
    """Send a request as it stands."""
    return await http.request(
        request.method, request.url, content=request.body, headers=request.headers
    )


async def told(http: httpx2.AsyncClient, requests: Iterable[Captured]) -> int:
    """Send requests; count those that are answered with anything about a person."""
    return sum([disclosed(await send(http, each)) for each in requests])


def check_of(subject: Mapping[str, object], care_date: str) -> dict[str, object]:
    """Return the body of a check of `subject`, without a gesture."""
    return {
        "check_id": base64url.encode(secrets.token_bytes(16)),
        "subject": subject,
        "care_date": care_date,
        "family": "pharmacy",
        "gesture": None,
    }


def card_check(card: str, care_date: str) -> dict[str, object]:
    """Return the body of a check with a card."""
    return check_of({"kind": "card", "card": card}, care_date)


def reference_check(reference: str, care_date: str) -> dict[str, object]:
    """Return the body of a check with a settlement reference."""
    return check_of({"kind": "reference", "reference": reference}, care_date)


def typed_check(member: Member, care_date: str) -> dict[str, object]:
    """Return the body of a check without a card, still without its gesture."""
    return check_of({"kind": "person", **msgspec.structs.asdict(member.person)}, care_date)


def signed(
    origin: str,
    body: Mapping[str, object],
    device: DeviceKey,
    keyid: str,
    *,
    path: bytes = b"/v1/checks",
) -> Captured:
    """Return a check (or what `path` takes), signed by `device` under `keyid`, ready to be sent."""
    content = msgspec.json.encode(body)
    target = profile.target_uri(origin, path)
    headers = signed_headers(
        device,
        keyid,
        profile.Message("POST", target, content),
        created=int(time.time()),
        nonce=secrets.token_bytes(profile.NONCE_SIZE),
    )
    return Captured("POST", target, headers, content)
