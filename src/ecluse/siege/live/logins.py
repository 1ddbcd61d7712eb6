"""Thieves of a login: they relay it, borrow its assertion, or copy all that a device keeps."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from ecluse.client.device import DeviceKey
from ecluse.client.gate import GateClient, GateError
from ecluse.client.replies import Refused
from ecluse.cover.family import CareFamily
from ecluse.login.challenge import device_challenge
from ecluse.siege.live.theft import Theft
from ecluse.siege.wire import card_check, signed, told


if TYPE_CHECKING:
    from ecluse.login.credential import AuthenticationResponse
    from ecluse.siege.scene import Scene


async def _relayed(scene: Scene) -> int:
    victim = await scene.hire()
    passkey = victim.passkey
    thief = GateClient(scene.pipe, scene.http)
    passkey.authenticator.origin = "https://ecluse-portail.example"
    try:
        await thief.login(passkey.touch)
    except GateError:
        return 0
    return await _sweep_cards(scene, thief)


async def _borrowed(scene: Scene) -> int:
    victim = await scene.hire()
    thief = GateClient(scene.pipe, scene.http)

    async def stolen(_challenge: bytes) -> AuthenticationResponse:
        # What the clerk's browser would sign: their own device's challenge, not the thief's.
        own = device_challenge(secrets.token_bytes(40), victim.gate.device.thumbprint)
        return await victim.passkey.touch(own)

    try:
        await thief.login(stolen)
    except GateError:
        return 0
    return await _sweep_cards(scene, thief)


async def _other_device(scene: Scene) -> int:
    victim = await scene.hire()
    body = card_check(scene.members[2].card, scene.today.isoformat())
    forged = signed(scene.pipe, body, DeviceKey.generate(), victim.gate.keyid)
    bare = forged._replace(headers={"content-type": "application/json"})
    return await told(scene.http, [forged, bare])


async def _sweep_cards(scene: Scene, thief: GateClient) -> int:
    """Use a registration that should not exist."""
    stolen = 0
    for member in scene.members[:20]:
        reply = await thief.check_card(
            member.card, care_date=scene.today, family=CareFamily.PHARMACY
        )
        stolen += not isinstance(reply, Refused)
    return stolen


THEFTS = (
    Theft(
        "relayed_login",
        "P7",
        "a look-alike page, and a clerk who plays along",
        "relays the whole sign-in, live, then asks about cards",
        _relayed,
    ),
    Theft(
        "borrowed_assertion",
        "P7",
        "an assertion that the clerk's own browser made",
        "registers the thief's device with it",
        _borrowed,
    ),
    Theft(
        "other_device",
        "P7",
        "everything that passed and stands in the browser's storage",
        "signs with a key of its own under the clerk's name, or not at all",
        _other_device,
    ),
)
