"""What a security officer sees first: is anything wrong, where, and what was done about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ecluse.console import listing
from ecluse.console.asker import Outcome
from ecluse.console.forms import number_of
from ecluse.console.listing import Name, Witnesses
from ecluse.gate.request import MalformedError
from ecluse.login import base64url
from ecluse.policy.watch import Measure
from ecluse.watch import gauges, rows
from ecluse.watch.gauges import Gauge, Minute
from ecluse.watch.rows import Evidence, Now, ShownAlarm


if TYPE_CHECKING:
    from starlette.requests import Request

    from ecluse.console.asker import Asker

_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
#: Measures that take nothing away for longer than a moment.
_TELLING = {Measure.NOTIFY, Measure.UNREGISTER}


class Live(msgspec.Struct, frozen=True):
    """`GET /v1/console/live`: the last hour by lane and minute, the budgets, what holds now."""

    at: datetime
    minutes: list[Minute]
    levels: list[Gauge]
    now: Now
    witnesses: Witnesses


class DeskAlarm(ShownAlarm, frozen=True, kw_only=True):
    """An alarm; it is open while what followed it holds, or for a day when nothing was taken."""

    open: bool


class Alarms(msgspec.Struct, frozen=True):
    """`GET /v1/console/alarms`: the last week's, the latest first, and whom they are about."""

    alarms: list[DeskAlarm]
    now: Now
    names: dict[str, Name]


class Rests(msgspec.Struct, frozen=True):
    """`GET /v1/console/alarms/{alarm}`: the entries that an alarm rests on, and whose they are."""

    evidence: list[Evidence]
    names: dict[str, Name]


async def live(asker: Asker, _: Request, __: bytes) -> Outcome:
    """Tell what goes through the lanes, and how low the budgets are."""
    return Outcome(
        Live(
            asker.now,
            await gauges.minutes(asker.connection, asker.now - _HOUR),
            await gauges.levels(asker.connection),
            await rows.standing_now(asker.connection, asker.now),
            await listing.witnesses(asker.connection, asker.now),
        )
    )


async def alarms(asker: Asker, _: Request, __: bytes) -> Outcome:
    """List the watch's alarms of the last week, and what is taken away now."""
    raised = await rows.alarms(asker.connection, asker.now - _WEEK)
    now = await rows.standing_now(asker.connection, asker.now)
    numbers = {each.account or each.organisation for each in raised}
    names = await listing.names(asker.connection, [base64url.decode(each) for each in numbers])
    told = [
        DeskAlarm(
            **msgspec.structs.asdict(alarm),
            open=is_open(alarm, names.get(alarm.account), now, asker.now),
        )
        for alarm in raised
    ]
    return Outcome(Alarms(told, now, names))


async def evidence(asker: Asker, request: Request, _: bytes) -> Outcome:
    """Tell what one alarm rests on: the entries as the watch was told of them, never a subject."""
    found = await rows.evidence(asker.connection, number_of(request.path_params["alarm"]))
    if found is None:
        raise MalformedError("There is no such alarm.")
    accounts = {base64url.decode(each.account) for each in found}
    return Outcome(Rests(found, await listing.names(asker.connection, accounts)))


def is_open(alarm: ShownAlarm, name: Name | None, now: Now, at: datetime) -> bool:
    """Tell whether an alarm still asks for something (pure).

    Args:
        alarm: As it was raised.
        name: Its account as it stands.
        now: What is taken away at `at`.
        at: When.
    """
    if alarm.measure in _TELLING:
        return at - alarm.at < _DAY
    if alarm.until is not None and alarm.until <= at:
        return False
    match alarm.measure:
        case Measure.WATCH:
            return True
        case Measure.BRAKE:
            return now.braked_until is not None
        case Measure.SHRINK | Measure.FREEZE:
            return name is not None and name.reduced_until is not None and name.reduced_until > at
        case _:
            return name is not None and name.locked is not None
