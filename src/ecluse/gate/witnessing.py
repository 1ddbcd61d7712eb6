"""How lately witnesses cosigned the ledger, as a gate knows it, and what it tells the ledger of that.

Cosignatures are verified here, by the keys that the policy in force names: what lies in the database
is not believed. When nothing new comes, the time runs out by itself.
"""

from __future__ import annotations

import math
import os
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from ecluse.ledger import cosigned
from ecluse.ledger.append import append
from ecluse.ledger.entry import CheckpointRefused, Witnessed


if TYPE_CHECKING:
    from ecluse.gate.journal import Journal
    from ecluse.ledger.cosigned import Newest, Refusal
    from ecluse.ledger.entry import Event
    from ecluse.policy.witness import WitnessPolicy
    from ecluse.store.connection import Connection


_TOLD = """
SELECT witnessed, EXISTS (SELECT FROM ledger_refusal WHERE shard = 0 AND told_at IS NULL) AS untold
  FROM platform
"""
_TURN = "UPDATE platform SET witnessed = $1 WHERE witnessed <> $1 RETURNING witnessed"


class Witnessing:
    """What one gate knows of witnesses."""

    def __init__(self, journal: Journal, log: str) -> None:
        self._journal = journal
        self._log = log
        #: Until when typed checks are answered, for what was cosigned so far: seconds since the
        #: epoch.
        self.until = 0.0
        #: The newest checkpoint with enough cosignatures; empty for none.
        self.note = ""

    async def look(self, connection: Connection, policy: WitnessPolicy) -> None:
        """Read what was cosigned, and have the ledger tell of what changed."""
        now = datetime.now(UTC)
        keys = [each.key for each in policy.witnesses()]
        lately = await cosigned.lately(connection) if keys else []
        found = cosigned.newest(lately, self._log, keys, policy.needed, now.timestamp())
        self.until, self.note = reach(policy, found), found.note if found else ""
        told = await connection.fetchrow(_TOLD)
        if told and (told["witnessed"] != self.holds(now) or told["untold"]):
            await self._tell(connection, policy, found, now)

    def holds(self, now: datetime) -> bool:
        """Tell whether enough witnesses cosigned lately."""
        return now.timestamp() < self.until

    async def _tell(
        self, connection: Connection, policy: WitnessPolicy, found: Newest | None, now: datetime
    ) -> None:
        async with connection.transaction():
            events: list[Event] = [
                _refused(each, now) for each in await cosigned.untold(connection, now)
            ]
            holds, size = self.holds(now), found.size if found else 0
            if await connection.fetchval(_TURN, holds) is not None:
                events.append(Witnessed(at=now, enough=holds, needed=policy.needed, size=size))
            sealed = [
                await self._journal.seal(each, os.urandom(16), now.timestamp()) for each in events
            ]
            if sealed:
                await append(connection, sealed, now)


def reach(policy: WitnessPolicy, found: Newest | None) -> float:
    """Return until when typed checks are answered (pure): seconds since the epoch.

    Args:
        policy: How many cosignatures are needed, and how old they may be.
        found: The newest checkpoint with so many.
    """
    if not policy.needed:
        return math.inf
    return found.at + policy.most_minutes * 60 if found else 0.0


def _refused(refusal: Refusal, now: datetime) -> CheckpointRefused:
    return CheckpointRefused(
        at=now,
        witness=refusal.witness,
        kind=refusal.kind,
        cosigned=sha256(refusal.cosigned.encode()).digest(),
        offered=sha256(refusal.offered.encode()).digest(),
    )
