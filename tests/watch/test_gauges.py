"""What the officer's page is told at a glance, counted by the watch."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ecluse.gate.state import PLATFORM, Lane, Reason
from ecluse.gate.windows import Ring
from ecluse.policy import policy as policies
from ecluse.store.roles import Role
from ecluse.watch import gauges
from ecluse.watch.event import Seen
from ecluse.watch.gauges import Level


if TYPE_CHECKING:
    from ecluse.store.database import Database
    from ecluse.watch.gauges import Gauge, Minute

NOW = datetime(2026, 11, 25, 3, 12, 30, tzinfo=UTC)
CAPS = policies.read(None)[0].typed
HEAVY, LIGHT = b"heavy" + bytes(11), b"light" + bytes(11)


def seen(account: bytes, ago: timedelta, **changes: object) -> Seen:
    told = Seen(account, account, (NOW - ago).timestamp(), Lane.TYPED, True, None, False, 0)
    return msgspec.structs.replace(told, **changes)


async def counted(
    database: Database, checks: list[Seen], leased: int
) -> tuple[list[Minute], list[Gauge]]:
    owner = await database.connect(Role.OWNER)
    for account in (HEAVY, LIGHT):
        await owner.execute(
            "INSERT INTO organisation (organisation, finess, name, profession, region, professionals)"
            " VALUES ($1, $2, 'a shop', '21', '53', 1)",
            account,
            account[:5].decode(),
        )
    pools = {PLATFORM: leased, "region/53/21": leased, "region/11/21": 0}
    for scope, count in pools.items():
        granted = msgspec.msgpack.encode(Ring().add(count, NOW.timestamp()))
        await owner.execute("INSERT INTO lease_pool VALUES ($1, $2)", scope, granted)
    await owner.close()
    connection = await database.connect(Role.WATCH)
    await gauges.count(connection, [])
    for check in checks:
        await gauges.count(connection, [check])
    await gauges.measure(connection, CAPS, NOW)
    await gauges.measure(connection, CAPS, NOW)
    await connection.close()
    officer = await database.connect(Role.OFFICER)
    told = await gauges.minutes(officer, NOW - timedelta(days=3)), await gauges.levels(officer)
    await officer.close()
    return told


def test_minutes_and_levels_are_what_was_seen(database: Database) -> None:
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    checks = [
        *[seen(HEAVY, number * hour) for number in range(CAPS.account_day)],
        # Neither a repeat, nor a check that was not looked up, nor one with a card is anybody new.
        seen(HEAVY, minute, repeat=True),
        seen(HEAVY, minute, released=False, reason=Reason.ACCOUNT_DAY),
        seen(HEAVY, minute, lane=Lane.CARD),
        seen(LIGHT, minute),
        seen(LIGHT, minute, released=False, reason=Reason.UNKNOWN),
        # Too long ago for either.
        seen(LIGHT, 26 * hour),
    ]
    minutes, levels = asyncio.run(counted(database, checks, CAPS.region_profession_day // 2))
    before = NOW.replace(minute=11, second=0)
    assert [(m.lane, m.released, m.checks) for m in minutes if m.minute == before] == [
        ("card", True, 1),
        ("typed", False, 2),
        ("typed", True, 2),
    ]
    assert min(m.minute for m in minutes) > NOW - timedelta(days=1)
    told = {each.level: (each.asked, each.low, each.dry, each.used, each.cap) for each in levels}
    cap = CAPS.account_day
    assert told[Level.ACCOUNT] == (2, 1, 1, cap, cap)
    shop = max(CAPS.organisation_day_least, CAPS.organisation_day_per_professional)
    assert told[Level.ORGANISATION] == (2, int(cap * 2 >= shop), 0, cap, shop)
    half = CAPS.region_profession_day // 2
    assert told[Level.REGION] == (1, 1, 0, half, CAPS.region_profession_day)
    assert told[Level.PLATFORM] == (1, 0, 0, half, CAPS.platform_day)
    assert [each.fullest for each in levels] == ["", "", "region/53/21", ""]
