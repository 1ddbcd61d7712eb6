"""A captured page server: its script uses the devices that open it, while they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ecluse.client.gate import GateClient
from ecluse.client.replies import Covered
from ecluse.cover.family import CareFamily
from ecluse.siege.known import covered
from ecluse.siege.live.theft import Theft
from ecluse.siege.wire import (
    Tap,
    disclosed,
    reference_check,
    send,
    signed,
    told,
    typed_check,
)


if TYPE_CHECKING:
    from ecluse.siege.scene import Scene


#: What comes to the counter while its page is another's.
_CARDS, _GESTURES = 10, 3


async def _misused(scene: Scene) -> int:
    """Use all that the page can touch: the sign-in, the cards presented, each gesture made.

    The script has the sign-in vouch for a key of the thief's, and puts a person of the thief's choice
    under every gesture.
    """
    clerk, day = await scene.steal(), scene.today.isoformat()
    people = covered(scene)
    async with scene.connect(tap := Tap()) as http:
        elsewhere = GateClient(scene.pipe, http)
        await elsewhere.login(clerk.passkey.touch)
        scene.theft_begins()
        answers = [
            await elsewhere.check_card(each.card, care_date=scene.today, family=CareFamily.PHARMACY)
            for each in people[:_CARDS]
        ]
        diverted = [
            await elsewhere.check_person(
                each.person,
                clerk.passkey.touch,
                care_date=scene.today,
                family=CareFamily.PHARMACY,
            )
            for each in people[_CARDS : _CARDS + _GESTURES]
        ]
    gesture = msgspec.json.decode(tap.seen[-1].body)["gesture"]
    device, keyid = elsewhere.device, elsewhere.keyid
    beyond = await told(
        scene.http,
        [
            signed(scene.pipe, typed_check(each, day) | {"gesture": other}, device, keyid)
            for each in people[_CARDS + _GESTURES : 40]
            for other in (None, gesture)
        ],
    )
    # A reference leads to who was there already: it makes nobody new.
    again = [each.reference for each in answers if isinstance(each, Covered)][:2]
    for reference in again:
        request = signed(scene.pipe, reference_check(reference, day), device, keyid)
        disclosed(await send(scene.http, request))
    return sum(isinstance(each, Covered) for each in (*answers, *diverted)) + beyond


THEFT = Theft(
    "captured_pages",
    "P6",
    f"the page server, in front of which {_CARDS} cards are presented and {_GESTURES} gestures made",
    "has the sign-in vouch for a key of its own, and each gesture for a person of its choice",
    _misused,
    lambda _: _CARDS + _GESTURES,
    remains="the cards presented and the gestures made in front of it; hashes in the ledger show it",
)
