"""What 2024 saw: the same thief at the second operator, days after the first one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ecluse.client.gate import GateError
from ecluse.client.replies import Refused
from ecluse.cover.family import CareFamily
from ecluse.errors import EcluseError
from ecluse.siege.known import covered
from ecluse.siege.live.theft import Theft
from ecluse.siege.scene import Scene, open_pharmacy
from ecluse.siege.strategy import Goal


if TYPE_CHECKING:
    from ecluse.client.gate import Person
    from ecluse.siege.scene import Clerk


#: Numbers tried at the first operator: more than its watch lets pass.
_SWEPT = 12
#: Seconds that stand for the five days in between, at most.
_FIVE_DAYS = 120.0
#: How often the thief looks meanwhile whether the account still works.
_LOOKS = 480


async def _days_later(scene: Scene) -> int:
    """Sweep at the first operator; later ask the second one about a whole list."""
    if scene.neighbour is None:
        raise EcluseError("This theft takes two operators.")
    # Where no RPPS number is noted, an alarm is about every counter of the organisation.
    victim = await scene.steal(scene.finess[1])
    await open_pharmacy(scene.neighbour, victim.finess)
    first = Scene(
        scene.neighbour,
        scene.policy,
        scene.members,
        [victim.finess],
        scene.insurers_side,
        scene.draw,
    )
    async with first:
        there = await first.hire()
        for member in covered(scene)[:_SWEPT]:
            # Nobody has this rank: a number that was made up.
            await _asked(first, there, replace(member.person, birth_rank=9))
    scene.theft_begins()
    for _ in range(_LOOKS):
        if (await victim.gate.me()).locked:
            break
        await asyncio.sleep(_FIVE_DAYS / _LOOKS)
    people = [member.person for member in covered(scene)[_SWEPT : _SWEPT + 30]]
    return sum([await _asked(scene, victim, person) for person in people])


async def _asked(scene: Scene, clerk: Clerk, person: Person) -> bool:
    try:
        reply = await clerk.gate.check_person(
            person, clerk.passkey.touch, care_date=scene.today, family=CareFamily.PHARMACY
        )
    except GateError:
        # The watch has signed the device out.
        return False
    return not isinstance(reply, Refused)


THEFT = Theft(
    "second_operator",
    "P3",
    "malware on a professional's devices at two operators, and a leaked list of valid identities",
    "sweeps at the first one, which raises the alarm; days later asks the second one, whose clerk"
    " confirms every prompt",
    _days_later,
    goals=(Goal("contained_s", "max", 60),),
    remains="Without RPPS numbers the other counters of the organisation check cards alone as well,"
    " until two officers open them.",
    neighbour=True,
)
