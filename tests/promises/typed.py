"""Checks without a card, as a thief with a willing clerk sends them: to any gate, in any order."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, NamedTuple

import httpx2
import msgspec

from ecluse.ids import nir
from ecluse.login import base64url, keyid
from ecluse.login.challenge import TypedSubject, gesture_challenge
from ecluse.siege.wire import send, signed


if TYPE_CHECKING:
    from ecluse.client.gate import Person
    from ecluse.siege.scene import Clerk, Member, Scene


class Attempt(NamedTuple):
    """One check, confirmed by the clerk's own passkey."""

    clerk: Clerk
    person: Person
    body: dict[str, object]


async def attempt(scene: Scene, clerk: Clerk, member: Member, *, wrong: bool = False) -> Attempt:
    """Prepare a check with a check id and a gesture of its own.

    Args:
        scene: Where.
        clerk: Who asks.
        member: About whom, in a care family that covers them.
        wrong: Get the birth rank wrong: then it is about nobody.
    """
    person = msgspec.structs.replace(member.person, birth_rank=9) if wrong else member.person
    subject = TypedSubject(
        check_id=base64url.encode(secrets.token_bytes(16)),
        nir13=nir.parse(person.nir),
        birth_date=person.birth_date,
        birth_rank=person.birth_rank,
        amc=person.amc,
        care_date=scene.today.isoformat(),
        family=member.families[0],
        created=int(time.time()),
        keyid=clerk.gate.keyid,
    )
    assertion = await clerk.passkey.touch(gesture_challenge(subject))
    body: dict[str, object] = {
        "check_id": subject.check_id,
        "subject": {"kind": "person", **msgspec.structs.asdict(person)},
        "care_date": subject.care_date,
        "family": subject.family,
        "gesture": {"created": subject.created, "assertion": assertion},
    }
    return Attempt(clerk, person, body)


async def ask(
    scene: Scene, tried: Attempt, door: str, *, patience: float = 30
) -> httpx2.Response | None:
    """Send a check, signed anew for the public origin, to `door`; None when the answer is lost."""
    device, name = tried.clerk.gate.device, tried.clerk.gate.keyid
    request = signed(scene.pipe, tried.body, device, name)
    there = request._replace(url=request.url.replace(scene.pipe, door))
    try:
        async with asyncio.timeout(patience):
            return await send(scene.http, there)
    except (TimeoutError, httpx2.TransportError):
        return None


def account(clerk: Clerk) -> bytes:
    """Return the number of a clerk's account."""
    number = keyid.parse(clerk.gate.keyid).account
    assert number is not None
    return number
