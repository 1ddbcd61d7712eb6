"""P1, P3: an answer given again goes to the device that asked, and costs and tells nothing more."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from typing import TYPE_CHECKING

import pytest

from ecluse.cards import code
from ecluse.client.gate import GateClient
from ecluse.client.signing import signed_headers
from ecluse.login import base64url, profile
from ecluse.siege import wire
from ecluse.store.roles import Role
from promises.shops import new_shops


if TYPE_CHECKING:
    import httpx2

    from ecluse.client.replies import Me
    from ecluse.siege.scene import Clerk, Scene
    from towns import Town

pytestmark = pytest.mark.attack


def test_only_the_device_that_asked_is_told_again_and_nothing_is_spent(town: Town) -> None:
    async def fetches() -> None:
        async with town.scene() as scene:
            finess, elsewhere = await new_shops(scene, 2)
            asker, colleague, stranger = [
                await scene.hire(each) for each in (finess, finess, elsewhere)
            ]
            other_device = GateClient(scene.pipe, scene.http)
            await other_device.login(asker.passkey.touch)
            for card in (scene.members[0].card, code.encode(os.urandom(code.SECRET_SIZE))):
                number, told = await asked(scene, asker, card)
                before = await standing(town, asker)
                again = await fetch(scene, asker.gate, number)
                assert (again.status_code, again.content) == (200, told.content)
                assert seen(again)[1] == seen(told)[1]
                unknown = base64url.encode(os.urandom(16))
                nothing = [await fetch(scene, asker.gate, each) for each in (unknown, "A" * 21)]
                nothing += [
                    await fetch(scene, each, number)
                    for each in (other_device, colleague.gate, stranger.gate)
                ]
                assert nothing[0].status_code == 404
                assert len({seen(each) for each in nothing}) == 1
                assert await standing(town, asker) == before

    asyncio.run(fetches())


async def asked(scene: Scene, clerk: Clerk, card: str) -> tuple[str, httpx2.Response]:
    """Check a card; return the check's id, and what came back."""
    body = wire.card_check(card, scene.today.isoformat())
    request = wire.signed(scene.pipe, body, clerk.gate.device, clerk.gate.keyid)
    return str(body["check_id"]), await wire.send(scene.http, request)


async def fetch(scene: Scene, gate: GateClient, number: str) -> httpx2.Response:
    """Fetch an answer by its check's id, signed by the device of `gate`."""
    target = profile.target_uri(scene.pipe, f"/v1/checks/{number}".encode())
    headers = signed_headers(
        gate.device,
        gate.keyid,
        profile.Message("GET", target, b""),
        created=int(time.time()),
        nonce=secrets.token_bytes(profile.NONCE_SIZE),
    )
    return await scene.http.get(target, headers=headers)


def seen(answer: httpx2.Response) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """Return all that can be told apart of a reply, but for when it came."""
    headers = tuple((name, value) for name, value in answer.headers.items() if name != "date")
    return answer.status_code, headers, answer.content


async def standing(town: Town, clerk: Clerk) -> tuple[Me, int]:
    """Return what an account has left, and how many entries the ledger holds."""
    me = await clerk.gate.me()
    connection = await town.operator.installation.database.connect(Role.LEDGER)
    try:
        size: int = await connection.fetchval("SELECT size FROM ledger_head WHERE shard = 0")
    finally:
        await connection.close()
    return me, size
