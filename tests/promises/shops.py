"""Organisations of a test's own, so that no other test draws on their budgets."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from stdnum import luhn

from ecluse.login.accounts import Organisation
from ecluse.siege.scene import open_shops


if TYPE_CHECKING:
    from ecluse.siege.scene import Scene


async def new_shops(scene: Scene, count: int) -> list[str]:
    """Open pharmacies that nobody has used yet; return their FINESS numbers."""
    numbers = [f"75{secrets.randbelow(10**6):06}" for _ in range(count)]
    finess = [number + luhn.calc_check_digit(number) for number in numbers]
    return await open_shops(
        scene.operator,
        [Organisation(each, "Pharmacie du Bief", "21", "11", professionals=2) for each in finess],
    )


async def new_shop(scene: Scene) -> str:
    """Open one pharmacy; return its FINESS number."""
    return (await new_shops(scene, 1))[0]
