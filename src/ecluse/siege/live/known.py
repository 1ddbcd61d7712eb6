"""Thefts with settlement references: what a practice's own list of known patients is worth."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ecluse.client.replies import Covered
from ecluse.cover.family import CareFamily
from ecluse.siege.known import covered, given
from ecluse.siege.live.theft import Theft


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.siege.scene import Clerk, Scene


async def _own_patients(scene: Scene) -> int:
    victim = await scene.steal()
    references = await given(scene, victim, covered(scene)[: scene.policy.known.account_day + 15])
    return await _swept(scene, victim, references)


async def _anothers(scene: Scene) -> int:
    references = await given(scene, await scene.hire(), covered(scene)[:20])
    return await _swept(scene, await scene.steal(scene.finess[1]), references)


async def _swept(scene: Scene, thief: Clerk, references: Sequence[str]) -> int:
    scene.theft_begins()
    replies = await asyncio.gather(
        *(
            thief.gate.check_reference(reference, care_date=scene.today, family=CareFamily.PHARMACY)
            for reference in references
        )
    )
    return sum(isinstance(reply, Covered) for reply in replies)


THEFTS = (
    Theft(
        "known_patients",
        "P3",
        "malware on a signed-in device, and every reference of its own practice",
        "asks about all of them at once",
        _own_patients,
        lambda scene: scene.policy.known.account_day,
    ),
    Theft(
        "stolen_references",
        "P3",
        "a practice's references, and a login stolen at another",
        "asks about all of them at once",
        _anothers,
    ),
)
