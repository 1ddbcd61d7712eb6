"""From two persons' approval to each insurer's acknowledgement. Role: officer.

Every function runs in the caller's transaction and returns the event to append as its last
statement. An insurer's staff reach their own insurer's notices and no other's.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ecluse.breach.clocks import Clock, Duty, Moments, clocks
from ecluse.breach.incident import IncidentError
from ecluse.breach.notices import Round
from ecluse.ledger.entry import NoticeAcknowledged, NoticeFetched, NoticesSent


if TYPE_CHECKING:
    from ecluse.acts.act import NoticesSend
    from ecluse.store.connection import Connection

_ROUND = """
SELECT digest, sent_at FROM notice_round WHERE incident = $1 AND version = $2 FOR UPDATE
"""
_SEND = "UPDATE notice_round SET sent_at = $3 WHERE incident = $1 AND version = $2"
_ROUNDS = """
SELECT summary, sent_at FROM notice_round WHERE incident = $1 ORDER BY version DESC
"""
_TRACKED = """
SELECT version, amc, name, sent_at, fetched_at, acknowledged_at
  FROM notice JOIN notice_round USING (incident, version) JOIN insurer USING (insurer)
 WHERE incident = $1 ORDER BY version DESC, name, amc
"""
_OF_INSURER = """
SELECT incident, version, sha256, sent_at, fetched_at, acknowledged_at
  FROM notice JOIN notice_round USING (incident, version)
 WHERE insurer = $1 AND sent_at IS NOT NULL ORDER BY sent_at DESC, incident, version
"""
_DIGESTS = (
    "SELECT version, amc, sha256 FROM notice JOIN insurer USING (insurer) WHERE incident = $1"
)
_DOCUMENTS = """
SELECT documents FROM notice JOIN insurer USING (insurer)
 WHERE incident = $1 AND version = $2 AND amc = $3
"""
_FILE = """
SELECT file, fetched_at, acknowledged_at FROM notice JOIN notice_round USING (incident, version)
 WHERE incident = $1 AND version = $2 AND insurer = $3 AND sent_at IS NOT NULL
   FOR UPDATE OF notice
"""
_FETCHED = """
UPDATE notice SET fetched_at = $4
 WHERE incident = $1 AND version = $2 AND insurer = $3 AND fetched_at IS NULL
"""
_ACKNOWLEDGED = """
UPDATE notice SET acknowledged_at = $4 WHERE incident = $1 AND version = $2 AND insurer = $3
"""


class SentRound(msgspec.Struct, frozen=True):
    """A round, and when it was put out; None: two persons have not approved it."""

    round: Round
    sent_at: datetime | None


class Tracked(msgspec.Struct, frozen=True):
    """One insurer's notice on its way, with that insurer's clocks."""

    version: int
    amc: str
    name: str
    sent_at: datetime | None
    fetched_at: datetime | None
    acknowledged_at: datetime | None
    clocks: tuple[Clock, ...]


class Own(msgspec.Struct, frozen=True):
    """A notice as its insurer's staff see it."""

    incident: int
    version: int
    #: Hex SHA-256 of the file.
    sha256: str
    sent_at: datetime
    fetched_at: datetime | None
    acknowledged_at: datetime | None
    #: What the insurer itself has to do by when.
    clocks: tuple[Clock, ...]


async def send(connection: Connection, agreed: NoticesSend, now: datetime) -> NoticesSent:
    """Put a round out for its insurers.

    Raises:
        IncidentError: There is no such round, it is another one than was agreed on, or it is out.
    """
    row = await connection.fetchrow(_ROUND, agreed.incident, agreed.version)
    if row is None or row["digest"].hex() != agreed.digest:
        raise IncidentError(
            "There is no such round of notices.", hint="`ecluse incident notices` builds one."
        )
    if row["sent_at"] is not None:
        raise IncidentError("These notices are out already.")
    await connection.execute(_SEND, agreed.incident, agreed.version, now)
    return NoticesSent(
        at=now, incident=agreed.incident, version=agreed.version, digest=row["digest"]
    )


async def rounds(connection: Connection, incident: int) -> list[SentRound]:
    """Return an incident's rounds, the latest first."""
    return [
        SentRound(msgspec.json.decode(row["summary"], type=Round), row["sent_at"])
        for row in await connection.fetch(_ROUNDS, incident)
    ]


async def tracked(connection: Connection, incident: int, discovered: datetime) -> list[Tracked]:
    """Return every notice of an incident, the latest round's first, with its insurer's clocks."""
    return [
        Tracked(
            **row,
            clocks=clocks(
                Moments(discovered=discovered, sent=row["sent_at"], fetched=row["fetched_at"])
            ),
        )
        for row in await connection.fetch(_TRACKED, incident)
    ]


async def digests(connection: Connection, incident: int) -> dict[int, dict[str, str]]:
    """Return the hex SHA-256 of every notice built, by round and AMC number."""
    found: dict[int, dict[str, str]] = {}
    for row in await connection.fetch(_DIGESTS, incident):
        found.setdefault(row["version"], {})[row["amc"]] = row["sha256"].hex()
    return found


async def documents(connection: Connection, incident: int, version: int, amc: str) -> msgspec.Raw:
    """Return the documents in an insurer's notice, by name, as JSON: what is to be approved.

    Raises:
        IncidentError: There is no such notice.
    """
    text: str | None = await connection.fetchval(_DOCUMENTS, incident, version, amc)
    if text is None:
        raise IncidentError("There is no such notice.")
    return msgspec.Raw(text.encode())


async def own(connection: Connection, insurer: int) -> list[Own]:
    """Return an insurer's own notices, the latest first."""
    return [
        Own(**{**row, "sha256": row["sha256"].hex()}, clocks=_own_clocks(row["sent_at"]))
        for row in await connection.fetch(_OF_INSURER, insurer)
    ]


def _own_clocks(sent: datetime) -> tuple[Clock, ...]:
    found = clocks(Moments(discovered=sent, sent=sent))
    return tuple(each for each in found if each.duty is not Duty.TELL_CONTROLLERS)


async def fetch(
    connection: Connection, number: tuple[int, int, int], now: datetime, by: bytes
) -> tuple[bytes, NoticeFetched]:
    """Return an insurer's notice.

    Args:
        connection: In a transaction.
        number: Incident, version, insurer.
        now: The time.
        by: Whose account asks.

    Raises:
        IncidentError: This insurer has no such notice: none is out, or it is another's.
    """
    row = await _mine(connection, number)
    await connection.execute(_FETCHED, *number, now)
    incident, version, insurer = number
    event = NoticeFetched(at=now, incident=incident, version=version, insurer=insurer, by=by)
    return row, event


async def acknowledge(
    connection: Connection, number: tuple[int, int, int], now: datetime, by: bytes
) -> NoticeAcknowledged:
    """Note that an insurer's staff have read its notice; see `fetch`.

    Raises:
        IncidentError: This insurer has no such notice, or acknowledged it before.
    """
    await _mine(connection, number, unacknowledged=True)
    await connection.execute(_ACKNOWLEDGED, *number, now)
    incident, version, insurer = number
    return NoticeAcknowledged(at=now, incident=incident, version=version, insurer=insurer, by=by)


async def _mine(
    connection: Connection, number: tuple[int, int, int], *, unacknowledged: bool = False
) -> bytes:
    row = await connection.fetchrow(_FILE, *number)
    if row is None:
        raise IncidentError("There is no such notice for your insurer.")
    if unacknowledged and row["acknowledged_at"] is not None:
        raise IncidentError("This notice is acknowledged already.")
    file: bytes = row["file"]
    return file
