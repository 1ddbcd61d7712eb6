"""Thefts with settlement references: what a practice's own list of known patients is worth."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ecluse.client.replies import Covered
from ecluse.cover.family import CareFamily


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.siege.scene import Clerk, Member, Scene


async def known_patients(scene: Scene) -> int:
    """Malware on a signed-in device asks about all the patients that the practice knows, at once."""
    victim = await scene.hire()
    references = await given(scene, victim, covered(scene)[: scene.policy.known.account_day + 15])
    return await _swept(scene, victim, references)


async def stolen_references(scene: Scene) -> int:
    """A practice's references are copied, and tried with a login stolen somewhere else."""
    references = await given(scene, await scene.hire(), covered(scene)[:20])
    return await _swept(scene, await scene.hire(scene.finess[1]), references)


def covered(scene: Scene) -> list[Member]:
    """Return the members who have a right at a pharmacy today."""
    return [member for member in scene.members if "pharmacy" in member.families]


async def given(scene: Scene, clerk: Clerk, members: Sequence[Member]) -> list[str]:
    """Return the references that a clerk gets for members' cards."""
    replies = [
        await clerk.gate.check_card(member.card, care_date=scene.today, family=CareFamily.PHARMACY)
        for member in members
    ]
    return [reply.reference for reply in replies if isinstance(reply, Covered)]


async def _swept(scene: Scene, thief: Clerk, references: Sequence[str]) -> int:
    replies = await asyncio.gather(
        *(
            thief.gate.check_reference(reference, care_date=scene.today, family=CareFamily.PHARMACY)
            for reference in references
        )
    )
    return sum(isinstance(reply, Covered) for reply in replies)
