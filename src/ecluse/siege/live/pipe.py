"""A captured pipe: it has every request as it passed, and can send or change what it likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.client.gate import GateClient
from ecluse.cover.family import CareFamily
from ecluse.siege.live.theft import Theft
from ecluse.siege.wire import Captured, Tap, told


if TYPE_CHECKING:
    from ecluse.siege.scene import Scene


async def _replayed(scene: Scene) -> int:
    """Send a request again: within the minute and byte for byte."""
    request = await _capture(scene)
    return await told(scene.http, [request] * 20)


async def _altered(scene: Scene) -> int:
    """Change the card, the path, the method, the date."""
    request = await _capture(scene)
    other = scene.members[1].card.encode()
    forged = [
        request._replace(body=request.body.replace(scene.members[0].card.encode(), other)),
        request._replace(body=request.body.replace(b"pharmacy", b"hospital")),
        request._replace(url=request.url + "?all=1"),
        request._replace(url=request.url.replace("/v1/checks", "/v1/checks/")),
        request._replace(method="PUT"),
        request._replace(headers={**request.headers, "content-digest": "sha-256=:AAAA:"}),
    ]
    return await told(scene.http, forged)


async def _capture(scene: Scene) -> Captured:
    """Return a clerk's own check, as a captured pipe keeps it."""
    victim = await scene.hire()
    async with scene.connect(tap := Tap()) as http:
        gate = GateClient(scene.pipe, http, device=victim.gate.device, keyid=victim.gate.keyid)
        await gate.check_card(
            scene.members[0].card, care_date=scene.today, family=CareFamily.PHARMACY
        )
    scene.theft_begins()
    return tap.seen[-1]


THEFTS = (
    Theft(
        "replayed_request",
        "P6",
        "the pipe, and a clerk's check as it passed",
        "sends it again, within the minute and byte for byte",
        _replayed,
    ),
    Theft(
        "altered_request",
        "P6",
        "the pipe, and a clerk's check as it passed",
        "changes the card, the family, the path, the method, the digest",
        _altered,
    ),
)
