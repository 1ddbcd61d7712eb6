"""A thief with a willing clerk counts through the numbers of a commune: the ledger says so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from ecluse.ids import nir
from ecluse.ledger.entry import Check
from promises import openly, typed


if TYPE_CHECKING:
    from ecluse.siege.scene import Member
    from towns import Town


def test_a_walk_shows_in_the_ledger_and_in_no_answer(town: Town) -> None:
    async def walk() -> bytes:
        async with town.scene() as scene:
            clerk = await scene.hire()
            someone = next(member for member in scene.members if member.families)
            for order in range(5):
                tried = await typed.attempt(scene, clerk, neighbour(someone, order))
                answer = await typed.ask(scene, tried, scene.pipe)
                assert answer is not None
                assert answer.content == b'{"outcome":"refused"}'
            return typed.account(clerk)

    account = asyncio.run(walk())
    entries = asyncio.run(openly.read(town.operator.installation))
    checks = [entry.event for entry in entries.values() if isinstance(entry.event, Check)]
    walked = [check.structure[1] for check in checks if check.account == account]
    assert walked == [0, 0, 1, 2, 3]


def neighbour(member: Member, order: int) -> Member:
    """Return somebody born in the same month and commune, with a number that nobody has."""
    nir13 = f"{member.person.nir[:10]}{990 + order}"
    person = msgspec.structs.replace(member.person, nir=nir13 + nir.key(nir13))
    return replace(member, person=person)
