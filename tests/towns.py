"""The towns that tests play in: small ones, always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.demo import town
from ecluse.demo.town import Town


if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

__all__ = ["MEMBERS", "Town", "open_town"]

MEMBERS = 3000


def open_town(
    members: int = MEMBERS,
    policy: Path | None = None,
    gates: int = 1,
    *,
    watched: bool = False,
    name: str | None = None,
) -> AbstractContextManager[Town]:
    """Start an operator of its own and load a nation; stop and remove everything afterwards."""
    return town.open_town(members, 7, policy, gates, watched=watched, name=name)
