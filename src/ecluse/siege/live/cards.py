"""Thieves of cards: codes that they make up, a card and a phone's screen that they photographed."""

from __future__ import annotations

import secrets
import time
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


async def _photographed_phone(scene: Scene) -> int:
    """Show two screens everywhere: one that its own counter has read, and one that none has."""
    member, clerk = scene.members[4], await scene.hire()
    phone = await scene.equip(member)
    thieves = [await scene.steal(finess) for finess in scene.finess]
    screens = phone.present(made=time.time() - 1), phone.present()
    await clerk.gate.check_phone(screens[0], care_date=scene.today, family=CareFamily.PHARMACY)
    scene.theft_begins()
    replies = [
        await thief.gate.check_phone(screen, care_date=scene.today, family=CareFamily.PHARMACY)
        for thief in thieves
        for screen in screens
    ]
    told = sum(not isinstance(reply, Refused) for reply in replies)
    if told > 1:
        raise EcluseError(f"A phone's screen was answered {told} times.")
    return told


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
    Theft(
        "photographed_phone",
        "P3",
        "photographs of a phone's screen, and a signed-in device at each of six organisations",
        "shows one that was read before, and one that was not, at each of them within the minute",
        _photographed_phone,
        lambda _: 1,
        remains="that one person, at one organisation, and the member's own counter is refused",
    ),
)
