"""Practice software's key: what it may do, what a thief of it may not, through the public door."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

import policies
from ecluse.client.device import DeviceKey
from ecluse.client.exchange import GateError
from ecluse.client.keyfile import KeyFile
from ecluse.client.practice import AsyncPracticeClient
from ecluse.client.replies import Budget, Covered, LaneCounts, Refused
from ecluse.cover.family import CareFamily
from ecluse.ledger.entry import (
    Check,
    ClientRotated,
    EnrolmentAccepted,
    EnrolmentAsked,
    SignedOut,
)
from ecluse.local import officer
from ecluse.login import base64url, clients, keyid
from ecluse.siege.live import THEFTS
from ecluse.siege.wire import card_check, check_of, disclosed, send, signed
from ecluse.store.roles import Role
from promises import openly
from promises.shops import new_shop, new_shops
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import httpx2

    from ecluse.siege.scene import Scene
    from towns import Town

CARD_CAP = 10
ORGANISATION_CAP = 15
NOBODY = {"birth_date": "19000101", "birth_rank": 9}


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town with small caps for software, and no overlap between its keys."""
    policy = policies.write(
        tmp_path_factory.mktemp("policy") / "small.toml",
        card={"organisation_day": ORGANISATION_CAP},
        client={"card_day": CARD_CAP, "overlap_minutes": 0},
    )
    with open_town(policy=policy) as town:
        yield town


def software(key: KeyFile) -> AsyncPracticeClient:
    return AsyncPracticeClient(key)


async def ask(scene: Scene, key: KeyFile, card: str) -> httpx2.Response:
    body = card_check(card, scene.today.isoformat())
    return await send(scene.http, signed(scene.pipe, body, key.key, key.keyid))


async def refused_as(scene: Scene, key: KeyFile) -> str:
    """Return the code of the error that a check with this key ends in."""
    answer = await ask(scene, key, scene.members[0].card)
    assert answer.is_client_error
    return str(msgspec.json.decode(answer.content)["error"])


async def events(scene: Scene, account: bytes) -> list[Any]:
    entries = await openly.read(scene.operator.installation)
    return [
        entry.event
        for _, entry in sorted(entries.items())
        if getattr(entry.event, "account", None) == account
    ]


def test_software_checks_cards_and_every_act_with_its_key_is_in_the_ledger(village: Town) -> None:
    async def day() -> None:
        async with village.scene() as scene:
            key = await scene.install(await new_shop(scene))
            mark, account = key.fingerprint, key.account
            member = scene.members[0]
            async with software(key) as client:
                told = await client.check_card(
                    member.card, care_date=scene.today, family=CareFamily(member.families[0])
                )
                assert isinstance(told.reply, Covered)
                assert told.reply.cover is not None
                me = await client.me()
                assert (me.role, me.warning, me.typed.day.cap) == ("client", None, 0)
                assert (me.card.day, me.known.day) == (
                    Budget(CARD_CAP - 1, CARD_CAP),
                    Budget(30, 30),
                )
                assert me.organisation_today == LaneCounts(card=1, known=0, typed=0)
                await client.rotate()
                await client.check_card(
                    member.card, care_date=scene.today, family=CareFamily.PHARMACY
                )
            await officer.revoke_client(scene.operator.installation, key.fingerprint)
            seen = await events(scene, account)
            assert [type(event) for event in seen] == [
                EnrolmentAccepted,
                Check,
                ClientRotated,
                Check,
                SignedOut,
            ]
            assert (seen[0].role, seen[2].following) == ("client", key.key.thumbprint)
            everything = await openly.read(scene.operator.installation)
            (asked,) = [
                entry.event
                for entry in everything.values()
                if isinstance(entry.event, EnrolmentAsked) and entry.event.fingerprint == mark
            ]
            assert asked.role == "client"

    asyncio.run(day())


@pytest.mark.attack
def test_software_never_asks_about_a_typed_person_whoever_it_is(village: Town) -> None:
    async def tried() -> None:
        async with village.scene() as scene:
            key = await scene.install(await new_shop(scene))
            person = msgspec.structs.asdict(scene.members[0].person)
            known, nobody, malformed = (
                check_of({"kind": "person", **person, **changed}, scene.today.isoformat())
                for changed in ({}, NOBODY, {"nir": "1"})
            )
            answers = [
                await send(scene.http, signed(scene.pipe, body, key.key, key.keyid))
                for body in (known, nobody, malformed)
            ]
            assert {answer.status_code for answer in answers} == {422}
            assert len({answer.content for answer in answers}) == 1
            assert msgspec.json.decode(answers[0].content)["error"] == "no_person_there"

    asyncio.run(tried())


def test_a_reference_is_answered_to_its_own_organisations_software_alone(village: Town) -> None:
    async def asked() -> None:
        async with village.scene() as scene:
            mine, other = [await scene.install(each) for each in await new_shops(scene, 2)]
            member = scene.members[7]
            terms: Any = {"care_date": scene.today, "family": CareFamily(member.families[0])}
            async with software(mine) as client, software(other) as stranger:
                given = (await client.check_card(member.card, **terms)).reply
                assert isinstance(given, Covered)
                known = (await client.check_reference(given.reference, **terms)).reply
                assert isinstance(known, Covered)
                assert (known.lane, known.cover) == ("known", None)
                refused = await stranger.check_reference(given.reference, **terms)
                assert isinstance(refused.reply, Refused)

    asyncio.run(asked())


