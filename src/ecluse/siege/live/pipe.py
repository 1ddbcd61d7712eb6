"""A captured pipe: it has every request as it passes, and can send or change what it likes."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec

from ecluse.client.gate import GateClient
from ecluse.cover.family import CareFamily
from ecluse.login import base64url
from ecluse.siege.known import covered
from ecluse.siege.live.relay import Detour, Relay
from ecluse.siege.live.theft import Theft
from ecluse.siege.serving import served
from ecluse.siege.wire import Captured, disclosed, send


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.siege.scene import Scene


#: An hour's work of a counter: a card a minute. The hour itself is not waited for.
_CARDS = 60
_TYPED = 3
_REPLAYS = 3


class _Thief:
    """The pipe's new owner, who meddles with each check as it passes."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._before: Captured | None = None
        self.told = 0

    async def meddle(self, passing: Captured) -> None:
        """Send it again, altered in every way, and under the signature of the one before."""
        if not passing.url.endswith("/v1/checks"):
            return
        forged = [passing] * _REPLAYS
        forged += list(_altered(passing, self._scene.draw.choice(self._scene.members).card))
        if self._before is not None:
            forged.append(passing._replace(headers=self._before.headers))
            forged.append(self._before._replace(body=passing.body))
        self._before = passing
        for each in forged:
            self.told += disclosed(await send(self._scene.http, each))


def _altered(passing: Captured, card: str) -> Iterator[Captured]:
    content = msgspec.json.decode(passing.body)
    changes = [
        {"subject": {"kind": "card", "card": card}},
        {"family": "hospital"},
        {"care_date": "2026-01-01"},
        {"check_id": base64url.encode(secrets.token_bytes(16))},
        {"gesture": None, "subject": {"kind": "reference", "reference": "A" * 22}},
    ]
    for change in changes:
        yield passing._replace(body=msgspec.json.encode(content | change))
    yield passing._replace(url=f"{passing.url}?all=1")
    yield passing._replace(url=f"{passing.url}/")
    yield passing._replace(method="PUT")
    yield passing._replace(headers={**passing.headers, "content-digest": "sha-256=:AAAA:"})
    yield passing._replace(headers={"content-type": "application/json"})


async def _an_hour(scene: Scene) -> int:
    """Have a counter's hour pass through; count what is told to the pipe and was not asked for."""
    victim, patients = await scene.hire(), covered(scene)
    thief = _Thief(scene)
    captured = Relay(scene.http, scene.pages, scene.pipe, thief.meddle)
    async with served(captured) as door, scene.connect(Detour(door)) as http:
        gate = GateClient(scene.pipe, http, device=victim.gate.device, keyid=victim.gate.keyid)
        for member in patients[:_CARDS]:
            await gate.check_card(member.card, care_date=scene.today, family=CareFamily.PHARMACY)
        for member in patients[-_TYPED:]:
            await gate.check_person(
                member.person,
                victim.passkey.touch,
                care_date=scene.today,
                family=CareFamily.PHARMACY,
            )
    return thief.told


THEFTS = (
    Theft(
        "captured_pipe",
        "P6",
        f"the pipe, while a counter's hour passes: {_CARDS} cards, {_TYPED} typed",
        "sends each check again, byte for byte, altered in ten ways, and under another's signature",
        _an_hour,
        remains="it sees the answers to those who are presented, and nobody else's",
    ),
)
