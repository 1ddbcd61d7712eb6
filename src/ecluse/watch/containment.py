"""From an alarm to what is done about it: graduated, for a time, with a reason (pure).

A containment only ever takes away, from one account or from everybody's typed budget; no neighbour
loses anything by an account's, and the card lane is no platform brake's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ecluse.policy.watch import Measure
from ecluse.watch.alarm import Kind


if TYPE_CHECKING:
    from ecluse.gate.state import Account
    from ecluse.policy.watch import WatchPolicy
    from ecluse.watch.alarm import Alarm


HOUR = 3600.0
DAY = 24 * HOUR


class Standing(msgspec.Struct, frozen=True):
    """What was done about an account lately; the empty account's is the platform's."""

    #: Alarms within the policy's `escalate_days`, by kind.
    alarms: dict[Kind, int] = {}
    #: Of the last alarm, seconds since the epoch.
    at: float = 0.0
    #: Practice software, which has a key and no passkey.
    client: bool = False


class Containment(msgspec.Struct, frozen=True):
    """What is done about one alarm."""

    #: Empty for the platform.
    account: bytes
    measure: Measure
    #: Seconds since the epoch; None holds until two officers end it.
    until: float | None
    reason: str
    #: The account's standing after it.
    standing: Standing


def contain(standing: Standing, alarm: Alarm, now: float, policy: WatchPolicy) -> Containment:
    """Return what the policy says is done about `alarm`."""
    recent = standing.alarms if now - standing.at <= policy.escalate_days * DAY else {}
    step = recent.get(alarm.kind, 0)
    ladder: tuple[Measure, ...] = getattr(policy, f"on_{alarm.kind}")
    measure = ladder[min(step, len(ladder) - 1)]
    if standing.client and measure is Measure.LOCK:
        measure = Measure.LOCK_CLIENT
    if not alarm.account and measure not in {Measure.BRAKE, Measure.WATCH}:
        measure = Measure.NOTIFY
    return Containment(
        alarm.account,
        measure,
        _until(measure, now, policy),
        alarm.why,
        Standing({**recent, alarm.kind: step + 1}, now, standing.client),
    )


def hold(account: Account, containment: Containment) -> Account:
    """Return the gate's row of an account under a containment: never with more than before.

    Signing its devices out is the caller's: they are no part of the row.
    """
    until = containment.until or 0.0
    match containment.measure:
        case Measure.SHRINK:
            until = max(account.shrunk_until, until)
            return msgspec.structs.replace(account, shrunk_until=until)
        case Measure.FREEZE:
            until = max(account.frozen_typed_until, until)
            return msgspec.structs.replace(account, frozen_typed_until=until)
        case Measure.CLOSE:
            cards_open = account.cards_open or not account.locked
            return msgspec.structs.replace(account, locked=True, cards_open=cards_open)
        case Measure.LOCK | Measure.LOCK_CLIENT:
            return msgspec.structs.replace(account, locked=True, cards_open=False)
        case _:
            return account


def _until(measure: Measure, now: float, policy: WatchPolicy) -> float | None:
    match measure:
        case Measure.WATCH:
            return now + policy.wary_hours * HOUR
        case Measure.SHRINK:
            return now + policy.shrink_hours * HOUR
        case Measure.FREEZE:
            return now + policy.freeze_hours * HOUR
        case Measure.BRAKE:
            return now + policy.brake_hours * HOUR
        case Measure.CLOSE | Measure.LOCK | Measure.LOCK_CLIENT:
            return None
        case _:
            return now
