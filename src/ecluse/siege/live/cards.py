"""Thieves of cards: codes that they make up, and one that they photographed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from ecluse.cards import code
from ecluse.client.gate import GateError
from ecluse.client.replies import Refused
from ecluse.cover.family import CareFamily
from ecluse.errors import EcluseError
from ecluse.siege.live.theft import Theft


if TYPE_CHECKING:
    from ecluse.siege.scene import Scene


async def _guessed(scene: Scene) -> int:
    victim = await scene.steal()
    stolen = 0
    for _ in range(200):
        guess = code.encode(secrets.token_bytes(code.SECRET_SIZE))
        try:
            reply = await victim.gate.check_card(
                guess, care_date=scene.today, family=CareFamily.PHARMACY
            )
        except GateError:
            break  # the watch has signed the device out
        stolen += not isinstance(reply, Refused)
    return stolen


async def _photographed(scene: Scene) -> int:
    """Show it everywhere; tell of one person, if anybody was told.

    Raises:
        EcluseError: More organisations were told than the policy says.
    """
    thieves = [await scene.steal(finess) for finess in scene.finess]
    scene.theft_begins()
    replies = [
        await thief.gate.check_card(
            scene.members[3].card, care_date=scene.today, family=CareFamily.PHARMACY
        )
        for thief in thieves
    ]
    told = sum(not isinstance(reply, Refused) for reply in replies)
    if told > (most := scene.policy.card.organisations_per_card_day):
        raise EcluseError(f"A paper card was answered at {told} organisations, of {most} at most.")
    return int(told > 0)


THEFTS = (
    Theft(
        "guessed_cards",
        "P3",
        "malware on a signed-in device",
        "makes up 200 card codes",
        _guessed,
    ),
    Theft(
        "photographed_card",
        "P3",
        "a photograph of one card, and a signed-in device at each of six organisations",
        "shows it at each of them",
        _photographed,
        lambda _: 1,
        remains="that one person, at 4 organisations a day at most",
    ),
)
