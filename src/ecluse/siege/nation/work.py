"""A nation at work for weeks: the production parts decide and watch, and what they refuse is counted."""

from __future__ import annotations

from heapq import merge
from itertools import groupby
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ecluse.gate.state import Organisation, Reason
from ecluse.gate.windows import HOUR
from ecluse.policy.watch import Measure
from ecluse.siege.field import Field
from ecluse.siege.nation.asking import BATCH, batches
from ecluse.siege.nation.calendar import Day
from ecluse.siege.nation.drawing import Drawing
from ecluse.siege.nation.region import settle
from ecluse.siege.nation.tally import Tally


if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.random import Generator

    from ecluse.gate.state import Ask, Outcome
    from ecluse.policy.policy import Policy
    from ecluse.siege.nation.asking import Batch
    from ecluse.siege.nation.assumed import Assumed
    from ecluse.siege.nation.region import Region
    from ecluse.watch.alarm import Kind


_LOCKS = (Measure.LOCK, Measure.LOCK_CLIENT)


class Plan(msgspec.Struct, frozen=True):
    """What is played: the same plan gives the same counts."""

    accounts: int
    days: int
    #: Typed checks of an account on a day on which it works, in the mean over accounts.
    typed: float
    seed: int
    #: Its first midnight, seconds since the epoch.
    begin: float


