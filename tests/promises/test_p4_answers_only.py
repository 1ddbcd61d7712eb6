"""P4: a reply tells what was asked and no identity; every refusal is the same reply, at the same time.

Whoever asks may know everything that stood in a leaked list, may read every byte that comes back,
and may listen right beside the server with a better clock than any network allows.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import httpx2
import msgspec
import numpy as np
import pytest

from counts import runs
from ecluse.cards import code
from ecluse.client.gate import Person
from ecluse.client.replies import Covered, NotCovered, Refused
from ecluse.cover.family import CareFamily
from ecluse.login import base64url
from ecluse.login.keyid import parse
from ecluse.siege import wire
from ecluse.siege.known import given
from ecluse.store.roles import Role
from promises import planted_gate
from promises.dudect import THRESHOLD, distance
from promises.overheard import Counter, at, counter
from promises.shops import new_shop, new_shops
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from ecluse.client.replies import CheckReply
    from ecluse.siege.scene import Clerk, Member, Scene
    from promises.dudect import Times
    from promises.wires import Reply
    from towns import Town

pytestmark = pytest.mark.attack

NOBODY = Person("101019999000138", "20010112")
"""A number that is given to nobody: orders begin at 001."""

#: Every key that any reply to a professional may have, wherever it stands. A `handle` stands for a care
#: family of a package: the same for everybody who was told of it.
KEYS = {
    "outcome", "lane", "insurer", "amc", "name", "cover", "family", "package", "label_fr",
    "label_en", "valid_from", "valid_to", "lines", "act_fr", "act_en", "basis", "reference",
    "receipt", "position", "checkpoint", "error", "message", "also", "priority", "handle",
}  # fmt: skip


@pytest.fixture(scope="module")
def quiet_town() -> Iterator[Town]:
    """A town of this module's own: its accounts get locked, its ledger fills."""
    with open_town(members=1000) as opened:
        yield opened


def pharmacy_clients(scene: Scene) -> list[Member]:
    return [member for member in scene.members if "pharmacy" in member.families]


# How a check can come to be refused: each returns its last reply.


async def without_right(at: Counter, town: Town) -> CheckReply:
    return await at.typed(town.cast.without_right[0].person)


async def nobody(at: Counter, _: Town) -> CheckReply:
    return await at.typed(NOBODY)


async def wrong_birth_date(at: Counter, _: Town) -> CheckReply:
    right = pharmacy_clients(at.scene)[0].person
    wrong = "19620231" if right.birth_date != "19620231" else "19620230"
    return await at.typed(msgspec.structs.replace(right, birth_date=wrong))


async def wrong_rank(at: Counter, _: Town) -> CheckReply:
    return await at.typed(
        msgspec.structs.replace(pharmacy_clients(at.scene)[0].person, birth_rank=9)
    )


async def insurer_not_theirs(at: Counter, _: Town) -> CheckReply:
    member = pharmacy_clients(at.scene)[0]
    told = await at.card(member.card)
    assert isinstance(told, Covered)
    stranger = pharmacy_clients(at.scene)[-1]
    other = await at.card(stranger.card)
    assert isinstance(other, Covered)
    assert other.insurer.amc != told.insurer.amc
    assert isinstance(await at.typed(_insured(member, told.insurer.amc)), Covered)
    return await at.typed(_insured(member, other.insurer.amc))


async def insurer_of_nobody(at: Counter, _: Town) -> CheckReply:
    return await at.typed(_insured(pharmacy_clients(at.scene)[0], "00000000"))


async def care_before_cover(at: Counter, _: Town) -> CheckReply:
    return await at.typed(pharmacy_clients(at.scene)[0].person, days=-20_000)


async def locked_account(at: Counter, town: Town) -> CheckReply:
    await _lock(town, at.gate.keyid)
    return await at.typed(pharmacy_clients(at.scene)[0].person)


async def frozen_typed_checks(at: Counter, town: Town) -> CheckReply:
    await _contain(town, at.gate.keyid, "frozen_typed_until")
    return await at.typed(pharmacy_clients(at.scene)[0].person)


async def over_a_shrunken_budget(at: Counter, town: Town) -> CheckReply:
    await _contain(town, at.gate.keyid, "shrunk_until")
    left = town.policy.probation.of(town.policy.typed.account_hour)
    for member in pharmacy_clients(at.scene)[:left]:
        assert isinstance(await at.typed(member.person), Covered)
    return await at.typed(pharmacy_clients(at.scene)[left].person)


async def card_with_a_locked_account(at: Counter, town: Town) -> CheckReply:
    await _lock(town, at.gate.keyid)
    return await at.card(pharmacy_clients(at.scene)[0].card)


