"""The exchange's rows: what is told, what was heard, whom an alarm is about. Role: exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.exchange.envelope import Kept
from ecluse.exchange.follow import Here, Spent
from ecluse.exchange.stix import Professional, Raised
from ecluse.policy.exchange import Shared


if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecluse.exchange.envelope import Wanted
    from ecluse.store.connection import Connection
    from ecluse.watch.containment import Containment


_UNTOLD = """
SELECT alarm.alarm, alarm.kind, alarm.at, alarm.why, organisation.finess, organisation.profession,
       account.rpps
  FROM alarm LEFT JOIN organisation USING (organisation)
       LEFT JOIN account ON account.account = alarm.account
 WHERE alarm.kind = ANY($1::text[]) AND alarm.at > $2
   AND NOT EXISTS (SELECT FROM told WHERE told.alarm = alarm.alarm)
 ORDER BY alarm.at, alarm.alarm LIMIT 100
"""
_TELL = """
INSERT INTO told (object, alarm, added_at, version, body) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING
"""
_LAST = "SELECT max(added_at) FROM told"
_PAGE = """
SELECT object, added_at, version, body FROM told
 WHERE (added_at, object) > ($1, $2)
   AND ($3::text[] IS NULL OR object = ANY($3::text[]))
   AND ($4::text[] IS NULL OR split_part(object, '--', 1) = ANY($4::text[]))
   AND ($5::timestamptz[] IS NULL OR version = ANY($5::timestamptz[]))
 ORDER BY added_at, object LIMIT $6
"""
_HERE = """
SELECT account, finess, coalesce(rpps, '') AS rpps
  FROM account JOIN organisation USING (organisation)
 WHERE role IN ('professional', 'client') AND (finess = $1 OR rpps = $2) ORDER BY account
"""
_BEFORE = "SELECT DISTINCT object FROM heard WHERE peer = $1 AND object = ANY($2::text[])"
_SPENT = """
SELECT count(*) FILTER (WHERE measure IN ('close', 'lock'))::int,
       count(*) FILTER (WHERE measure = 'freeze')::int
  FROM heard WHERE peer = $1 AND at > $2
"""
_OBJECTS = "SELECT count(DISTINCT object)::int FROM heard WHERE peer = $1 AND at > $2"
_HEAR = "INSERT INTO heard (peer, object, account, measure, at) VALUES ($1, $2, $3, $4, $5)"
_RAISE = """
INSERT INTO alarm (alarm, account, organisation, kind, score, at, positions, why, measure, until)
VALUES ($1, $2, $3, 'neighbour', 1, $4, '{}', $5, $6, $7)
"""
_ORGANISATION = "SELECT organisation FROM account WHERE account = $1"
_READ = "UPDATE peer SET heard_at = $2, read_until = GREATEST(read_until, $3) WHERE peer = $1"


async def untold(connection: Connection, kinds: Sequence[Shared], since: datetime) -> list[Raised]:
    """Return the watch's alarms of these kinds that no peer was told of yet, the oldest first."""
    return [
        Raised(
            row["alarm"],
            Shared(row["kind"]),
            row["at"],
            row["why"],
            Professional(row["finess"] or "", row["profession"] or "", row["rpps"] or ""),
        )
        for row in await connection.fetch(_UNTOLD, list(kinds), since)
    ]


async def tell(connection: Connection, objects: Sequence[tuple[Kept, bytes]]) -> None:
    """Let peers find signed objects, each with the alarm that it tells of."""
    await connection.executemany(
        _TELL, [(o.object, alarm, o.added_at, o.version, o.body) for o, alarm in objects]
    )


async def last_told(connection: Connection) -> datetime | None:
    """Return when the last object was added; None before the first."""
    moment: datetime | None = await connection.fetchval(_LAST)
    return moment


async def page(connection: Connection, wanted: Wanted) -> tuple[list[Kept], bool]:
    """Return one page of the collection, and whether there is more."""
    if not wanted.any:
        return [], False
    found = [
        Kept(*row.values())
        for row in await connection.fetch(
            _PAGE, *wanted.after, wanted.ids, wanted.types, wanted.versions, wanted.limit + 1
        )
    ]
    return found[: wanted.limit], len(found) > wanted.limit


async def here(connection: Connection, professional: Professional) -> list[Here]:
    """Return the accounts that an alarm about this professional may be about."""
    rows = await connection.fetch(_HERE, professional.finess, professional.rpps)
    return [Here(*row.values()) for row in rows]


async def heard_before(connection: Connection, peer: bytes, objects: Sequence[str]) -> set[str]:
    """Return which of these objects of a peer were heard before."""
    return {row["object"] for row in await connection.fetch(_BEFORE, peer, list(objects))}


async def spent(connection: Connection, peer: bytes, since: datetime) -> Spent:
    """Return what a peer's word brought since then."""
    row = await connection.fetchrow(_SPENT, peer, since)
    return Spent(*row) if row else Spent()


async def heard_since(connection: Connection, peer: bytes, since: datetime) -> int:
    """Return how many of a peer's alarms were heard since then."""
    return int(await connection.fetchval(_OBJECTS, peer, since))


async def hear(
    connection: Connection, peer: bytes, obj: str, done: Containment, now: datetime
) -> None:
    """Note what was done on a peer's word, so that it is done once."""
    await connection.execute(_HEAR, peer, obj, done.account, done.measure, now)


async def show(
    connection: Connection, number: bytes, done: Containment, now: datetime, until: datetime | None
) -> None:
    """Put it among the alarms that officers see."""
    organisation = await connection.fetchval(_ORGANISATION, done.account)
    await connection.execute(
        _RAISE, number, done.account, organisation or b"", now, done.reason, done.measure, until
    )


async def have_read(
    connection: Connection, peer: bytes, now: datetime, until: datetime | None
) -> None:
    """Note that a peer answered, and up to when its collection was read."""
    await connection.execute(_READ, peer, now, until)
