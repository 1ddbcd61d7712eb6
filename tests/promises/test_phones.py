"""A member's phone in place of their card: what a thief of anything around it gets."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import time
from typing import TYPE_CHECKING

import msgspec
import pytest
from typer.testing import CliRunner

from ecluse.cards import code, presentation
from ecluse.cards.grant import LIFETIME, End, Grant, card_hash, signed
from ecluse.cli.phone import app
from ecluse.client.device import DeviceKey
from ecluse.client.exchange import check_body
from ecluse.client.gate import GateError
from ecluse.client.phone import Phone
from ecluse.client.replies import Covered, Refused
from ecluse.cover.family import CareFamily
from ecluse.feeds import insurer_keys
from ecluse.keyring.client import GateKeyring
from ecluse.keyring.messages import Asked
from ecluse.ledger.entry import Check, PhoneEnded, PhoneEnrolled
from ecluse.login import base64url
from ecluse.login.keyid import KeyId
from ecluse.siege import wire
from ecluse.store.roles import Role
from promises import openly
from promises.shops import new_shop, new_shops


if TYPE_CHECKING:
    from collections.abc import Callable

    from ecluse.client.replies import CheckReply
    from ecluse.siege.scene import Clerk, Member, Scene
    from towns import Town

pytestmark = pytest.mark.attack

#: The last members of the town: nobody else's test asks about them.
MEMBER, OTHER, THIRD = -40, -41, -42


async def show(scene: Scene, clerk: Clerk, shown: str) -> CheckReply:
    return await clerk.gate.check_phone(shown, care_date=scene.today, family=family(scene))


def family(scene: Scene) -> CareFamily:
    return CareFamily(scene.members[MEMBER].families[0])


async def end(scene: Scene, member: Member, phone: Phone, made: float | None = None) -> bool:
    """Have a member's insurer end a phone, at the public door; an earlier word when `made` is given."""
    folder = scene.insurers_side / "keys" / member.amc
    if made is None:
        name = base64url.encode(phone.name)
        asked = ["end", "--keys", str(folder), "--phone", name, "--gate", scene.pipe, "--json"]
        result = await asyncio.to_thread(CliRunner().invoke, app, asked)
        return result.exit_code == 0 and bool(json.loads(result.stdout)["ended"])
    keys = insurer_keys.read(folder)
    word = signed(End(member.amc, phone.name, int(made)), keys.sign)
    body = {"end": base64url.encode(word)}
    answer = await scene.http.post(f"{scene.pipe}/v1/phones/end", json=body)
    return bool(answer.json().get("ended"))


async def refused_code(scene: Scene, phone: Phone, card: str, word: bytes) -> str:
    with pytest.raises(GateError) as refused:
        await phone.enrol(scene.pipe, scene.http, card=card, grant=word)
    return refused.value.code


def test_a_phone_is_answered_like_its_card_everywhere_and_leaves_its_paper_alone(
    town: Town,
) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            member = scene.members[MEMBER]
            phone = await scene.equip(member)
            cap = scene.policy.card.organisations_per_card_day
            clerks = [await scene.hire(shop) for shop in await new_shops(scene, cap + 1)]
            shown: list[int] = []
            told: CheckReply | None = None
            began = time.time()
            for seconds, clerk in enumerate(clerks):
                told = await show(scene, clerk, phone.present(clerk.finess, began - seconds))
                assert isinstance(told, Covered)
                assert (told.lane, bool(told.cover)) == ("card", True)
                shown.append(told.receipt.position)
            paper = await clerks[-1].gate.check_card(
                member.card, care_date=scene.today, family=family(scene)
            )
            assert isinstance(paper, Covered)
            assert isinstance(told, Covered)
            assert paper.insurer == told.insurer
            known = await clerks[-1].gate.check_reference(
                told.reference, care_date=scene.today, family=family(scene)
            )
            assert isinstance(known, Covered)
            entries = await openly.read(town.operator.installation)
            events = [entries[position].event for position in shown]
            assert {each.kind for each in events if isinstance(each, Check)} == {"phone"}

    asyncio.run(day())


