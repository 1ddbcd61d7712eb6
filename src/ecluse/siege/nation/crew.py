"""One region at work: its accounts, its gate and its watch, and what honest professionals met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecluse.gate.state import PLATFORM, Organisation, Reason
from ecluse.gate.windows import HOUR
from ecluse.policy.watch import Measure
from ecluse.siege.field import LOCKS, Field
from ecluse.siege.nation.asking import batches, on_phone
from ecluse.siege.nation.checks import CARD, LANES
from ecluse.siege.nation.platform import Branch, tell
from ecluse.siege.nation.tally import Tally


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.gate.state import Ask
    from ecluse.policy.policy import Policy
    from ecluse.siege.field import Everybody
    from ecluse.siege.nation.asking import Batch
    from ecluse.siege.nation.assumed import Assumed
    from ecluse.siege.nation.calendar import Day
    from ecluse.siege.nation.drawing import Drawing
    from ecluse.siege.nation.platform import Told
    from ecluse.siege.nation.region import Region
    from ecluse.watch.alarm import Kind


#: Officers open accounts at this hour.
_OPENING = 9


class Crew:
    """A region's accounts at work, from batch to batch: `begin` a day, then `tell` and `decide`."""

    def __init__(self, region: Region, policy: Policy, assumed: Assumed, seed: int) -> None:
        self.region = region
        self.tally = Tally()
        self._assumed, self._seed = assumed, seed
        self._pools = Branch(policy)
        self._field = Field(policy, self._pools)
        self._places = [
            self._field.found(Organisation(size, region.code, assumed.trades[trade].profession))
            for size, trade in zip(region.sizes.tolist(), region.trades.tolist(), strict=True)
        ]
        self._names = [self._field.hire(self._places[place]) for place in region.place.tolist()]
        self._numbers = {name: number for number, name in enumerate(self._names)}
        #: The alarm behind the latest thing that the watch took from an account.
        self._taken: dict[bytes, Kind] = {}
        self._day: Iterator[Batch] = iter(())
        self._next: Batch | None = None
        self._heard: Everybody | None = None

    def begin(self, day: Day, drawing: Drawing) -> None:
        """Begin a day: officers open, locums move, some accounts are new; draw what is asked."""
        rng = np.random.default_rng((self._seed, day.number, self.region.number))
        plan, field = self._assumed.accounts, self._field
        for name, at in [*field.locked.items()]:
            if at <= day.begins + (_OPENING - plan.opened_after) * HOUR:
                field.open(name)
        if day.number and not day.weekday:
            for account in self.region.move_locums(rng, self._assumed).tolist():
                field.move(self._names[account], self._places[self.region.place[account]])
        for account in np.flatnonzero(rng.random(len(self._names)) < plan.anew).tolist():
            field.enrol(self._names[account], day.begins)
        work = drawing.day(rng, self.region, day)
        lanes, phone = work.checks.lane, self._assumed.card.phone
        counts = np.bincount(lanes, minlength=len(LANES)).tolist()
        self.tally.checks.update(dict(zip(LANES, counts, strict=True)))
        proved = on_phone(work.checks.subject[lanes == CARD], phone)
        self.tally.proved += int(proved.sum())
        self._day = batches(work, self.region, self._names, phone)
        self._next = next(self._day, None)

    def tell(self, number: int, now: float, everybody: Everybody) -> Told | None:
        """Let the watch read the batch before; return what the other regions are to know."""
        news, batch = self._field.catch_up(now), self._batch(number)
        if not news and batch is None:
            return None
        self._count_alarms()
        wanted = self._field.wanted(batch.asks, now).get(PLATFORM, 0) if batch else 0
        return tell(self.region.number, wanted, everybody, self._field.everybody)

    def decide(self, number: int, now: float, everybody: Everybody, lent: int) -> int:
        """Decide the batch of this number, knowing what all regions told; return its size."""
        if everybody is not self._heard:
            self._heard = everybody
            self._field.hear(everybody)
        batch = self._batch(number)
        if batch is None:
            return 0
        self._pools.lent = lent
        outcomes = self._field.decide(batch.asks, now, batch.persons)
        self._field.forget(batch.gone)
        for ask, outcome in zip(batch.asks, outcomes, strict=True):
            if outcome.reason is not None and outcome.reason is not Reason.UNKNOWN and ask.found:
                self._refused(ask, outcome.reason)
        self._next = next(self._day, None)
        return len(outcomes)

    def end(self, now: float) -> None:
        """Let the watch read the last batch."""
        self._field.watch(now)
        self._count_alarms()

    def _batch(self, number: int) -> Batch | None:
        """Return the batch of this number, if there is one."""
        return self._next if self._next and self._next.number == number else None

    def _refused(self, ask: Ask, reason: Reason) -> None:
        self.tally.refused_by[reason] += 1
        if ask.phone:
            self.tally.presence_refused[reason] += 1
        if ask.account in self._taken:
            self.tally.refused_for[self._taken[ask.account]] += 1

    def _count_alarms(self) -> None:
        """Count what the watch did since the last time."""
        field, tally = self._field, self.tally
        if not field.alarms:
            return
        for alarm, done in zip(field.alarms, field.done, strict=True):
            tally.alarms[alarm.kind] += 1
            tally.measures[done.measure] += 1
            if alarm.account:
                trade = self._assumed.trades[self.region.trade[self._numbers[alarm.account]]]
                tally.alarms_by_trade[f"{alarm.kind}: {trade.name}"] += 1
            if done.measure in LOCKS:
                tally.locks[alarm.kind] += 1
            if done.measure is not Measure.NOTIFY:
                self._taken[alarm.account] = alarm.kind
        field.alarms.clear()
        field.done.clear()
