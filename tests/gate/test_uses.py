"""A presentation is for one check, at whichever gate it comes first."""

from __future__ import annotations

import asyncio
import os
from datetime import date
from typing import TYPE_CHECKING, cast

from ecluse.cards import presentation
from ecluse.client.phone import Phone
from ecluse.cover.family import CareFamily
from ecluse.gate import uses
from ecluse.gate.batch import Item
from ecluse.gate.pending import Pending
from ecluse.gate.request import Asked, Kind
from ecluse.gate.state import Lane
from ecluse.gate.subject import Found
from ecluse.keyring.messages import Located
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.gate.again import Reply
    from ecluse.store.database import Database


NOW = 1_800_000_000.0


def item(shown: str, account: bytes, check: bytes, *, found: bool = True) -> Item:
    asked = Asked(
        check,
        Lane.CARD,
        Kind.PHONE,
        presentation.decode(shown),
        None,
        date(2026, 11, 23),
        CareFamily.OPTICS,
    )
    # Nothing here waits for its reply.
    pending = Pending(os.urandom(16), account, bytes(16), bytes(32), asked, (), cast("Reply", None))
    located = Located(((1, bytes(16)),), 1 if found else None, b"", b"", admitted=True)
    return Item(pending, located, Found(bytes(16), (), 1 if found else None))


def spent(database: Database, *batches: list[Item], committed: bool = True) -> list[list[bool]]:
    """Decide batches one after the other, each at a gate of its own."""

    async def gates() -> list[list[bool]]:
        told = []
        for batch in batches:
            connection = await database.connect(Role.GATE)
            transaction = connection.transaction()
            await transaction.start()
            told.append(await uses.spent(connection, batch, NOW))
            await (transaction.commit() if committed else transaction.rollback())
            await connection.close()
        return told

    return asyncio.run(gates())


def test_the_first_check_has_it_and_the_same_check_at_another_gate_too(
    database: Database,
) -> None:
    shown = Phone().present()
    first, second = item(shown, b"one" * 5 + b"1", b"check"), item(shown, bytes(16), b"check")
    assert spent(database, [first], [second], [first]) == [[False], [True], [False]]


def test_in_one_batch_the_first_one_has_it(database: Database) -> None:
    shown, other = Phone().present(), Phone().present()
    batch = [item(shown, bytes(16), b"%d" % n) for n in range(3)] + [item(other, bytes(16), b"x")]
    assert spent(database, batch) == [[False, True, True, False]]


def test_what_was_rolled_back_was_not_used(database: Database) -> None:
    shown = Phone().present()
    spent(database, [item(shown, bytes(16), b"lost")], committed=False)
    assert spent(database, [item(shown, bytes(16), b"again")]) == [[False]]


def test_what_leads_nowhere_uses_nothing_up(database: Database) -> None:
    shown = Phone().present()
    forged = item(shown, bytes(16), b"forged", found=False)
    assert spent(database, [forged], [item(shown, bytes(16), b"real")]) == [[False], [False]]
