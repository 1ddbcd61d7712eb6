"""Whom a practice knows: members with a right there, and the references that their cards bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.client.replies import Covered
from ecluse.cover.family import CareFamily


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.siege.scene import Clerk, Member, Scene


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
