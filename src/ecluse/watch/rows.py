"""The watch's rows: what it remembers, what it takes away, which alarms there are.

Every function runs in the caller's transaction. Role: watch, but for `alarms`, `evidence` and
`standing_now`, which an officer may read as well.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.login import base64url, devices
from ecluse.policy.watch import Measure
from ecluse.watch.containment import Standing
from ecluse.watch.features import Habits, Tide
from ecluse.watch.sequential import Rate
from ecluse.watch.watch import WatchState


if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecluse.store.connection import Connection
    from ecluse.watch.alarm import Alarm
    from ecluse.watch.containment import Containment
    from ecluse.watch.event import Seen


_SAVE_ACCOUNTS = """
INSERT INTO watch_account (account, habits, standing)
SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])
    ON CONFLICT (account) DO UPDATE SET habits = excluded.habits, standing = excluded.standing
"""
_SAVE_PLACES = """
INSERT INTO watch_place (organisation, habits) SELECT * FROM unnest($1::bytea[], $2::bytea[])
    ON CONFLICT (organisation) DO UPDATE SET habits = excluded.habits
"""
_SAVE_STATE = """
INSERT INTO watch_state (shard, position, everybody) VALUES (0, $1, $2)
    ON CONFLICT (shard) DO UPDATE SET position = excluded.position, everybody = excluded.everybody
"""
_CLIENTS = "SELECT account FROM account WHERE account = ANY($1::bytea[]) AND role = 'client'"
_SHRINK = "UPDATE account SET shrunk_until = GREATEST(shrunk_until, $2) WHERE account = $1"
_FREEZE = """
UPDATE account SET frozen_typed_until = GREATEST(frozen_typed_until, $2) WHERE account = $1
"""
_WARY = """
INSERT INTO wary (account, until) VALUES ($1, $2)
    ON CONFLICT (account) DO UPDATE SET until = GREATEST(wary.until, excluded.until)
"""
_LOCK = "UPDATE account SET locked = $2 WHERE account = $1 AND locked IS NULL"
_BRAKE = "UPDATE platform SET braked_until = GREATEST(braked_until, $1) WHERE one"
_RAISE = """
INSERT INTO alarm (alarm, account, organisation, kind, score, at, positions, why, measure, until, facts, evidence)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_ALARMS = """
SELECT alarm, account, organisation, kind, score, at, positions, why, measure, until, facts
  FROM alarm WHERE at >= $1 ORDER BY at DESC, alarm LIMIT $2
"""
_EVIDENCE = "SELECT evidence FROM alarm WHERE alarm = $1"
_NOW = """
SELECT (SELECT position FROM watch_state) AS position,
       (SELECT size FROM ledger_head WHERE shard = 0) AS entries,
       (SELECT braked_until FROM platform) AS braked_until,
       (SELECT count(*) FROM account WHERE locked IN ('watch', 'closed', 'neighbour')) AS locked,
       (SELECT count(*) FROM account WHERE frozen_typed_until > $1) AS frozen,
       (SELECT count(*) FROM account WHERE shrunk_until > $1) AS shrunk,
       (SELECT count(*) FROM alarm WHERE at > $1 - interval '1 day') AS alarms
"""

LOCKED = "watch"
"""Why the watch's locks say that an account is locked."""
CLOSED = "closed"
"""The same when cards still count: the gate reads it (`gate/rows.py`)."""


class Memory(NamedTuple):
    """What the watch knows, up to which entry, and what was done about accounts lately."""

    state: WatchState
    position: int
    standings: dict[bytes, Standing]


class ShownAlarm(msgspec.Struct, frozen=True):
    """An alarm as officers see it; numbers as base64url, empty when it is about nobody alone."""

    alarm: str
    account: str
    organisation: str
    kind: str
    score: float
    at: datetime
    positions: list[int]
    why: str
    measure: str
    until: datetime | None
    facts: dict[str, float] = {}


class Evidence(msgspec.Struct, frozen=True):
    """One entry that an alarm rests on, as the watch was told of it: nothing of the subject."""

    position: int
    at: datetime
    #: base64url
    account: str
    lane: str
    released: bool
    reason: str | None
    repeat: bool
    #: How much the account's day looks like a list: order, walk, distance, 0 to 3.
    structure: tuple[int, int, int]


class Now(msgspec.Struct, frozen=True):
    """How far the watch has read, and what is taken away at the moment."""

    #: None before it ever ran.
    position: int | None
    entries: int
    #: None: it is not braked.
    braked_until: datetime | None
    locked: int
    frozen: int
    shrunk: int
    #: Within a day.
    alarms: int


class _Everybody(msgspec.Struct, array_like=True):
    tide: Tide
    alarmed: tuple[float, ...]
    campaign_until: float
    standing: Standing
    suspects: Tide = msgspec.field(default_factory=Tide)


