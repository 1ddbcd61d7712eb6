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
