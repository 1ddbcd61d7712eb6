"""Filling a ledger, and signing for it, with keys that are known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.ledger.append import append
from ecluse.ledger.entry import Lock
from ecluse.ledger.keeper import Keeper
from ecluse.ledger.note import log_key
from ecluse.ledger.seal import MonthKeys, SealedEntry, seal


if TYPE_CHECKING:
    import asyncpg


AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONTH = MonthKeys("2026-11", b"k" * 32, b"s" * 32)
SALTS = {MONTH.month: MONTH.salt_key}


class SeedSigner:
    """Holds a checkpoint key, as the keyring does; may be told to refuse."""

    def __init__(self, seed: bytes = b"\x07" * 32) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.refusal: Exception | None = None

    async def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    async def sign(self, body: bytes, size: int) -> bytes:
        if self.refusal is not None:
            raise self.refusal
        return self._key.sign(body)


LOG_KEY = log_key(
    Ed25519PrivateKey.from_private_bytes(b"\x07" * 32).public_key().public_bytes_raw()
)


def sealed(number: int) -> SealedEntry:
    """Seal an event that tells its number apart."""
    event = Lock(at=AT, account=number.to_bytes(16), reason="")
    return seal(event, MONTH, number.to_bytes(16))


async def fill(connection: asyncpg.Connection[Any], begin: int, end: int) -> None:
    """Append the entries numbered from `begin` to before `end`."""
    for start in range(begin, end, 10_000):
        numbers = range(start, min(end, start + 10_000))
        async with connection.transaction():
            await append(connection, [sealed(number) for number in numbers], AT)


async def cover(connection: asyncpg.Connection[Any]) -> Keeper:
    """Have everything committed signed for."""
    keeper = await Keeper.start(connection, SeedSigner())
    while await keeper.step():
        pass
    return keeper
