"""The ledger as whoever holds the keyring reads it: verified from storage, and every entry opened."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from ecluse.ids import nir
from ecluse.ids.subject import person_identifier
from ecluse.keyring import prf
from ecluse.keyring.client import LedgerKeyring
from ecluse.ledger import note, verify
from ecluse.ledger.entry import decode
from ecluse.ledger.seal import open_sealed
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.keyring.vault import Vault
    from ecluse.ledger.entry import AnyEvent
    from ecluse.local.installation import Installation
    from ecluse.siege.scene import Member


_ENTRIES = """
SELECT position, entry, month, sealed FROM ledger_entry WHERE shard = 0 ORDER BY position
"""
_SIGNED_SECONDS = 20


class Entry(NamedTuple):
    """One entry, opened."""

    number: bytes
    event: AnyEvent


async def read(installation: Installation) -> dict[int, Entry]:
    """Return every entry by its position."""
    vault = installation.open_vault()
    connection = await installation.database.connect(Role.OWNER)
    try:
        rows = await connection.fetch(_ENTRIES)
    finally:
        await connection.close()
    months = {name: vault.month(name) for name in {row["month"] for row in rows}}
    return {
        row["position"]: Entry(
            row["entry"], decode(open_sealed(row["sealed"], months[row["month"]], row["entry"]))
        )
        for row in rows
    }


async def verified(installation: Installation) -> verify.Report:
    """Verify the ledger from storage, once a checkpoint is over all that stands in it now."""
    connection = await installation.database.connect(Role.LEDGER)
    try:
        async with LedgerKeyring(installation.sockets) as keyring:
            key = note.log_key(await keyring.public_key())
            salts = await keyring.salts()
        size = await connection.fetchval("SELECT size FROM ledger_head WHERE shard = 0")
        async with asyncio.timeout(_SIGNED_SECONDS):
            while True:
                report = await verify.verify(connection, key, salts=salts)
                if report.signed >= size or not report.verified:
                    return report
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


def index(vault: Vault, member: Member) -> bytes:
    """Return the index that a member stands under."""
    person = member.person
    identifier = person_identifier(nir.parse(person.nir), person.birth_date, person.birth_rank)
    return prf.person_index(vault.keys.current.index, identifier)
