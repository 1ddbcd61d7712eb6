"""Who cosigns this installation's ledger, by the policy in force, and how that stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ecluse.ledger import cosigned, note, storage
from ecluse.ledger.cosigned import Refusal, Standing
from ecluse.ledger.cosigning import Terms
from ecluse.policy import policy as policies
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.local.installation import Installation
    from ecluse.policy.witness import WitnessPolicy
    from ecluse.store.connection import Connection


_POLICY = "SELECT policy FROM platform"


class Known(msgspec.Struct, frozen=True):
    """A witness that the policy names, and how it stands; None while it was never asked."""

    name: str
    url: str
    standing: Standing | None


class Status(msgspec.Struct, frozen=True):
    """How witnesses stand to this ledger."""

    #: Enough of them cosigned lately, as the policy in force says, and none saw another log.
    holds: bool
    needed: int
    #: The newest checkpoint with so many cosignatures that hold, at least one, and when the last
    #: of those that it takes was made; None for none.
    size: int | None
    at: datetime | None
    note: str | None
    witnesses: list[Known]
    refused: list[Refusal]


async def policy_in_force(installation: Installation, connection: Connection) -> WitnessPolicy:
    """Return what the policy that the database names says of witnesses.

    The default policy's word holds until one is in force, and while its file is not here.
    """
    digest = await connection.fetchval(_POLICY)
    return (installation.policies.find(digest) or policies.read()[0]).witness


async def terms(installation: Installation, connection: Connection) -> Terms:
    """Return who is asked for cosignatures, and how often."""
    witness = await policy_in_force(installation, connection)
    return Terms(
        witness.witnesses(),
        timedelta(seconds=witness.every_seconds),
        timedelta(minutes=witness.most_minutes) / 2,
    )


async def status(installation: Installation) -> Status:
    """Tell how witnesses stand, by signatures verified here and now."""
    connection = await installation.database.connect(Role.LEDGER)
    try:
        witness, now = await policy_in_force(installation, connection), datetime.now(UTC)
        standings = await cosigned.standings(connection)
        lately = await cosigned.lately(connection)
        refused = await cosigned.refusals(connection, now)
        latest = await storage.latest(connection, 0)
    finally:
        await connection.close()
    known = witness.witnesses()
    newest = latest and cosigned.newest(
        lately,
        note.read_checkpoint(note.parse(latest)[0]).origin,
        [each.key for each in known],
        witness.needed,
        now.timestamp(),
    )
    at = datetime.fromtimestamp(newest.at, UTC) if newest else None
    fresh = at is not None and now - at <= timedelta(minutes=witness.most_minutes)
    return Status(
        holds=not refused and (fresh or not witness.needed),
        needed=witness.needed,
        size=newest.size if newest else None,
        at=at,
        note=newest.note if newest else None,
        witnesses=[
            Known(each.key.name, each.url, standings.get(each.key.text())) for each in known
        ],
        refused=refused,
    )
