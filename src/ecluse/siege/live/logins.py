"""Thieves of a login: they relay it, borrow its assertion, or copy all that a device keeps."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import httpx2
import msgspec

from ecluse.client.authenticator import AuthenticatorError
from ecluse.client.device import DeviceKey
from ecluse.client.gate import GateClient, GateError
from ecluse.client.replies import Refused
from ecluse.cover.family import CareFamily
from ecluse.login import base64url
from ecluse.login.challenge import device_challenge
from ecluse.siege.live.relay import Relay
from ecluse.siege.live.theft import Theft
from ecluse.siege.serving import served
from ecluse.siege.wire import Tap, card_check, send, signed, told, typed_check


if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ecluse.client.gate import Gesture
    from ecluse.login.credential import AuthenticationResponse
    from ecluse.siege.scene import Passkey, Scene


async def _relayed(scene: Scene) -> int:
    """Relay a whole sign-in through a real proxy on another origin, in every way that there is."""
    victim = await scene.hire()
    async with served(Relay(scene.http, scene.pages, scene.pipe)) as origin:
        passkey = _lured(victim.passkey, origin)
        # The clerk's own browser signs in and is passed on; the thief's signs in with its answers.
        tries = [
            (GateClient(origin, scene.http), passkey.touch),
            (GateClient(scene.pipe, scene.http), passkey.touch),
            (GateClient(scene.pipe, scene.http), _at(scene.pages, passkey)),
            (GateClient(origin, scene.http), _asks_for_its_own(passkey, origin)),
        ]
        return sum([await _signs_in_and_asks(scene, *each) for each in tries])


def _lured(passkey: Passkey, origin: str) -> Passkey:
    """Return the clerk's passkey as a browser uses it on a page from `origin`."""
    passkey.authenticator.origin = origin
    return passkey


def _at(pages: str, passkey: Passkey) -> Gesture:
    """Have the relay write the real origin over its own in what the browser says was signed."""

    async def touch(challenge: bytes) -> AuthenticationResponse:
        made = await passkey.touch(challenge)
        said: Mapping[str, Any] = msgspec.json.decode(base64url.decode(made.response.client_data))
        forged = base64url.encode(msgspec.json.encode({**said, "origin": pages}))
        response = msgspec.structs.replace(made.response, client_data=forged)
        return msgspec.structs.replace(made, response=response)

    return touch


def _asks_for_its_own(passkey: Passkey, origin: str) -> Gesture:
    """Have the page ask for a passkey of the domain that it really is on, as browsers insist."""

    async def touch(challenge: bytes) -> AuthenticationResponse:
        return passkey.authenticator.get(httpx2.URL(origin).host, challenge)

    return touch


async def _borrowed(scene: Scene) -> int:
    """Register the thief's device with an assertion made for the clerk's."""
    victim = await scene.hire()

    async def stolen(_challenge: bytes) -> AuthenticationResponse:
        # What the clerk's browser would sign: their own device's challenge, not the thief's.
        own = device_challenge(secrets.token_bytes(40), victim.gate.device.thumbprint)
        return await victim.passkey.touch(own)

    return await _signs_in_and_asks(scene, GateClient(scene.pipe, scene.http), stolen)


async def _signs_in_and_asks(scene: Scene, thief: GateClient, gesture: Gesture) -> int:
    """Sign in, and use the registration that should not exist."""
    try:
        await thief.login(gesture)
    except (GateError, AuthenticatorError):
        return 0
    stolen = 0
    for member in scene.members[:20]:
        reply = await thief.check_card(
            member.card, care_date=scene.today, family=CareFamily.PHARMACY
        )
        stolen += not isinstance(reply, Refused)
    return stolen


async def _stolen_session(scene: Scene) -> int:
    """Copy all that passed while a clerk signed in and checked, and all that the browser keeps."""
    victim = await scene.hire()
    async with scene.connect(tap := Tap()) as http:
        gate = GateClient(scene.pipe, http)
        await gate.login(victim.passkey.touch)
        await gate.check_card(
            scene.members[0].card, care_date=scene.today, family=CareFamily.PHARMACY
        )
    scene.theft_begins()
    finish, check = tap.seen[-2], tap.seen[-1]
    mine = DeviceKey.generate()
    # Sign in as before, once byte for byte and once for a device of the thief's own.
    await send(scene.http, finish)
    swapped = msgspec.json.decode(finish.body) | {"device": mine.jwk()}
    named = gate.keyid
    for keyid in (f".{named.split('.')[1]}", f".{base64url.encode(mine.thumbprint)}"):
        forged = signed(scene.pipe, swapped, mine, keyid, path=b"/v1/login/finish")
        await send(scene.http, forged)
    day = scene.today.isoformat()
    wanted = [card_check(each.card, day) for each in scene.members[1:21]]
    wanted += [typed_check(each, day) for each in scene.members[21:41]]
    own = f"{named.split('.')[0]}.{base64url.encode(mine.thumbprint)}"
    bare = {"content-type": "application/json"}
    attempts = []
    for body in wanted:
        content = msgspec.json.encode(body)
        attempts += [
            signed(scene.pipe, body, mine, named),
            signed(scene.pipe, body, mine, own),
            check._replace(body=content),
            check._replace(body=content, headers=bare),
            check._replace(body=content, headers=bare | {"authorization": f"Bearer {named}"}),
            check._replace(body=content, headers=bare | {"cookie": f"session={named}"}),
        ]
    return await told(scene.http, [check, *attempts])


THEFTS = (
    Theft(
        "relayed_login",
        "P7",
        "a look-alike address that relays everything, and a clerk who plays along",
        "relays the whole sign-in, live, in four ways; then asks about cards",
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
        "stolen_session",
        "P7",
        "everything that passed while a clerk signed in, and all that the browser keeps",
        "signs in again with it, and asks from another device in six ways",
        _stolen_session,
    ),
)