def at_work(
    plan: Plan,
    policy: Policy,
    assumed: Assumed,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> dict[str, Any]:
    """Have a nation work; return what it met (`report`).

    Args:
        plan: Who and how long.
        policy: In force.
        assumed: About honest work.
        progress: Told of days over, and checks so far.
    """
    began, spent = perf_counter(), process_time()
    regions = settle(np.random.default_rng((plan.seed,)), plan.accounts, assumed)
    nation = _Nation(plan, policy, assumed, regions)
    for number in range(plan.days):
        nation.live(Day.after(plan.begin, number))
        progress(number + 1, nation.tally.checks.total())
    return report(plan, nation.tally, perf_counter() - began, process_time() - spent)


def report(plan: Plan, tally: Tally, seconds: float, cpu_seconds: float) -> dict[str, Any]:
    """Return what scripts rely on (`honest`), with shares and by cause."""
    checks = tally.checks.total()
    refused, locks = tally.refused_by.total(), tally.locks.total()
    return {
        **msgspec.structs.asdict(plan),
        "checks": checks,
        "checks_by_lane": dict(tally.checks),
        "false_locks": locks,
        "false_locks_per_million": locks / (checks or 1) * 1e6,
        "wrongly_refused": refused,
        "wrongly_refused_share": refused / (checks or 1),
        "presence_checks": tally.proved,
        "presence_refused": tally.presence_refused,
        "locks_by_alarm": dict(tally.locks),
        "refused_by": dict(tally.refused_by),
        "refused_for_alarm": dict(tally.refused_for),
        "alarms": tally.alarms.total(),
        "alarms_by_kind": dict(tally.alarms),
        "alarms_by_trade": dict(tally.alarms_by_trade),
        "measures": dict(tally.measures),
        "seconds": round(seconds, 1),
        "checks_per_s": checks / seconds,
        "checks_per_cpu_s": checks / cpu_seconds,
    }


class _Nation:
    def __init__(
        self, plan: Plan, policy: Policy, assumed: Assumed, regions: Sequence[Region]
    ) -> None:
        self.tally = Tally()
        self._plan, self._assumed = plan, assumed
        self._drawing = Drawing(assumed, plan.typed)
        self._field = Field(policy)
        self._regions = [_Crew(self._field, region, assumed) for region in regions]
        self._trade = {
            name: assumed.trades[trade].name
            for crew in self._regions
            for name, trade in zip(crew.names, crew.region.trade.tolist(), strict=True)
        }
        #: The alarm behind the latest thing that the watch took from an account.
        self._taken: dict[bytes, Kind] = {}
        self._counted = 0

    def live(self, day: Day) -> None:
        """Live one day, batch by batch."""
        self._open(day)
        for crew in self._regions:
            crew.begin(
                day, np.random.default_rng((self._plan.seed, day.number, crew.region.number))
            )
        for number, parts in _together([crew.day(self._drawing) for crew in self._regions]):
            self._batch(day.begins + (number + 1) * BATCH, parts)
        self._field.watch(day.begins + 24 * HOUR)
        self._count_alarms()

    def _open(self, day: Day) -> None:
        """Open what was locked long enough ago."""
        for name, at in [*self._field.locked.items()]:
            if at <= day.begins + (9 - self._assumed.accounts.opened_after) * HOUR:
                self._field.open(name)

    def _batch(self, now: float, parts: Sequence[Batch]) -> None:
        asks = [ask for part in parts for ask in part.asks]
        persons = [person for part in parts for person in part.persons]
        proved = [phone for part in parts for phone in part.phones]
        outcomes = self._field.decide(asks, now, persons)
        self._count_alarms()
        for ask, outcome, phone in zip(asks, outcomes, proved, strict=True):
            self._count(ask, outcome, phone=phone)

    def _count(self, ask: Ask, outcome: Outcome, *, phone: bool) -> None:
        tally = self.tally
        tally.checks[ask.lane] += 1
        tally.proved += phone
        reason = outcome.reason
        if reason is None or reason is Reason.UNKNOWN or not ask.found:
            return
        tally.refused_by[reason] += 1
        tally.presence_refused += phone
        if ask.account in self._taken:
            tally.refused_for[self._taken[ask.account]] += 1

    def _count_alarms(self) -> None:
        """Count what the watch did since the last time."""
        field, tally = self._field, self.tally
        for alarm, done in zip(
            field.alarms[self._counted :], field.done[self._counted :], strict=True
        ):
            tally.alarms[alarm.kind] += 1
            tally.measures[done.measure] += 1
            if alarm.account:
                tally.alarms_by_trade[f"{alarm.kind}: {self._trade[alarm.account]}"] += 1
            if done.measure in _LOCKS:
                tally.locks[alarm.kind] += 1
            if done.measure is not Measure.NOTIFY:
                self._taken[alarm.account] = alarm.kind
        self._counted = len(field.alarms)


class _Crew:
    """A region's accounts, by name, and their day."""

    def __init__(self, field: Field, region: Region, assumed: Assumed) -> None:
        self.region = region
        self._field, self._assumed = field, assumed
        self._places = [
            field.found(Organisation(size, region.code, assumed.trades[trade].profession))
            for size, trade in zip(region.sizes.tolist(), region.trades.tolist(), strict=True)
        ]
        self.names = [field.hire(self._places[place]) for place in region.place.tolist()]

    def begin(self, day: Day, rng: Generator) -> None:
        """Have locums move, and some begin anew."""
        self._day, self._rng = day, rng
        if day.number and day.weekday == 0:
            for account in self.region.move_locums(rng, self._assumed).tolist():
                self._field.move(self.names[account], self._places[self.region.place[account]])
        anew = rng.random(len(self.names)) < self._assumed.accounts.anew
        for account in np.flatnonzero(anew).tolist():
            self._field.enrol(self.names[account], day.begins)

    def day(self, drawing: Drawing) -> Iterator[Batch]:
        """Draw the day, and yield its batches."""
        work = drawing.day(self._rng, self.region, self._day)
        return batches(work, self.region, self.names, self._assumed.card.phone)


def _together(days: Iterable[Iterator[Batch]]) -> Iterator[tuple[int, list[Batch]]]:
    """Yield the regions' batches of the same number together, in order."""
    in_order = merge(*days, key=lambda batch: batch.number)
    for number, parts in groupby(in_order, key=lambda batch: batch.number):
        yield number, list(parts)
