"""A thief who tries made-up people at a watched operator, until the watch closes the account."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ecluse.login import base64url
from ecluse.siege.known import covered
from ecluse.store.roles import Role
from ecluse.watch import rows
from promises import typed


if TYPE_CHECKING:
    from ecluse.local.installation import Installation
    from ecluse.siege.scene import Clerk, Scene
    from ecluse.watch.rows import ShownAlarm
    from towns import Town


class Caught(NamedTuple):
    """A thief who swept, and how it went."""

    clerk: Clerk
    alarm: ShownAlarm
    #: From the first check to the account's lock.
    seconds: float
    checks: int


async def alarms(installation: Installation) -> list[ShownAlarm]:
    connection = await installation.database.connect(Role.WATCH)
    try:
        return await rows.alarms(connection, datetime.now(UTC) - timedelta(hours=1))
    finally:
        await connection.close()


async def sweep(town: Town, scene: Scene, *, patience: float = 60) -> Caught:
    """Try made-up people until the watch has closed the account."""
    thief, began = await scene.hire(), time.monotonic()
    number = base64url.encode(typed.account(thief))
    for checks, member in enumerate(covered(scene)[:10], start=1):
        await typed.ask(scene, await typed.attempt(scene, thief, member, wrong=True), scene.pipe)
        if checks < 9:
            continue
        until = time.monotonic() + (2 if checks < 10 else patience)
        while time.monotonic() < until:
            raised = await alarms(town.operator.installation)
            mine = [a for a in raised if (a.account, a.kind) == (number, "sweep")]
            if mine:
                return Caught(thief, mine[0], time.monotonic() - began, checks)
            await asyncio.sleep(0.1)
    raise AssertionError("nobody saw a sweep of ten")