@pytest.mark.attack
def test_a_stolen_key_discloses_nobody_without_a_card(village: Town) -> None:
    async def theft() -> int:
        async with village.scene() as scene:
            return await THEFTS["stolen_client_key"].commit(scene)

    assert asyncio.run(theft()) == 0


@pytest.mark.attack
def test_software_asks_its_cap_exactly_and_its_neighbours_go_on(village: Town) -> None:
    async def storm() -> None:
        async with village.scene() as scene:
            shop = await new_shop(scene)
            key, neighbour = await scene.install(shop), await scene.install(shop)
            cards = [member.card for member in scene.members[: 6 * CARD_CAP]]
            mine, fresh = cards[::2], cards[1::2]
            answers = await asyncio.gather(*(ask(scene, key, card) for card in mine))
            assert {answer.status_code for answer in answers} == {200}
            assert sum(map(disclosed, answers)) == CARD_CAP
            # The organisation's own cap holds above both; a card it has seen today is free.
            more = await asyncio.gather(*(ask(scene, neighbour, card) for card in fresh))
            assert sum(map(disclosed, more)) == ORGANISATION_CAP - CARD_CAP

    asyncio.run(storm())


@pytest.mark.attack
def test_software_is_locked_alone(village: Town) -> None:
    async def locked() -> None:
        async with village.scene() as scene:
            shop = await new_shop(scene)
            key, neighbour = await scene.install(shop), await scene.install(shop)
            connection = await scene.operator.installation.database.connect(Role.OFFICER)
            await connection.execute(
                "UPDATE account SET locked = 'suspicion' WHERE account = $1", key.account
            )
            await connection.close()
            card = scene.members[1].card
            assert not disclosed(await ask(scene, key, card))
            assert disclosed(await ask(scene, neighbour, card))

    asyncio.run(locked())


@pytest.mark.attack
def test_a_key_counts_for_nothing_until_an_officer_accepts_it(village: Town) -> None:
    async def uninvited() -> None:
        async with village.scene() as scene:
            key = KeyFile.create(scene.keys() / "uninvited.key", scene.pipe)
            async with software(key) as client:
                asked = await client.register(await new_shop(scene), "Logiciel")
                assert (asked.state, (await client.state()).state) == ("pending", "pending")
                assert await refused_as(scene, key) == "device_expired"
                with pytest.raises(GateError) as again:
                    await client.register(scene.finess[0], "Logiciel")
                assert again.value.code == "enrolment"
                await officer.refuse(scene.operator.installation, asked.fingerprint)
                assert (await client.state()).state == "refused"
            assert await refused_as(scene, key) == "device_expired"

    asyncio.run(uninvited())


@pytest.mark.attack
def test_nobody_registers_a_key_that_they_do_not_hold(village: Town) -> None:
    async def forged() -> None:
        async with village.scene() as scene:
            theirs, mine = DeviceKey.generate(), DeviceKey.generate()
            for signer, named in ((mine, theirs), (mine, mine), (theirs, mine)):
                body = {"finess": scene.finess[0], "label": "x", "device": theirs.jwk()}
                name = keyid.KeyId(None, named.thumbprint).text()
                request = signed(scene.pipe, body, signer, name, path=b"/v1/enrolments/client")
                answer = await send(scene.http, request)
                assert answer.status_code == 401, (signer, named)

    asyncio.run(forged())


@pytest.mark.attack
def test_a_request_counts_once_and_only_for_the_key_that_it_names(village: Town) -> None:
    async def replayed() -> None:
        async with village.scene() as scene:
            key, other = [await scene.install(each) for each in await new_shops(scene, 2)]
            body = card_check(scene.members[2].card, scene.today.isoformat())
            request = signed(scene.pipe, body, key.key, key.keyid)
            assert disclosed(await send(scene.http, request))
            again = await send(scene.http, request)
            assert msgspec.json.decode(again.content)["error"] == "replayed"
            crossed = signed(scene.pipe, body, key.key, other.keyid)
            named = keyid.KeyId(other.account, key.key.thumbprint).text()
            for forged in (crossed, signed(scene.pipe, body, key.key, named)):
                answer = await send(scene.http, forged)
                assert answer.status_code == 401

    asyncio.run(replayed())


@pytest.mark.attack
def test_a_key_ends_when_another_follows_it_and_follows_once(village: Town) -> None:
    async def rotated() -> None:
        async with village.scene() as scene:
            key = await scene.install(await new_shop(scene))
            before, old_name = key.key, key.keyid
            async with software(key) as client:
                now = await client.rotate()
            assert now.before_ends_at is not None
            assert now.before_ends_at <= now.expires_at
            assert disclosed(await ask(scene, key, scene.members[3].card))
            # No overlap here: the old key is refused at once, for checks and for a way back.
            body = card_check(scene.members[3].card, scene.today.isoformat())
            assert not disclosed(await send(scene.http, signed(scene.pipe, body, before, old_name)))
            assert (
                await introduce(scene, key.account, before, old_name, DeviceKey.generate()) >= 400
            )
            assert await introduce(scene, key.account, key.key, key.keyid, before) == 409
            assert await introduce(scene, key.account, key.key, key.keyid, key.key) == 409

    asyncio.run(rotated())


