"""Organisations of a test's own, so that no other test draws on their budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.siege.scene import new_pharmacies


if TYPE_CHECKING:
    from ecluse.siege.scene import Scene


async def new_shops(scene: Scene, count: int) -> list[str]:
    """Open pharmacies that nobody has used yet; return their FINESS numbers."""
    return await new_pharmacies(scene.operator, count)


async def new_shop(scene: Scene) -> str:
    """Open one pharmacy; return its FINESS number."""
    return (await new_shops(scene, 1))[0]
