"""A settlement reference stands for a patient: whose card was there, for so long, and at one place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ecluse.keyring import prf
from ecluse.keyring.meter import DAY
from ecluse.keyring.wrap import Claim, reference_row, unwrap_claim, wrap_claim
from keyring.lodge import (
    COVER,
    OTHER_PHARMACY,
    PHARMACY,
    card,
    check,
    index,
    known,
    person,
    sealed,
    typed,
)


if TYPE_CHECKING:
    from ecluse.keyring.messages import Asked, Located, Opened
    from keyring.lodge import Doors, Lodge


pytestmark = pytest.mark.anyio

MEMBER = person(1)


async def through(lodge: Lodge, doors: Doors, asked: Asked) -> tuple[Located, Opened]:
    """Take a check all the way, as the gate does when somebody is on file."""
    located = await doors.locate(asked)
    event = check(index(located), lane=asked.lane, kind=asked.lane)
    position = await lodge.commit(await sealed(doors.gate, event, asked.entry))
    await lodge.settle(located)
    return located, await doors.unseal(asked.entry, position)


async def carded(lodge: Lodge, doors: Doors) -> tuple[Located, bytes]:
    """Have the member's card checked; return where it led and the reference given."""
    located, opened = await through(lodge, doors, card(MEMBER, os.urandom(16)))
    return located, opened.reference


async def test_a_reference_opens_the_record_that_its_card_opened(lodge: Lodge) -> None:
    await lodge.put_on_file(MEMBER)
    async with lodge.running() as doors:
        found, reference = await carded(lodge, doors)
    async with lodge.running() as doors:
        again, opened = await through(lodge, doors, known(reference, os.urandom(16)))
    assert index(again) == index(found)
    assert again.insurer == found.insurer == 1
    assert await lodge.open_record(index(again), *opened.record_keys[0]) == COVER


async def test_what_is_no_reference_of_ones_own_leads_nowhere(
    lodge: Lodge, subtests: pytest.Subtests
) -> None:
    await lodge.put_on_file(MEMBER)
    async with lodge.running() as doors:
        found, reference = await carded(lodge, doors)
        _, from_typed = await through(lodge, doors, typed(MEMBER, os.urandom(16)))
        told = {
            "made up": known(os.urandom(16), os.urandom(16)),
            "another organisation's": known(reference, os.urandom(16), OTHER_PHARMACY),
            "from a typed check": known(from_typed.reference, os.urandom(16)),
            "a card": known(MEMBER.card, os.urandom(16)),
        }
        for name, asked in told.items():
            with subtests.test(name):
                missed, again = await doors.locate(asked), await doors.locate(asked)
                assert missed.admitted
                assert missed.insurer is None
                assert index(missed) != index(found)
                assert missed.candidates == again.candidates
                assert len(missed.wrapped) == len(found.wrapped)


async def test_asking_again_does_not_prolong_what_the_card_began(lodge: Lodge) -> None:
    await lodge.put_on_file(MEMBER)
    async with lodge.running() as doors:
        found, reference = await carded(lodge, doors)
        long_ago = await backdate(lodge, found, reference, 89 * DAY)
        again, opened = await through(lodge, doors, known(reference, os.urandom(16)))
    claim = unwrap_claim(reference_key(lodge, opened.reference), again.wrapped, again.reference_row)
    assert claim == long_ago


async def backdate(lodge: Lodge, located: Located, reference: bytes, seconds: float) -> Claim:
    """Have a reference's card been there so much earlier, as only the keyring could write it."""
    key, row = reference_key(lodge, reference), located.reference_row
    claim = unwrap_claim(key, located.wrapped, row)
    assert claim is not None
    older = claim._replace(carded=claim.carded - int(seconds))
    await lodge.owner.execute(
        "UPDATE settlement SET wrapped = $1 WHERE reference = $2", wrap_claim(key, older, row), row
    )
    return older


def reference_key(lodge: Lodge, reference: bytes) -> bytes:
    return prf.reference_key(lodge.keys.reference, reference)


async def test_a_shorter_policy_holds_for_references_that_were_given_before(lodge: Lodge) -> None:
    await lodge.put_on_file(MEMBER)
    async with lodge.running(known_days=90) as doors:
        found, reference = await carded(lodge, doors)
    await backdate(lodge, found, reference, 31 * DAY)
    for days, leads in ((90, True), (32, True), (30, False)):
        async with lodge.running(known_days=days) as doors:
            again = await doors.locate(known(reference, os.urandom(16)))
            assert (index(again) == index(found)) == leads


async def test_a_databases_owner_cannot_move_or_prolong_a_reference(lodge: Lodge) -> None:
    await lodge.put_on_file(MEMBER)
    async with lodge.running() as doors:
        found, reference = await carded(lodge, doors)
        moved = reference_row(reference, OTHER_PHARMACY)
        await lodge.owner.execute(
            "INSERT INTO settlement SELECT $1, wrapped, care_date, expires_at FROM settlement",
            moved,
        )
        stolen = await doors.locate(known(reference, os.urandom(16), OTHER_PHARMACY))
        assert index(stolen) != index(found)
        await lodge.owner.execute("UPDATE settlement SET expires_at = now() - interval '1 s'")
        ended = await doors.locate(known(reference, os.urandom(16), PHARMACY))
        assert index(ended) != index(found)


async def test_the_lane_has_a_meter_of_its_own_that_misses_do_not_fill(lodge: Lodge) -> None:
    members = [person(number) for number in range(3)]
    for member in members:
        await lodge.put_on_file(member)
    limits = {"card": None, "known": 2, "typed": 9}
    async with lodge.running(limits) as doors:
        references = []
        for member in members:
            _, opened = await through(lodge, doors, card(member, os.urandom(16)))
            references.append(opened.reference)
        for _ in range(5):
            assert (await doors.locate(known(os.urandom(16), os.urandom(16)))).admitted
        asked = [known(each, os.urandom(16)) for each in references]
        located = [await doors.locate(each) for each in asked]
        assert [each.admitted for each in located] == [True, True, False]
        # Full: nobody can be told from somebody, but for those who were asked about.
        assert not (await doors.locate(known(os.urandom(16), os.urandom(16)))).admitted
        assert (await doors.locate(known(references[0], os.urandom(16)))).admitted
    async with lodge.running(limits) as doors:
        assert not (await doors.locate(known(references[2], os.urandom(16)))).admitted


async def test_the_card_s_insurer_alone_answers(lodge: Lodge) -> None:
    await lodge.put_on_file(MEMBER, insurer=1)
    async with lodge.running() as doors:
        _, reference = await carded(lodge, doors)
        asked = known(reference, os.urandom(16))
        located = await doors.locate(asked)
        event = check(index(located), lane="known", kind="reference", opened=((2, 1),))
        position = await lodge.commit(await sealed(doors.gate, event, asked.entry))
        assert (await doors.unseal(asked.entry, position)).record_keys == ()
