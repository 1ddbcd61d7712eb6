"""A price is about a bill and a package: whoever was told of the cover asks, and nobody is named."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
import pytest

from ecluse.client.gate import GateError
from ecluse.client.replies import Covered
from ecluse.cover.act import Act, ActKind, Bill
from ecluse.cover.family import CareFamily
from ecluse.siege import wire
from ecluse.store.roles import Role
from promises.shops import new_shop


if TYPE_CHECKING:
    from ecluse.siege.scene import Clerk, Scene
    from towns import Town

pytestmark = pytest.mark.attack

BOX = Act(ActKind.MEDICINE_MAJOR, Decimal("10.00"), Decimal("10.00"))


async def told(scene: Scene, clerk: Clerk) -> Covered:
    """Return the answer for a card whose first payer pays for usual medicines."""
    for member in scene.members:
        if "pharmacy" in member.families:
            reply = await clerk.gate.check_card(
                member.card, care_date=scene.today, family=CareFamily.PHARMACY
            )
            if isinstance(reply, Covered):
                return reply
    raise AssertionError("nobody in this town is covered at a pharmacy")


async def entries(town: Town) -> int:
    owner = await town.operator.installation.database.connect(Role.OWNER)
    try:
        return int(await owner.fetchval("SELECT size FROM ledger_head"))
    finally:
        await owner.close()


def test_a_bill_is_priced_under_the_cover_that_the_card_told_of(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            clerk = await scene.hire(await new_shop(scene))
            answer = await told(scene, clerk)
            before = await entries(town)
            priced = await clerk.gate.price(Bill(scene.today, (BOX,)), answer)
            assert (priced.amo, priced.amc) == (Decimal("5.50"), Decimal("3.50"))
            assert priced.due_now == 0
            assert "franchise" in " ".join(priced.acts[0].why_fr)
            # The answer was about one care family, and so is what can be priced with it.
            visit = Act(ActKind.GP_VISIT, Decimal("30.00"), Decimal("30.00"), optam=True)
            other = await clerk.gate.price(Bill(scene.today, (visit,)), answer)
            assert other.amc == 0
            assert await entries(town) == before

    asyncio.run(day())


def test_nothing_but_a_card_s_answer_gives_what_a_price_is_asked_with(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            clerk = await scene.hire(await new_shop(scene))
            answer = await told(scene, clerk)
            assert answer.cover is not None
            known = await clerk.gate.check_reference(
                answer.reference, care_date=scene.today, family=CareFamily.PHARMACY
            )
            assert isinstance(known, Covered)
            assert known.payers == []
            alone = await clerk.gate.price(Bill(scene.today, (BOX,)), known)
            assert (alone.amc, alone.due_now) == (Decimal(0), Decimal("3.50"))
            handle = answer.cover.package.handle
            for amc, made_up in (
                (answer.insurer.amc, "A" * 22),
                (answer.insurer.amc, handle[:-1] + ("A" if handle[-1] != "A" else "Q")),
                ("00000000", handle),
            ):
                forged = msgspec.structs.replace(
                    answer,
                    insurer=msgspec.structs.replace(answer.insurer, amc=amc),
                    cover=msgspec.structs.replace(
                        answer.cover,
                        package=msgspec.structs.replace(answer.cover.package, handle=made_up),
                    ),
                    also=[],
                )
                with pytest.raises(GateError) as refused:
                    await clerk.gate.price(Bill(scene.today, (BOX,)), forged)
                assert refused.value.code == "no_package"

    asyncio.run(day())


NAMES: list[dict[str, object]] = [
    {"subject": {"kind": "person"}},
    {"reference": "A" * 22},
    {"nir": "1"},
    {"acts": []},
]


def test_a_price_takes_nobody_s_name(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            clerk = await scene.hire(await new_shop(scene))
            act = {"kind": "gp_visit", "price": "30.00"}
            device, keyid = clerk.gate.device, clerk.gate.keyid
            for extra in NAMES:
                body = {"care_date": scene.today.isoformat(), "acts": [act], **extra}
                request = wire.signed(scene.pipe, body, device, keyid, path=b"/v1/prices")
                assert (await wire.send(scene.http, request)).status_code == 400

    asyncio.run(day())