async def over_the_hours_budget(at: Counter, town: Town) -> CheckReply:
    cap = town.policy.typed.account_hour
    for member in pharmacy_clients(at.scene)[:cap]:
        assert isinstance(await at.typed(member.person), Covered)
    return await at.typed(pharmacy_clients(at.scene)[cap].person)


async def unknown_card(at: Counter, _: Town) -> CheckReply:
    return await at.card(code.encode(os.urandom(code.SECRET_SIZE)))


async def card_shown_everywhere(at: Counter, town: Town) -> CheckReply:
    card = pharmacy_clients(at.scene)[1].card
    for finess in await new_shops(at.scene, town.policy.card.organisations_per_card_day):
        elsewhere = await at.scene.hire(finess)
        told = await elsewhere.gate.check_card(
            card, care_date=at.scene.today, family=CareFamily.PHARMACY
        )
        assert isinstance(told, Covered)
    return await at.card(card)


async def unknown_reference(at: Counter, _: Town) -> CheckReply:
    return await at.reference(base64url.encode(os.urandom(16)))


async def a_reference(scene: Scene, clerk: Clerk) -> str:
    """Return what a clerk is given for some card that was not shown all over the town."""
    (reference,) = await given(scene, clerk, [SystemRandom().choice(pharmacy_clients(scene)[9:])])
    return reference


async def reference_of_another_organisation(at: Counter, _: Town) -> CheckReply:
    elsewhere = await at.scene.hire(await new_shop(at.scene))
    return await at.reference(await a_reference(at.scene, elsewhere))


async def reference_of_a_typed_check(at: Counter, _: Town) -> CheckReply:
    told = await at.typed(pharmacy_clients(at.scene)[0].person)
    assert isinstance(told, Covered)
    return await at.reference(told.reference)


async def reference_that_has_ended(at: Counter, town: Town) -> CheckReply:
    reference = await a_reference(at.scene, at.clerk)
    connection = await town.operator.installation.database.connect(Role.OWNER)
    await connection.execute("UPDATE settlement SET expires_at = now() - interval '1 day'")
    await connection.close()
    return await at.reference(reference)


async def reference_before_cover(at: Counter, _: Town) -> CheckReply:
    reference = await a_reference(at.scene, at.clerk)
    assert isinstance(await at.reference(reference), Covered)
    return await at.reference(reference, days=-20_000)


async def reference_with_a_locked_account(at: Counter, town: Town) -> CheckReply:
    reference = await a_reference(at.scene, at.clerk)
    await _lock(town, at.gate.keyid)
    return await at.reference(reference)


async def over_the_known_budget(at: Counter, town: Town) -> CheckReply:
    references = await given(
        at.scene, at.clerk, pharmacy_clients(at.scene)[-town.policy.known.account_day - 1 :]
    )
    for reference in references[:-1]:
        assert isinstance(await at.reference(reference), Covered)
    return await at.reference(references[-1])


#: The ways of a reference that never led anywhere, or does no more, or to nobody with a right.
NO_REFERENCES = [
    unknown_reference,
    reference_of_another_organisation,
    reference_of_a_typed_check,
    reference_that_has_ended,
    reference_before_cover,
]

REFUSALS: list[Callable[[Counter, Any], Awaitable[CheckReply]]] = [
    without_right,
    nobody,
    wrong_birth_date,
    wrong_rank,
    insurer_not_theirs,
    insurer_of_nobody,
    care_before_cover,
    locked_account,
    card_with_a_locked_account,
    frozen_typed_checks,
    over_a_shrunken_budget,
    over_the_hours_budget,
    unknown_card,
    card_shown_everywhere,
    *NO_REFERENCES,
    reference_with_a_locked_account,
    over_the_known_budget,
]


def _insured(member: Member, amc: str) -> Person:
    return msgspec.structs.replace(member.person, amc=amc)


async def _lock(town: Town, keyid: str) -> None:
    """Lock an account."""
    connection = await town.operator.installation.database.connect(Role.OFFICER)
    account = parse(keyid).account
    await connection.execute("UPDATE account SET locked = 'pattern' WHERE account = $1", account)
    await connection.close()


async def _contain(town: Town, keyid: str, until: str) -> None:
    """Take something from an account for an hour, as the watch does."""
    connection = await town.operator.installation.database.connect(Role.WATCH)
    contain = f"UPDATE account SET {until} = now() + interval '1 hour' WHERE account = $1"  # noqa: S608 - a column
    await connection.execute(contain, parse(keyid).account)
    await connection.close()


