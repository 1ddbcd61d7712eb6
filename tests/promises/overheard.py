"""A counter whose every reply is overheard, byte by byte."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx2

from ecluse.client.gate import GateClient
from ecluse.cover.family import CareFamily
from promises.shops import new_shop
from promises.wires import Wire


if TYPE_CHECKING:
    from ecluse.client.gate import Person
    from ecluse.client.replies import CheckReply
    from ecluse.siege.scene import Clerk, Scene


@dataclass
class Counter:
    """A clerk whose every reply is kept as it came over the wire."""

    scene: Scene
    clerk: Clerk
    wire: Wire
    gate: GateClient

    async def typed(
        self, person: Person, family: CareFamily = CareFamily.PHARMACY, days: int = 0
    ) -> CheckReply:
        """Ask about a person without a card, for care `days` from today."""
        return await self.gate.check_person(
            person,
            self.clerk.passkey.touch,
            care_date=self.scene.today + timedelta(days),
            family=family,
        )

    async def card(self, card: str, family: CareFamily = CareFamily.PHARMACY) -> CheckReply:
        """Ask with a card."""
        return await self.gate.check_card(card, care_date=self.scene.today, family=family)

    async def reference(
        self, reference: str, family: CareFamily = CareFamily.PHARMACY, days: int = 0
    ) -> CheckReply:
        """Ask by a settlement reference, for care `days` from today."""
        return await self.gate.check_reference(
            reference, care_date=self.scene.today + timedelta(days), family=family
        )


async def counter(scene: Scene, port: int, finess: str | None = None) -> Counter:
    """Hire a clerk, at a new shop unless told where, whose checks go to `port`."""
    clerk = await scene.hire(finess or await new_shop(scene))
    return at(scene, clerk, port)


def at(scene: Scene, clerk: Clerk, port: int) -> Counter:
    """Let a clerk's checks go over one connection of their own to `port`."""
    wire = Wire(port)
    gate = GateClient(
        scene.pipe,
        httpx2.AsyncClient(transport=wire),
        device=clerk.gate.device,
        keyid=clerk.gate.keyid,
    )
    return Counter(scene, clerk, wire, gate)
