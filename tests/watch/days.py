"""Days of checks, as the watch would see them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from ecluse.gate.state import Lane, Reason
from ecluse.policy.policy import read
from ecluse.watch.event import Seen
from ecluse.watch.watch import WatchState, observe


if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecluse.watch.alarm import Alarm


POLICY = read()[0].watch
DAY, HOUR = 86_400.0, 3600.0
#: A Monday, at midnight UTC.
MONDAY = 1_796_169_600.0


class Tally(NamedTuple):
    """What a run of days left."""

    state: WatchState
    alarms: list[Alarm]

    @property
    def kinds(self) -> list[str]:
        return [alarm.kind for alarm in self.alarms]


def draws(seed: int) -> random.Random:
    """The same draws each time."""
    return random.Random(seed)  # noqa: S311 - the days of a test, no secret


def seen(
    at: float,
    account: bytes = b"one",
    lane: Lane = Lane.TYPED,
    reason: Reason | None = None,
    **more: object,
) -> Seen:
    organisation = bytes(more.pop("organisation", b"place of " + account))  # type: ignore[call-overload]
    return Seen(
        account=account,
        organisation=organisation,
        at=at,
        lane=lane,
        released=reason is None,
        reason=reason,
        repeat=bool(more.pop("repeat", False)),
        position=int(at),
        **more,  # type: ignore[arg-type]
    )


def watch(checks: Iterable[Seen], state: WatchState | None = None) -> Tally:
    state, alarms = observe(state or WatchState(), sorted(checks, key=lambda s: s.at), POLICY)
    return Tally(state, alarms)


def honest(
    draw: random.Random,
    account: bytes,
    days: Iterable[int],
    typed: float = 1.0,
    cards: float = 40.0,
    misses: float = 0.05,
) -> Iterator[Seen]:
    """A counter's days: open 8 to 18 on six days a week, so many typed and card checks each."""
    for day in days:
        if day % 7 == 6:
            continue
        for lane, mean in ((Lane.TYPED, typed), (Lane.CARD, cards)):
            at = MONDAY + day * DAY + 8 * HOUR
            closing = at + 10 * HOUR
            while mean and (at := at + draw.expovariate(mean / (10 * HOUR))) < closing:
                missed = draw.random() < misses
                yield seen(at, account, lane, Reason.UNKNOWN if missed else None)