def test_all_refusals_are_one_reply_byte_for_byte(quiet_town: Town) -> None:
    async def refuse() -> dict[str, Reply]:
        told = {}
        async with quiet_town.scene() as scene:
            for way in REFUSALS:
                asking = await counter(scene, quiet_town.operator.ports.pipe)
                assert isinstance(await way(asking, quiet_town), Refused), way.__name__
                told[way.__name__] = asking.wire.replies[-1]
                await asking.wire.aclose()
        return told

    replies = asyncio.run(refuse())
    head, body = replies["nobody"].raw
    assert body == b'{"outcome":"refused"}'
    assert head[0] == b"HTTP/1.1 200 OK"
    different = {name: reply.raw for name, reply in replies.items() if reply.raw != (head, body)}
    assert different == {}
    grid = quiet_town.policy.refusal_grid_ms
    assert min(reply.took for reply in replies.values()) >= (grid - 2) * 10**6


class Watched(Counter):
    """A counter beside which the database's tables are counted, before each reference."""

    before: tuple[int, ...] = ()

    async def reference(
        self, reference: str, family: CareFamily = CareFamily.PHARMACY, days: int = 0
    ) -> CheckReply:
        self.before = await counted(self.scene)
        return await super().reference(reference, family, days)


@pytest.mark.parametrize("way", NO_REFERENCES)
def test_a_reference_that_leads_nowhere_leaves_the_same_traces(
    quiet_town: Town, way: Callable[[Counter, Any], Awaitable[CheckReply]]
) -> None:
    async def traces() -> list[int]:
        async with quiet_town.scene() as scene:
            plain = await counter(scene, quiet_town.operator.ports.pipe)
            asking = Watched(scene, plain.clerk, plain.wire, plain.gate)
            assert isinstance(await way(asking, quiet_town), Refused)
            await asking.wire.aclose()
            after = await counted(scene)
        return [now - then for then, now in zip(asking.before, after, strict=True)]

    # An entry for the check and one for its refusal, one row of a reference, nothing of cards.
    assert asyncio.run(traces()) == [2, 1, 0]


async def counted(scene: Scene) -> tuple[int, ...]:
    """Count ledger entries, references and cards shown, as a database's owner may."""
    connection = await scene.operator.installation.database.connect(Role.OWNER)
    try:
        return (
            await connection.fetchval("SELECT count(*) FROM ledger_entry"),
            await connection.fetchval("SELECT count(*) FROM settlement WHERE expires_at > now()"),
            await connection.fetchval("SELECT count(*) FROM card_use"),
        )
    finally:
        await connection.close()


def test_no_reply_holds_an_identity_or_a_place_for_one(quiet_town: Town) -> None:
    families = itertools.cycle(CareFamily)

    async def ask_everybody() -> tuple[list[tuple[Member, Reply]], list[CheckReply]]:
        with_card = [*quiet_town.cast.members[:300], *quiet_town.cast.without_right]
        without = quiet_town.cast.members[: quiet_town.policy.typed.account_hour]
        async with quiet_town.scene() as scene:
            asking = await counter(scene, quiet_town.operator.ports.pipe)
            answers = [await asking.card(each.card, next(families)) for each in with_card]
            answers += [await asking.typed(each.person) for each in without]
            await asking.wire.aclose()
        return list(zip([*with_card, *without], asking.wire.replies, strict=True)), answers

    replies, answers = asyncio.run(ask_everybody())
    # A test that sees no cover would prove nothing about it.
    assert sum(isinstance(each, Covered) and each.cover is not None for each in answers) > 100
    assert sum(isinstance(each, NotCovered) for each in answers) > 10
    for member, reply in replies:
        told = b"\n".join([*reply.head, reply.body])
        assert [form for form in written_forms(member) if form in told] == []
        assert keys(msgspec.json.decode(reply.body)) <= KEYS


def written_forms(member: Member) -> list[bytes]:
    """Return all that a card or a leaked list says of a member, as it might be written."""
    person = member.person
    year, month, day = person.birth_date[:4], person.birth_date[4:6], person.birth_date[6:]
    forms = [
        person.nir,
        person.nir[:13],
        person.birth_date,
        f"{year}-{month}-{day}",
        f"{day}/{month}/{year}",
        member.card,
        code.decode(member.card).hex(),
    ]
    return [form.encode() for form in forms]


def keys(told: object) -> set[str]:
    """Return every key in a JSON value, at any depth."""
    if isinstance(told, dict):
        return told.keys() | {key for value in told.values() for key in keys(value)}
    if isinstance(told, list):
        return {key for value in told for key in keys(value)}
    return set()


