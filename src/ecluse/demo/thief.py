"""The thief of a rehearsal: malware on one counter's device, and what it saw, by its own record."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

import httpx2
import msgspec

from ecluse.client.gate import GateError
from ecluse.client.replies import Refused
from ecluse.cover.family import CareFamily
from ecluse.siege.wire import card_check, disclosed, send, signed


if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from ecluse.local.processes import Process
    from ecluse.siege.scene import Clerk, Member, Scene

#: Who somebody is, as rosters and cards write it: NIR, birth date, birth rank.
Who = tuple[str, str, int]

#: Cards shown at once while a process dies.
_AT_ONCE = 12
#: Made-up identities that it tries: more than the watch lets pass.
_MADE_UP = 12


class Loot(NamedTuple):
    """What the thief saw, and how many answers it lost."""

    seen: set[Who]
    lost: int
    crashes: int


async def morning(
    scene: Scene,
    victim: Clerk,
    patients: Sequence[Member],
    chance: random.Random,
    told: Callable[[str, int, int], None],
) -> Loot:
    """Show every patient's card; two processes are killed while answers are under way."""
    operator = scene.operator
    groups = [patients[at : at + _AT_ONCE] for at in range(0, len(patients), _AT_ONCE)]
    dies: dict[int, Process] = dict(
        zip(chance.sample(range(len(groups)), 2), (operator.gate, operator.keyring), strict=True)
    )
    seen, lost = set[Who](), 0
    for number, group in enumerate(groups):
        asking = asyncio.gather(*(_overhear(scene, victim, each) for each in group))
        if number in dies:
            await asyncio.sleep(chance.uniform(0.0, 0.05))
            await asyncio.to_thread(_crash, dies[number])
        answers = await asking
        seen |= {who(each) for each, answer in zip(group, answers, strict=True) if answer}
        lost += sum(answer is None for answer in answers)
        told("the thief's morning", number + 1, len(groups))
    return Loot(seen, lost, len(dies))


def _crash(process: Process) -> None:
    process.kill()
    process.start()


async def _overhear(scene: Scene, victim: Clerk, patient: Member) -> bool | None:
    """Have a card checked once; tell whether it was answered, None when the answer was lost."""
    body = card_check(patient.card, scene.today.isoformat())
    request = signed(scene.pipe, body, victim.gate.device, victim.gate.keyid)
    try:
        answer = await send(scene.http, request)
    except httpx2.TransportError:
        return None
    return disclosed(answer) if answer.is_success else None


async def sweep(scene: Scene, victim: Clerk, listed: Sequence[Member]) -> set[Who]:
    """Type somebody of a list, then made-up identities; return whom the thief learned of."""
    seen = set[Who]()
    # One that is real: of four an hour three are left for the misses that give a sweep away.
    attempts = [(member, False) for member in listed[:1]]
    attempts += [(member, True) for member in listed[1 : 1 + _MADE_UP]]
    for member, made_up in attempts:
        person = member.person
        if made_up:
            person = msgspec.structs.replace(person, birth_rank=9)
        try:
            reply = await victim.gate.check_person(
                person,
                victim.passkey.touch,
                care_date=scene.today,
                family=CareFamily(member.families[0]),
            )
        except GateError:
            break
        if not isinstance(reply, Refused):
            seen.add(who(member))
    return seen


def who(member: Member) -> Who:
    """Return who a member is."""
    person = member.person
    return person.nir, person.birth_date, person.birth_rank
