"""The gate's process itself is taken: with its database role, its keys and the keyring's socket."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ecluse.gate import rows
from ecluse.gate.journal import Journal
from ecluse.keyring.client import GateKeyring
from ecluse.keyring.messages import Asked, Committed
from ecluse.keyring.service import DEFAULT_LIMITS
from ecluse.ledger.append import append
from ecluse.ledger.entry import Check
from ecluse.login import keyid
from ecluse.siege.live.theft import Theft
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecluse.keyring.messages import Located
    from ecluse.siege.scene import Clerk, Scene
    from ecluse.store.connection import Connection


#: Of a list that could be as long as it likes.
_ASKED = 50


async def _unlogged(scene: Scene) -> int:
    """Ask the keyring for records without an entry."""
    async with GateKeyring(scene.operator.installation.sockets) as keyring:
        asked = _asked(scene, bytes(16), bytes(16))
        await keyring.locate(asked)
        opened = await keyring.unseal(
            [Committed(each.entry, position) for position, each in enumerate(asked)]
        )
    return sum(bool(each.record_keys) for each in opened)


async def _logged(scene: Scene) -> int:
    """Write the entries as well, under a clerk's name, whatever the policy says."""
    clerk = await scene.steal()
    installation = scene.operator.installation
    connection = await installation.database.connect(Role.GATE)
    try:
        async with GateKeyring(installation.sockets) as keyring:
            asked = _asked(scene, await _organisation(connection, clerk), clerk.account)
            located = await keyring.locate(asked)
            indexes = {index for each in located for _, index in each.candidates}
            records = await rows.records(connection, indexes)
            journal, now = Journal(keyring), datetime.now(UTC)
            entries = [
                await journal.seal(
                    _event(scene, clerk, each, where, records), each.entry, now.timestamp()
                )
                for each, where in zip(asked, located, strict=True)
            ]
            async with connection.transaction():
                first = await append(connection, entries, now)
            opened = await keyring.unseal(
                [Committed(each.entry, first + number) for number, each in enumerate(asked)]
            )
    finally:
        await connection.close()
    return sum(bool(each.record_keys) for each in opened)


async def _organisation(connection: Connection, clerk: Clerk) -> bytes:
    found: bytes = await connection.fetchval(
        "SELECT organisation FROM account WHERE account = $1", clerk.account
    )
    return found


def _asked(scene: Scene, organisation: bytes, account: bytes) -> list[Asked]:
    return [
        Asked(secrets.token_bytes(16), "typed", organisation, account, member.identifier)
        for member in scene.members[:_ASKED]
    ]


def _event(
    scene: Scene,
    clerk: Clerk,
    asked: Asked,
    located: Located,
    records: Mapping[bytes, Sequence[rows.Record]],
) -> Check:
    held = next((records[i] for _, i in located.candidates if i in records), ())
    return Check(
        at=datetime.now(UTC),
        check=secrets.token_bytes(16),
        account=asked.account,
        organisation=asked.organisation,
        device=keyid.parse(clerk.gate.keyid).thumbprint,
        lane="typed",
        kind="person",
        subject=held[0].idx if held else located.candidates[0][1],
        opened=tuple((record.insurer, record.feed) for record in held),
        family="pharmacy",
        care_date=scene.today,
        outcome="released",
        reference=located.reference_row,
        policy=scene.policy.version,
    )


_METER = DEFAULT_LIMITS["typed"] or 0
THEFTS = (
    Theft(
        "captured_gate_unlogged",
        "P2",
        "the gate's process, and a leaked list",
        "asks the keyring for records without an entry in the ledger",
        _unlogged,
    ),
    Theft(
        "captured_gate",
        "P3",
        "the gate's process, and a leaked list",
        f"asks about {_ASKED}, and writes the entries itself under a clerk's name",
        _logged,
        lambda _: _METER,
        remains=f"the keyring's meter: {_METER:,} typed persons a day, whose identities it has"
        " already, each with an entry; and cards as they are presented",
    ),
)
