"""Planting invented members on this machine, and writing the list that decoys are made of."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ecluse.cards import code
from ecluse.errors import EcluseError
from ecluse.ids import nir
from ecluse.keyring.client import HoneyKeyring
from ecluse.ledger.append import append
from ecluse.ledger.entry import HoneyPlanted
from ecluse.local.officer import connected


if TYPE_CHECKING:
    from pathlib import Path

    from ecluse.local.installation import Installation


_COLUMNS = ("nir", "birth_date", "birth_rank", "card", "insurer")


async def plant(installation: Installation, amc: str, count: int) -> int:
    """Have `count` members of an insurer invented, with a ledger entry; return how many it has.

    Raises:
        EcluseError: The keyring knows no such insurer.
        KeyringUnreachableError: It does not answer.
    """
    async with (
        HoneyKeyring(installation.sockets) as keyring,
        connected(installation) as connection,
        connection.transaction(),
    ):
        has = await keyring.plant(amc, count)
        event = HoneyPlanted(at=datetime.now(UTC), amc=amc, count=has)
        await append(connection, [await keyring.seal_entry(event)], event.at)
    return has


async def write_list(installation: Installation, out: Path) -> int:
    """Write the invented members to a new file that its owner alone reads; return how many.

    Raises:
        EcluseError: The file is there already, or cannot be written.
    """
    async with HoneyKeyring(installation.sockets) as keyring:
        members = await keyring.members()
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise EcluseError(
            f"{out} cannot be written: {error.strerror}.", hint="Name a new file."
        ) from None
    with os.fdopen(descriptor, "w", encoding="ascii", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        for amc, person, card in members:
            text = person.decode("ascii")
            number, born, rank = text[:13], text[13:21], text[21:]
            rows.writerow((number + nir.key(number), born, rank, code.encode(card), amc))
    return len(members)