@pytest.mark.parametrize(
    ("broken", "value"),
    [
        ({"nir": "255081416802539"}, "2550814168025"),
        ({"nir": "955081416802538"}, "9550814168025"),
        ({"nir": "2550814168025"}, "2550814168025"),
        ({"birth_date": "195508120"}, "195508120"),
        ({"birth_date": "1955-08-12"}, "1955-08-12"),
        ({"birth_rank": 7_771_777}, "7771777"),
        ({"amc": "75500017!"}, "75500017"),
        ({"surname": "Lefebvre"}, "Lefebvre"),
    ],
)
def test_an_error_about_a_subject_does_not_repeat_it(
    quiet_town: Town, broken: dict[str, Any], value: str
) -> None:
    person = {"kind": "person", "nir": "255081416802538", "birth_date": "19550812"}

    async def ask() -> Reply:
        async with quiet_town.scene() as scene:
            asking = await counter(scene, quiet_town.operator.ports.pipe)
            body = wire.typed_check(scene.members[0], scene.today.isoformat())
            body["subject"] = {**person, "birth_rank": 1, "amc": None, **broken}
            request = wire.signed(scene.pipe, body, asking.gate.device, asking.gate.keyid)
            async with httpx2.AsyncClient(transport=asking.wire) as http:
                await wire.send(http, request)
        return asking.wire.replies[-1]

    reply = asyncio.run(ask())
    assert re.match(rb"HTTP/1.1 4(00|22) ", reply.head[0])
    assert value.encode() not in b"\n".join([*reply.head, reply.body])


# Time.

PAIRS = runs(20_000)
#: Checks under way at once.
WIDTH = 6
_UNCOUNTED = 4
MICROSECONDS = 100
#: How often to measure half as many before giving up: other work on the machine can hide a planted
#: difference for a while, and cannot make one up.
_PATIENCE = 12


@pytest.mark.quiet
@pytest.mark.timeout(1800)
def test_the_time_of_a_refusal_does_not_tell_a_person_without_a_right_from_nobody(
    quiet_town: Town,
) -> None:
    known, miss = asyncio.run(measure(quiet_town, quiet_town.operator.ports.gate, PAIRS))
    told = distance(known, miss)
    print(f"|t| = {told:.1f} over {PAIRS} pairs")
    assert told < THRESHOLD


@pytest.mark.quiet
@pytest.mark.timeout(1800)
def test_a_tenth_of_a_millisecond_would_tell(quiet_town: Town) -> None:
    known = miss = np.empty(0)
    with flawed_gate(quiet_town) as port:
        for _ in range(_PATIENCE):
            more = asyncio.run(measure(quiet_town, port, PAIRS // 2))
            known, miss = np.concatenate([known, more[0]]), np.concatenate([miss, more[1]])
            if distance(known, miss) > THRESHOLD:
                break
    assert distance(known, miss) > THRESHOLD


async def measure(town: Town, port: int, pairs: int) -> tuple[Times, Times]:
    """Ask about a person without a right and about nobody, in pairs of random order, at `port`.

    Two subjects suffice, since asking the same one again is free; their requests are as long.

    Returns:
        The nanoseconds that each refusal took, of the one and of the other.
    """
    subjects = (town.cast.without_right[0].person, NOBODY)
    taken: tuple[list[int], list[int]] = ([], [])
    async with town.scene() as scene:
        clerk = await scene.hire(await new_shop(scene))
        await asyncio.gather(
            *(
                ask_in_pairs(at(scene, clerk, port), subjects, pairs // WIDTH, taken)
                for _ in range(WIDTH)
            )
        )
    return np.array(taken[0], float), np.array(taken[1], float)


async def ask_in_pairs(
    asking: Counter,
    subjects: tuple[Person, Person],
    pairs: int,
    taken: tuple[list[int], list[int]],
) -> None:
    """Ask about both subjects, in an order drawn anew for each pair; the first do not count."""
    chance = SystemRandom()
    for number in range(-_UNCOUNTED, pairs):
        for which in chance.sample((0, 1), 2):
            assert isinstance(await asking.typed(subjects[which]), Refused)
            if number >= 0:
                taken[which].append(asking.wire.replies[-1].took)
    await asking.wire.aclose()


@contextmanager
def flawed_gate(town: Town) -> Iterator[int]:
    """Run one more gate, which answers later about the person without a right; yield its port."""
    ports, installation = town.operator.ports, town.operator.installation
    command = [
        *(sys.executable, planted_gate.__file__, "0", ports.pipe_origin, ports.pages_origin),
        *(town.cast.without_right[0].person.nir, str(MICROSECONDS)),
    ]
    environment = {**os.environ, "ECLUSE_HOME": str(installation.folder)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield int(msgspec.json.decode(process.stdout.readline())["port"])
        finally:
            process.terminate()