@pytest.mark.attack
def test_a_next_key_must_prove_itself_and_a_clerks_device_has_none(village: Town) -> None:
    async def unproven() -> None:
        async with village.scene() as scene:
            key = await scene.install(await new_shop(scene))
            following, other = DeviceKey.generate(), DeviceKey.generate()
            answer = await introduce(
                scene, key.account, key.key, key.keyid, following, prover=other
            )
            assert answer == 401
            clerk = await scene.hire()
            account = keyid.parse(clerk.gate.keyid).account or b""
            answer = await introduce(scene, account, clerk.gate.device, clerk.gate.keyid, following)
            assert answer == 403

    asyncio.run(unproven())


@pytest.mark.attack
def test_two_rotations_at_once_leave_one_successor(village: Town) -> None:
    async def raced() -> None:
        async with village.scene() as scene:
            key = await scene.install(await new_shop(scene))
            nexts = [DeviceKey.generate() for _ in range(8)]
            answers = await asyncio.gather(
                *(introduce(scene, key.account, key.key, key.keyid, each) for each in nexts)
            )
            assert answers.count(200) == 1

    asyncio.run(raced())


@pytest.mark.attack
def test_a_revoked_client_has_no_key_left(village: Town) -> None:
    async def revoked() -> None:
        async with village.scene() as scene:
            key = await scene.install(await new_shop(scene))
            assert disclosed(await ask(scene, key, scene.members[6].card))
            done = await officer.revoke_client(scene.operator.installation, key.fingerprint)
            assert (done.keys, done.client.account) == (1, key.account)
            assert not disclosed(await ask(scene, key, scene.members[6].card))
            assert await introduce(
                scene, key.account, key.key, key.keyid, DeviceKey.generate()
            ) in {401, 409}
            with pytest.raises(clients.ClientError):
                await officer.revoke_client(scene.operator.installation, key.fingerprint)

    asyncio.run(revoked())


async def introduce(
    scene: Scene,
    account: bytes,
    present: DeviceKey,
    name: str,
    following: DeviceKey,
    *,
    prover: DeviceKey | None = None,
) -> int:
    """Ask for `following` to follow `present`; return the answer's status."""
    told = clients.statement(account, present.thumbprint, following.thumbprint)
    body = {
        "device": following.jwk(),
        "proof": base64url.encode((prover or following).sign(told)),
    }
    request = signed(scene.pipe, body, present, name, path=b"/v1/client/rotate")
    return (await send(scene.http, request)).status_code


def test_fifty_at_once_are_fifty_checks_under_the_same_caps(village: Town) -> None:
    async def day() -> None:
        async with village.scene() as scene:
            key = await scene.install(await new_shop(scene))
            cards = [each.card for each in scene.members if "pharmacy" in each.families]
            async with software(key) as client:
                told = await client.check_cards(
                    [*cards[:12], "no card"], care_date=scene.today, family=CareFamily.PHARMACY
                )
            replies = [each.reply for each in told]
            assert sum(isinstance(each, Covered) for each in replies) == CARD_CAP
            assert sum(isinstance(each, Refused) for each in replies) == 12 - CARD_CAP
            assert told[-1].fault is not None
            assert told[-1].fault.error == "invalid_subject"
            account = keyid.parse(key.keyid).account
            assert account is not None
            checks = [each for each in await events(scene, account) if isinstance(each, Check)]
            assert len(checks) == 12
            # A person's device has none of it: it checks one at a time.
            clerk = await scene.hire(await new_shop(scene))
            body = {"checks": [card_check(cards[20], scene.today.isoformat())]}
            theirs = clerk.gate.device, clerk.gate.keyid
            request = signed(scene.pipe, body, *theirs, path=b"/v1/checks/batch")
            assert (await send(scene.http, request)).status_code == 403

    asyncio.run(day())


def test_several_checks_caught_on_the_wire_are_answered_once(village: Town) -> None:
    async def day() -> None:
        async with village.scene() as scene:
            key = await scene.install(await new_shop(scene))
            cards = [each.card for each in scene.members if "pharmacy" in each.families]
            body = {"checks": [card_check(card, scene.today.isoformat()) for card in cards[:3]]}
            request = signed(scene.pipe, body, key.key, key.keyid, path=b"/v1/checks/batch")
            first = msgspec.json.decode((await send(scene.http, request)).content)["checks"]
            assert [each["reply"]["outcome"] for each in first] == ["covered"] * 3
            again = msgspec.json.decode((await send(scene.http, request)).content)["checks"]
            assert [each["fault"]["error"] for each in again] == ["replayed"] * 3

    asyncio.run(day())