def test_a_photographed_screen_is_worth_nothing_once_it_was_shown(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            phone = await scene.equip(scene.members[MEMBER])
            clerk, colleague = [await scene.hire(await new_shop(scene)) for _ in range(2)]
            shown = phone.present()
            assert isinstance(await show(scene, clerk, shown), Covered)
            for thief in (clerk, colleague):
                assert isinstance(await show(scene, thief, shown), Refused)
                assert isinstance(await show(scene, thief, malleated(shown)), Refused)

    asyncio.run(day())


def test_a_screen_shown_to_many_at_once_is_answered_once(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            phone = await scene.equip(scene.members[MEMBER])
            clerks = [await scene.hire(shop) for shop in await new_shops(scene, 4)]
            shown = phone.present()
            told = await asyncio.gather(*(show(scene, each, shown) for each in clerks * 5))
            assert sum(isinstance(each, Covered) for each in told) == 1

    asyncio.run(day())


def test_the_same_check_asked_again_has_the_same_answer(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            phone = await scene.equip(scene.members[MEMBER])
            clerk = await scene.hire(await new_shop(scene))
            subject: dict[str, object] = {"kind": "phone", "code": phone.present()}
            body = check_body(subject, scene.today, family(scene))
            first, second = [
                await wire.send(
                    scene.http, wire.signed(scene.pipe, body, clerk.gate.device, clerk.gate.keyid)
                )
                for _ in range(2)
            ]
            assert first.json()["outcome"] == "covered"
            assert first.content == second.content

    asyncio.run(day())


def aged(seconds: float) -> Callable[[Phone, Clerk], str]:
    return lambda phone, _: phone.present(made=time.time() - seconds)


@pytest.mark.parametrize(
    "late", [aged(presentation.LIFETIME + 1), aged(3600), aged(-presentation.SKEW - 5)]
)
def test_a_screen_is_worth_nothing_at_any_other_minute(
    town: Town, late: Callable[[Phone, Clerk], str]
) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            phone = await scene.equip(scene.members[MEMBER])
            clerk = await scene.hire(await new_shop(scene))
            with pytest.raises(GateError) as refused:
                await show(scene, clerk, late(phone, clerk))
            assert refused.value.code == "late_presentation"

    asyncio.run(day())


def malleated(shown: str) -> str:
    """The other signature that verifies as well: n - s in place of s."""
    raw = presentation.decode(shown)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    s = order - int.from_bytes(raw[-32:], "big")
    return presentation.encode(raw[:-32] + s.to_bytes(32, "big"))


def forged(change: Callable[[bytes], bytes]) -> Callable[[Phone, str], str]:
    return lambda phone, _: presentation.encode(change(presentation.decode(phone.present())))


def later(raw: bytes) -> bytes:
    made = int.from_bytes(raw[33:37], "big") + 1
    return raw[:33] + made.to_bytes(4, "big") + raw[37:]


FORGERIES = {
    "another moment": forged(later),
    "bound, and it was not": forged(lambda raw: raw[:37] + b"\x01" + raw[38:]),
    "another key signed": lambda phone, _: presentation.present(
        phone.name,
        DeviceKey.generate().sign,
        int(time.time()),
    ),
    "signed for another organisation": lambda phone, finess: phone.present(
        "750000001" if finess != "750000001" else "750000019"
    ),
    "no signature": forged(lambda raw: raw[:38] + bytes(64)),
    "no key": forged(lambda raw: bytes(33) + raw[33:]),
    "a phone that nobody granted": lambda *_: Phone().present(),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_screen_is_refused_and_spoils_none_that_the_phone_signs(
    town: Town, forgery: Callable[[Phone, str], str]
) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            phone = await scene.equip(scene.members[MEMBER])
            clerk = await scene.hire(await new_shop(scene))
            shown = phone.present()
            assert isinstance(await show(scene, clerk, forgery(phone, clerk.finess)), Refused)
            assert isinstance(await show(scene, clerk, shown), Covered)

    asyncio.run(day())


def test_no_phone_is_bound_without_the_word_of_its_cards_own_insurer(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            member = scene.members[MEMBER]
            other = next(each for each in scene.members if each.amc != member.amc)
            stranger = insurer_keys.create(
                scene.keys() / "insurer", amc="99999999", name="Mutuelle de nulle part"
            )
            theirs = insurer_keys.read(scene.insurers_side / "keys" / other.amc)
            phone, now = Phone(), int(time.time())
            right = Grant(member.amc, phone.name, now, card_hash(code.decode(member.card)))
            honest = scene.granted(member, phone.name)
            words = {
                "nothing": b"",
                "noise": os.urandom(200),
                "another phone": scene.granted(member, Phone().name),
                "another card": scene.granted(scene.members[OTHER], phone.name),
                "another insurer's key": signed(right, theirs.sign),
                "another insurer": signed(replaced(right, amc=other.amc), theirs.sign),
                "nobody's insurer": signed(replaced(right, amc="99999999"), stranger.sign),
                "too old": signed_by(scene, member, replaced(right, made=now - LIFETIME - 1)),
                "to come": signed_by(scene, member, replaced(right, made=now + 3600)),
                "an end": signed_by(scene, member, End(member.amc, phone.name, now)),
                "altered": honest[:-3] + bytes([honest[-3] ^ 1]) + honest[-2:],
                "no label": unlabelled(scene, member, right),
            }
            for what, word in words.items():
                assert await refused_code(scene, phone, member.card, word) == "grant", what
            # The grant is right, and the card is not the one that it names.
            for card in (scene.members[OTHER].card, code.encode(secrets.token_bytes(16))):
                assert await refused_code(scene, phone, card, honest) == "grant"
            clerk = await scene.hire(await new_shop(scene))
            assert isinstance(await show(scene, clerk, phone.present()), Refused)
            await phone.enrol(scene.pipe, scene.http, card=member.card, grant=honest)

    asyncio.run(day())


def replaced(word: Grant, **changes: object) -> Grant:
    facts = {"amc": word.amc, "phone": word.phone, "made": word.made, "card": word.card}
    return Grant(**{**facts, **changes})  # type: ignore[arg-type]


def signed_by(scene: Scene, member: Member, word: Grant | End) -> bytes:
    return signed(word, insurer_keys.read(scene.insurers_side / "keys" / member.amc).sign)


def unlabelled(scene: Scene, member: Member, word: Grant) -> bytes:
    """Signed as a feed's manifest is: its bytes and nothing in front of them."""
    keys = insurer_keys.read(scene.insurers_side / "keys" / member.amc)
    return signed(word, lambda told: keys.sign(told.partition(b"\n")[2]))


def test_whoever_reads_a_grant_on_its_way_cannot_use_it(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            member, key = scene.members[OTHER], DeviceKey.generate()
            phone, thief = Phone(key), DeviceKey.generate()
            word = scene.granted(member, phone.name)
            assert await refused_code(scene, Phone(thief), member.card, word) == "grant"
            # The phone is named rightly, and another key signs the request.
            body = {
                "device": msgspec.to_builtins(key.jwk()),
                "card": member.card,
                "grant": base64url.encode(word),
            }
            for named in (key.thumbprint, thief.thumbprint):
                asked = wire.signed(
                    scene.pipe, body, thief, KeyId(None, named).text(), path=b"/v1/phones"
                )
                assert (await wire.send(scene.http, asked)).status_code == 401
            await phone.enrol(scene.pipe, scene.http, card=member.card, grant=word)

    asyncio.run(day())


def test_a_grant_counts_once_and_a_later_one_takes_the_cards_phone_away(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            member = scene.members[OTHER]
            clerk = await scene.hire(await new_shop(scene))
            lost, word = Phone(), b""
            word = scene.granted(member, lost.name)
            for _ in range(2):  # an answer may be lost: the same again changes nothing
                await lost.enrol(scene.pipe, scene.http, card=member.card, grant=word)
            assert isinstance(await show(scene, clerk, lost.present()), Covered)
            found = await scene.equip(member)
            assert isinstance(await show(scene, clerk, found.present()), Covered)
            assert isinstance(await show(scene, clerk, lost.present()), Refused)
            assert await refused_code(scene, lost, member.card, word) == "grant"

    asyncio.run(day())


def test_an_insurer_ends_its_own_phones_and_nobody_elses(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            member = scene.members[THIRD]
            other = next(each for each in scene.members if each.amc != member.amc)
            clerk = await scene.hire(await new_shop(scene))
            phone = await scene.equip(member)
            assert not await end(scene, other, phone)
            assert not await end(scene, member, phone, made=time.time() - LIFETIME - 5)
            assert isinstance(await show(scene, clerk, phone.present()), Covered)
            assert await end(scene, member, phone)
            assert not await end(scene, member, phone)
            assert isinstance(await show(scene, clerk, phone.present()), Refused)
            events = [
                each.event for each in (await openly.read(town.operator.installation)).values()
            ]
            ended = [each for each in events if isinstance(each, PhoneEnded)]
            bound = {each.idx for each in events if isinstance(each, PhoneEnrolled)}
            assert ended
            assert all(each.idx in bound for each in ended)

    asyncio.run(day())


def test_a_captured_pipe_has_one_person_once(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            phone = await scene.equip(scene.members[MEMBER])
            victim = await scene.hire(await new_shop(scene))
            thief = await scene.hire(await new_shop(scene))
            bound, free = phone.present(victim.finess), phone.present(made=time.time() - 1)
            # It holds the victim's request back and has an accomplice ask first.
            assert isinstance(await show(scene, thief, bound), Refused)
            assert isinstance(await show(scene, victim, bound), Covered)
            told = [await show(scene, each, free) for each in (thief, victim)]
            assert [type(each) for each in told] == [Covered, Refused]

    asyncio.run(day())


def test_a_captured_gate_cannot_present_a_phone(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            phone = await scene.equip(scene.members[MEMBER])
            shown = presentation.decode(phone.present())
            owner = await town.operator.installation.database.connect(Role.OWNER)
            organisation = await owner.fetchval("SELECT organisation FROM organisation LIMIT 1")
            await owner.close()
            made_up = [
                shown,
                later(shown),
                shown[:38] + bytes(64),
                presentation.decode(phone.present(made=time.time() - presentation.LIFETIME - 1)),
            ]
            async with GateKeyring(town.operator.installation.sockets) as keyring:
                told = await keyring.locate(
                    [
                        Asked(secrets.token_bytes(16), "card", organisation, bytes(16), each)
                        for each in made_up
                    ]
                )
            assert [each.insurer is not None for each in told] == [True, False, False, False]

    asyncio.run(day())


def test_phones_leave_nothing_in_the_database_that_names_them_or_their_cards(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            member = scene.members[MEMBER]
            phone = await scene.equip(member)
            clerk = await scene.hire(await new_shop(scene))
            shown = phone.present()
            assert isinstance(await show(scene, clerk, shown), Covered)
            secrets_held = [phone.name, phone.name[1:], code.decode(member.card)]
            secrets_held.append(card_hash(code.decode(member.card)))
            owner = await town.operator.installation.database.connect(Role.OWNER)
            rows = [
                bytes(value)
                for table in ("phone_pointer", "presentation", "nonce")
                for row in await owner.fetch(f"SELECT * FROM {table}")  # noqa: S608 - constants
                for value in row.values()
                if isinstance(value, bytes)
            ]
            await owner.close()
            assert rows
            assert not [each for each in rows for secret in secrets_held if secret in each]

    asyncio.run(day())
