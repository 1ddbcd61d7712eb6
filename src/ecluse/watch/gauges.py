"""What the officer's page shows at a glance: checks by minute, and how low the typed budgets are.

The watch counts both from what it is told of the ledger, and so nothing here is about a member. The
budgets that decide are the gate's; these counts are by the hour, against the policy's full caps.
Role: watch, but for `minutes` and `levels`, which an officer reads.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from ecluse.gate.state import PLATFORM, Lane, Reason
from ecluse.gate.windows import Ring


if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecluse.policy.policy import TypedLane
    from ecluse.store.connection import Connection
    from ecluse.watch.event import Seen


_MINUTE, _HOUR = 60, 3600
#: Hours that a day can touch, as in `gate.windows`.
_DAY = timedelta(hours=25)
_KEPT_MINUTES = timedelta(days=1)

_ADD_MINUTES = """
INSERT INTO watch_minute (minute, lane, released, checks)
SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::boolean[], $4::integer[])
    ON CONFLICT (minute, lane, released)
    DO UPDATE SET checks = watch_minute.checks + excluded.checks
"""
_ADD_HOURS = """
INSERT INTO watch_hour (hour, account, organisation, typed)
SELECT * FROM unnest($1::timestamptz[], $2::bytea[], $3::bytea[], $4::integer[])
    ON CONFLICT (hour, account) DO UPDATE SET typed = watch_hour.typed + excluded.typed
"""
_FORGET_MINUTES = "DELETE FROM watch_minute WHERE minute <= $1"
_FORGET_HOURS = "DELETE FROM watch_hour WHERE hour <= $1"
_USED = """
WITH one AS ({one})
SELECT count(*) AS asked,
       count(*) FILTER (WHERE used * 2 >= cap) AS low,
       count(*) FILTER (WHERE used >= cap) AS dry,
       coalesce((array_agg(used ORDER BY used / NULLIF(cap, 0)::float8 DESC))[1], 0) AS used,
       coalesce((array_agg(cap ORDER BY used / NULLIF(cap, 0)::float8 DESC))[1], 0) AS cap
  FROM one
"""
_ACCOUNTS = _USED.format(
    one="SELECT sum(typed) AS used, $1::bigint AS cap FROM watch_hour GROUP BY account"
)
_ORGANISATIONS = _USED.format(
    one="""
SELECT sum(typed) AS used, GREATEST($1::bigint, $2::bigint * professionals) AS cap
  FROM watch_hour JOIN organisation USING (organisation) GROUP BY organisation, professionals
"""
)
_POOLS = "SELECT scope, granted FROM lease_pool"
_SAVE = """
INSERT INTO gauge (level, at, asked, low, dry, used, cap, fullest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (level) DO UPDATE
   SET at = $2, asked = $3, low = $4, dry = $5, used = $6, cap = $7, fullest = $8
"""
_MINUTES = """
SELECT minute, lane, released, checks FROM watch_minute WHERE minute > $1
 ORDER BY minute, lane, released
"""
_LEVELS = "SELECT level, at, asked, low, dry, used, cap, fullest FROM gauge"


class Level(StrEnum):
    """Where a typed check finds a cap, from the nearest to the widest."""

    ACCOUNT = "account"
    ORGANISATION = "organisation"
    REGION = "region"
    """A region's one profession."""
    PLATFORM = "platform"


class Minute(msgspec.Struct, frozen=True):
    """The checks of one lane in one minute that were answered, or refused."""

    minute: datetime
    lane: str
    released: bool
    checks: int


class Gauge(msgspec.Struct, frozen=True):
    """One level of the typed lane's budgets, over a day to the hour."""

    level: Level
    at: datetime
    #: How many accounts, organisations, ... asked within the day.
    asked: int
    #: Of those, with half of their cap or less left; with nothing left.
    low: int
    dry: int
    #: Of the one with the least left. `fullest` is its name when it is a region.
    used: int
    cap: int
    fullest: str = ""


async def count(connection: Connection, seen: Iterable[Seen]) -> None:
    """Add checks to the counts by minute, and new subjects without a card to those by hour."""
    minutes: Counter[tuple[datetime, str, bool]] = Counter()
    hours: Counter[tuple[datetime, bytes, bytes]] = Counter()
    for each in seen:
        minutes[_start(each.at, _MINUTE), each.lane, each.released] += 1
        if each.lane is Lane.TYPED and not each.repeat and _looked_up(each):
            hours[_start(each.at, _HOUR), each.account, each.organisation] += 1
    await _add(connection, _ADD_MINUTES, [(*key, times) for key, times in minutes.items()])
    await _add(connection, _ADD_HOURS, [(*key, times) for key, times in hours.items()])


async def measure(connection: Connection, caps: TypedLane, now: datetime) -> None:
    """Write down how low the budgets are, and forget what is over."""
    await connection.execute(_FORGET_MINUTES, now - _KEPT_MINUTES)
    await connection.execute(_FORGET_HOURS, now - _DAY)
    least, each = caps.organisation_day_least, caps.organisation_day_per_professional
    accounts = await connection.fetchrow(_ACCOUNTS, caps.account_day)
    organisations = await connection.fetchrow(_ORGANISATIONS, least, each)
    pools = {
        row["scope"]: msgspec.msgpack.decode(row["granted"], type=Ring).total(now.timestamp())
        for row in await connection.fetch(_POOLS)
    }
    whole = {PLATFORM: pools.pop(PLATFORM, 0)}
    gauges = [
        Gauge(Level.ACCOUNT, now, **dict(accounts or {})),
        Gauge(Level.ORGANISATION, now, **dict(organisations or {})),
        _pool(Level.REGION, pools, caps.region_profession_day, now),
        _pool(Level.PLATFORM, whole, caps.platform_day, now),
    ]
    await connection.executemany(_SAVE, [msgspec.structs.astuple(gauge) for gauge in gauges])


async def minutes(connection: Connection, since: datetime) -> list[Minute]:
    """Return the counts of the minutes after `since`, the oldest first."""
    return [Minute(**row) for row in await connection.fetch(_MINUTES, since)]


async def levels(connection: Connection) -> list[Gauge]:
    """Return how low the budgets were when last measured, from the nearest level to the widest."""
    found = {row["level"]: row for row in await connection.fetch(_LEVELS)}
    return [Gauge(**{**found[level], "level": level}) for level in Level if level in found]


def _start(at: float, seconds: int) -> datetime:
    """Return when the minute or hour of `at` began."""
    return datetime.fromtimestamp(at // seconds * seconds, UTC)


def _looked_up(seen: Seen) -> bool:
    return seen.released or seen.reason is Reason.UNKNOWN


async def _add(connection: Connection, sql: str, counted: list[tuple[object, ...]]) -> None:
    if counted:
        await connection.execute(sql, *(list(column) for column in zip(*counted, strict=True)))


def _pool(level: Level, used: dict[str, int], cap: int, now: datetime) -> Gauge:
    """Measure caps that gates lease in blocks: what is leased counts as used."""
    drawn = {name: total for name, total in used.items() if total}
    fullest = max(drawn, key=drawn.__getitem__, default="")
    return Gauge(
        level,
        now,
        asked=len(drawn),
        low=sum(total * 2 >= cap for total in drawn.values()),
        dry=sum(total >= cap for total in drawn.values()),
        used=drawn.get(fullest, 0),
        cap=cap,
        fullest=fullest if level is Level.REGION else "",
    )