async def recall(connection: Connection) -> Memory:
    """Read everything that the watch remembers."""
    accounts, standings = {}, {}
    for row in await connection.fetch("SELECT account, habits, standing FROM watch_account"):
        accounts[row["account"]] = msgspec.msgpack.decode(row["habits"], type=Habits)
        standings[row["account"]] = msgspec.msgpack.decode(row["standing"], type=Standing)
    places = {
        row["organisation"]: msgspec.msgpack.decode(row["habits"], type=Rate)
        for row in await connection.fetch("SELECT organisation, habits FROM watch_place")
    }
    row = await connection.fetchrow("SELECT position, everybody FROM watch_state WHERE shard = 0")
    if row is None:
        return Memory(WatchState(accounts, places), 0, standings)
    everybody = msgspec.msgpack.decode(row["everybody"], type=_Everybody)
    standings[b""] = everybody.standing
    state = WatchState(
        accounts,
        places,
        everybody.tide,
        everybody.suspects,
        everybody.alarmed,
        everybody.campaign_until,
    )
    return Memory(state, row["position"], standings)


async def remember(connection: Connection, before: WatchState, after: Memory) -> None:
    """Write what changed since `before`."""
    encode, state = msgspec.msgpack.encode, after.state
    accounts = _changed(before.accounts, state.accounts)
    standings = [encode(after.standings.get(each, Standing())) for each in accounts]
    habits = [encode(each) for each in accounts.values()]
    await connection.execute(_SAVE_ACCOUNTS, list(accounts), habits, standings)
    places = _changed(before.places, state.places)
    await connection.execute(_SAVE_PLACES, list(places), [encode(p) for p in places.values()])
    standing = after.standings.get(b"", Standing())
    everybody = _Everybody(
        state.tide, state.alarmed, state.campaign_until, standing, state.suspects
    )
    await connection.execute(_SAVE_STATE, after.position, encode(everybody))


async def wary(connection: Connection) -> dict[bytes, float]:
    """Return which accounts are watched harder, and until when (seconds since the epoch)."""
    rows = await connection.fetch("SELECT account, until FROM wary WHERE until > now()")
    return {row["account"]: row["until"].timestamp() for row in rows}


async def clients(connection: Connection, accounts: list[bytes]) -> set[bytes]:
    """Return which of these accounts are practice software."""
    return {row["account"] for row in await connection.fetch(_CLIENTS, accounts)}


async def apply(
    connection: Connection, done: Containment, now: datetime, *, locked: str = LOCKED
) -> int:
    """Take away what a containment says; return how many registrations ended with it.

    `locked` is the reason that a lock gives.
    """
    until = None if done.until is None else datetime.fromtimestamp(done.until, UTC)
    match done.measure:
        case Measure.WATCH:
            await connection.execute(_WARY, done.account, until)
        case Measure.CLOSE:
            await connection.execute(_LOCK, done.account, CLOSED)
        case Measure.SHRINK:
            await connection.execute(_SHRINK, done.account, until)
        case Measure.FREEZE:
            await connection.execute(_FREEZE, done.account, until)
        case Measure.BRAKE:
            await connection.execute(_BRAKE, until)
        case Measure.LOCK | Measure.LOCK_CLIENT:
            await connection.execute(_LOCK, done.account, locked)
            return await devices.revoke_all(connection, done.account, now)
        case Measure.UNREGISTER:
            return await devices.revoke_all(connection, done.account, now)
        case Measure.NOTIFY:
            pass
    return 0


async def write(
    connection: Connection,
    number: bytes,
    alarm: Alarm,
    done: Containment,
    evidence: Iterable[Seen],
) -> None:
    """Write an alarm down under `number`, 16 random bytes, with what followed and what it rests on."""
    await connection.execute(
        _RAISE,
        number,
        alarm.account,
        alarm.organisation,
        alarm.kind,
        alarm.score,
        datetime.fromtimestamp(alarm.at, UTC),
        list(alarm.positions),
        alarm.why,
        done.measure,
        None if done.until is None else datetime.fromtimestamp(done.until, UTC),
        msgspec.json.encode(alarm.facts).decode(),
        msgspec.json.encode([_shown(each) for each in evidence]).decode(),
    )


async def alarms(connection: Connection, since: datetime, most: int = 1000) -> list[ShownAlarm]:
    """Return the alarms since then, the latest first."""
    return [
        ShownAlarm(
            **{
                **row,
                "alarm": base64url.encode(row["alarm"]),
                "account": base64url.encode(row["account"]),
                "organisation": base64url.encode(row["organisation"]),
                "facts": msgspec.json.decode(row["facts"]),
            }
        )
        for row in await connection.fetch(_ALARMS, since, most)
    ]


async def evidence(connection: Connection, number: bytes) -> list[Evidence] | None:
    """Return what an alarm rests on, the oldest entry first; None when there is no such alarm."""
    text = await connection.fetchval(_EVIDENCE, number)
    return None if text is None else msgspec.json.decode(text, type=list[Evidence])


async def standing_now(connection: Connection, now: datetime) -> Now:
    """Return how far the watch has read and what holds."""
    row = dict(await connection.fetchrow(_NOW, now) or {})
    braked = row.pop("braked_until")
    return Now(**row, braked_until=braked if braked > now else None)


def _shown(seen: Seen) -> Evidence:
    return Evidence(
        seen.position,
        datetime.fromtimestamp(seen.at, UTC),
        base64url.encode(seen.account),
        seen.lane,
        seen.released,
        seen.reason,
        seen.repeat,
        seen.structure,
    )


def _changed(before: Mapping[bytes, object], after: Mapping[bytes, object]) -> dict[bytes, object]:
    return {key: row for key, row in after.items() if before.get(key) is not row}
