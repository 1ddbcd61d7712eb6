"""The gate's process itself is taken."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from ecluse.keyring.client import GateKeyring
from ecluse.keyring.messages import Asked, Committed
from ecluse.siege.live.theft import Theft


if TYPE_CHECKING:
    from ecluse.siege.scene import Scene


async def _unlogged(scene: Scene) -> int:
    """Ask the keyring for records without an entry."""
    async with GateKeyring(scene.operator.installation.sockets) as keyring:
        entries = [secrets.token_bytes(16) for _ in scene.members[:50]]
        await keyring.locate(
            [
                Asked(entry, "typed", bytes(16), bytes(16), member.identifier)
                for entry, member in zip(entries, scene.members, strict=False)
            ]
        )
        opened = await keyring.unseal(
            [Committed(entry, position) for position, entry in enumerate(entries)]
        )
    return sum(bool(each.record_keys) for each in opened)


THEFT = Theft(
    "captured_gate",
    "P2",
    "the gate's process, and a leaked list",
    "asks the keyring for records without an entry in the ledger",
    _unlogged,
)
