"""P1, P9: a claim opens a record by its own reference alone, and no act stays with the operator."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
import pyrage
import pytest

from ecluse.client.exchange import claim_body
from ecluse.client.gate import GateError
from ecluse.client.replies import Covered, NotQuoted, Quoted
from ecluse.cover.act import Act, ActKind, Bill
from ecluse.cover.family import CareFamily
from ecluse.feeds import insurer_keys
from ecluse.feeds.reference import ReferenceSealer
from ecluse.ledger.entry import ClaimTaken, QuoteGiven
from ecluse.login import base64url
from ecluse.siege import dumps
from ecluse.store.roles import Role
from promises import openly
from promises.shops import new_shop


if TYPE_CHECKING:
    from datetime import date

    from ecluse.siege.scene import Clerk, Member, Scene
    from towns import Town

pytestmark = pytest.mark.attack

BOX = Act(ActKind.MEDICINE_MAJOR, Decimal("10.00"), Decimal("10.00"))


def patients(scene: Scene) -> list[Member]:
    return [each for each in scene.members if "pharmacy" in each.families]


async def checked(scene: Scene, clerk: Clerk, member: Member) -> Covered:
    reply = await clerk.gate.check_card(
        member.card, care_date=scene.today, family=CareFamily.PHARMACY
    )
    assert isinstance(reply, Covered)
    return reply


def bill(day: date, *acts: Act) -> Bill:
    return Bill(day, acts or (BOX,))


def test_a_quote_is_guaranteed_claimed_once_and_owed(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            clerk = await scene.hire(await new_shop(scene))
            answer = await checked(scene, clerk, patients(scene)[0])
            quoted = await clerk.gate.quote(answer.reference, bill(scene.today))
            assert isinstance(quoted, Quoted)
            assert (quoted.price.amc, quoted.price.due_now) == (Decimal("3.50"), Decimal(0))
            claim = claim_body(answer.reference, bill(scene.today), quote=quoted.quote)
            (taken,) = await clerk.gate.claim(claim)
            assert (taken.outcome, sum(taken.amcs, Decimal(0)), taken.due_now) == (
                "accepted",
                Decimal("3.50"),
                Decimal(0),
            )
            # The same once more, as after a lost answer; then the same care under another id.
            assert await clerk.gate.claim(claim) == [taken]
            (twice,) = await clerk.gate.claim(claim_body(answer.reference, bill(scene.today)))
            assert (twice.outcome, twice.reason) == ("refused", "claimed_before")
            # The card is there again, and the care is the same.
            again = await checked(scene, clerk, patients(scene)[0])
            (anew,) = await clerk.gate.claim(claim_body(again.reference, bill(scene.today)))
            assert (anew.outcome, anew.reason) == ("refused", "claimed_before")
            other = {
                **claim_body(answer.reference, bill(scene.today, BOX, BOX)),
                "claim": claim["claim"],
            }
            (stolen_id,) = await clerk.gate.claim(other)
            assert (stolen_id.outcome, stolen_id.reason) == ("refused", "other_claim")
            told = await clerk.gate.statement(
                scene.today, scene.today.replace(year=scene.today.year + 1)
            )
            assert sum(each.amount for each in told.owed) == Decimal("3.50")
            assert [each.claim for each in told.lines] == [taken.claim]
        events = [each.event for each in (await openly.read(town.operator.installation)).values()]
        (given,) = [each for each in events if isinstance(each, QuoteGiven)]
        assert base64url.encode(given.quote) == quoted.quote
        (entered,) = [each for each in events if isinstance(each, ClaimTaken)]
        assert entered.amounts[0][1] == 350

    asyncio.run(day())


def test_nobody_claims_with_a_reference_that_is_not_theirs(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            clerk = await scene.hire(await new_shop(scene))
            other = await scene.hire(await new_shop(scene))
            answer = await checked(scene, clerk, patients(scene)[1])
            made_up = base64url.encode(secrets.token_bytes(16))
            told = await other.gate.claim(
                claim_body(answer.reference, bill(scene.today)),
                claim_body(made_up, bill(scene.today)),
            )
            assert [(each.outcome, each.reason) for each in told] == [
                ("refused", "no_reference")
            ] * 2
            quoted = await other.gate.quote(answer.reference, bill(scene.today))
            assert quoted == NotQuoted("no_reference")
            # Its own, for what the check was not about.
            visit = Act(ActKind.GP_VISIT, Decimal(30), Decimal(30))
            (family,) = await clerk.gate.claim(
                claim_body(answer.reference, bill(scene.today, visit))
            )
            assert (family.outcome, family.reason) == ("refused", "other_family")
            (more,) = await clerk.gate.claim(
                claim_body(answer.reference, bill(scene.today), amc=Decimal(9))
            )
            assert (more.outcome, more.reason) == ("queued", "over")
            # An amount that would lower what others are owed, or that is none.
            for amount in (Decimal(-5), Decimal("NaN"), Decimal("3.501")):
                with pytest.raises(GateError) as refused:
                    await clerk.gate.claim(
                        claim_body(answer.reference, bill(scene.today), amc=amount)
                    )
                assert refused.value.code == "malformed"

    asyncio.run(day())


def test_the_acts_are_the_insurers_alone_to_read(town: Town) -> None:
    async def day() -> None:
        installation = town.operator.installation
        async with town.scene() as scene:
            clerk = await scene.hire(await new_shop(scene))
            member = patients(scene)[2]
            answer = await checked(scene, clerk, member)
            (taken,) = await clerk.gate.claim(claim_body(answer.reference, bill(scene.today)))
            assert taken.outcome == "accepted"
        owner = await installation.database.connect(Role.OWNER)
        row = await owner.fetchrow(
            "SELECT amc, sealed, commitment FROM claim_part JOIN claim USING (organisation, claim)"
            " JOIN insurer USING (insurer) WHERE claim.claim = $1 AND place = 0",
            base64url.decode(taken.claim),
        )
        await owner.close()
        assert row is not None
        keys = insurer_keys.read(town.insurers_side / "keys" / row["amc"])
        opened = _opened(row["sealed"], keys.age_identity)
        assert [act["kind"] for act in opened["care"]["acts"]] == ["medicine_major"]
        sealer = ReferenceSealer(keys.reference, keys.public.amc)
        assert sealer.open(base64.b64decode(opened["member_ref"]))
        others = [
            each for each in (town.insurers_side / "keys").iterdir() if each.name != row["amc"]
        ]
        for each in others:
            with pytest.raises(pyrage.DecryptError):
                _opened(row["sealed"], insurer_keys.read(each).age_identity)
        # Contracts name acts, about nobody. Nothing else in a dump does, in text or in bytes.
        server = installation.database.server
        assert server is not None
        tables = dumps.take(server, installation.database.name).tables
        rest = [
            value for name in tables.keys() - {"cover_package"} for value in _values(tables[name])
        ]
        assert len(tables["claim"]) >= 1
        for act in opened["care"]["acts"]:
            assert not any(act["kind"].encode() in value for value in rest)
        # Whoever guesses the acts lacks the salt: it stands with the insurer alone.
        salt, care = base64.b64decode(opened["salt"]), msgspec.json.encode(opened["care"])
        assert sha256(salt + care).digest() == row["commitment"]
        assert sha256(care).digest() not in rest
        assert not any(salt in value for value in rest)

    asyncio.run(day())


def _opened(sealed: bytes, identity: str) -> dict[str, Any]:
    key = pyrage.x25519.Identity.from_str(identity)
    found: dict[str, Any] = json.loads(pyrage.decrypt(sealed, [key]))
    return found


def _values(rows: list[dict[str, str]]) -> list[bytes]:
    """Return every value of a table, binary ones as bytes."""
    texts = [text for row in rows for text in row.values()]
    return [bytes.fromhex(text[3:]) if text.startswith(r"\\x") else text.encode() for text in texts]
