"""What an account is told of itself, when another gate has changed it meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ecluse.client.gate import GateError
from ecluse.login.keyid import parse
from ecluse.store.roles import Role
from promises.shops import new_shop


if TYPE_CHECKING:
    from towns import Town


def test_a_device_that_another_gate_signed_out_is_told_to_sign_in_again(town: Town) -> None:
    async def day() -> None:
        async with town.scene() as scene:
            clerk = await scene.hire(await new_shop(scene))
            await clerk.gate.me()  # from here on this gate remembers the device for a moment
            owner = await town.operator.installation.database.connect(Role.OWNER)
            ended = "UPDATE device SET revoked_at = clock_timestamp() WHERE thumbprint = $1"
            await owner.execute(ended, parse(clerk.gate.keyid)[1])
            await owner.close()
            with pytest.raises(GateError) as told:
                await clerk.gate.me()
            assert told.value.code == "device_expired"

    asyncio.run(day())


def test_what_the_watch_took_away_stands_on_the_account(town: Town) -> None:
    async def day() -> None:
        policy = town.policy
        async with town.scene() as scene:
            clerk = await scene.hire(await new_shop(scene))
            free = await clerk.gate.me()
            assert (free.typed_frozen_until, free.reduced_until) == (None, None)
            assert free.typed.day.cap == policy.typed.account_day
            account = parse(clerk.gate.keyid)[0]
            owner = await town.operator.installation.database.connect(Role.OWNER)
            for column in ("shrunk_until", "frozen_typed_until"):
                taken = f"UPDATE account SET {column} = now() + interval '1 hour'"  # noqa: S608
                await owner.execute(f"{taken} WHERE account = $1", account)
                held = await clerk.gate.me()
                assert held.reduced_until
                assert held.known.day.cap == policy.probation.of(policy.known.account_day)
                frozen = column == "frozen_typed_until"
                assert bool(held.typed_frozen_until) is frozen
                left = 0 if frozen else policy.probation.of(policy.typed.account_day)
                assert held.typed.day.cap == left
            await owner.close()

    asyncio.run(day())
