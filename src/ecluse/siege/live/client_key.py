"""What a stolen key of practice software is worth without a card: nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.client.practice import AsyncPracticeClient
from ecluse.client.replies import Covered
from ecluse.cover.family import CareFamily
from ecluse.siege.live.theft import Theft
from ecluse.siege.wire import card_check, check_of, signed, told, typed_check


if TYPE_CHECKING:
    from ecluse.siege.scene import Scene


async def _copied(scene: Scene) -> int:
    """A key file is taken; with it a list of real identities, and a neighbour's reference.

    The thief asks about each person, with the key under the neighbour's name, and with a settlement
    reference that the neighbour's organisation was given.
    """
    key, neighbour = await scene.install(), await scene.install(scene.finess[1])
    member, day = scene.members[5], scene.today.isoformat()
    async with AsyncPracticeClient(neighbour) as honest:
        family = CareFamily(member.families[0])
        given = await honest.check_card(member.card, care_date=scene.today, family=family)
    reference = given.reply.reference if isinstance(given.reply, Covered) else ""
    by_reference = check_of({"kind": "reference", "reference": reference}, day)
    scene.theft_begins()
    attempts = [
        *(
            signed(scene.pipe, typed_check(each, day), key.key, key.keyid)
            for each in scene.members[:40]
        ),
        signed(scene.pipe, card_check(member.card, day), key.key, neighbour.keyid),
        signed(scene.pipe, by_reference, key.key, key.keyid),
    ]
    return await told(scene.http, attempts)


THEFT = Theft(
    "stolen_client_key",
    "P7",
    "a copy of a practice software's key file, a leaked list, a neighbour's reference",
    "asks about each of them, in its own name and in the neighbour's",
    _copied,
    remains="cards presented there, until somebody notices the copy",
)
