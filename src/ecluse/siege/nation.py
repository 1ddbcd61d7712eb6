"""Honest professionals at work for weeks, in virtual time: what the defence costs them.

The caps, `decide()`, the watch and its ladder are the production ones, in micro-batches as a gate
takes them. How much is asked is assumed, and stands here: nobody has published it.
"""

from __future__ import annotations

from itertools import groupby
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from ecluse.gate.state import Lane, Organisation, Reason
from ecluse.gate.windows import DAY
from ecluse.siege import births
from ecluse.siege.field import Field
from ecluse.siege.honest import BEGIN, Habit, Work, weekday, work


if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.random import Generator

    from ecluse.gate.state import Ask
    from ecluse.policy.policy import Policy


class Trade(NamedTuple):
    """A profession: its code, its share of the accounts, how many work in one organisation."""

    code: str
    share: float
    size: int
    card: float
    known: float


#: Assumed, as everything here.
_TRADES = (
    Trade("50", 0.30, 4, card=40.0, known=4.0),
    Trade("10", 0.55, 2, card=15.0, known=3.0),
    Trade("40", 0.15, 10, card=20.0, known=5.0),
)
#: Of the week's mean, Monday first: queues after Sunday, half of Saturday closed.
_WEEK = (1.35, 1.05, 1.0, 1.0, 1.05, 0.55, 0.0)
#: Shape of the gamma distribution of accounts' paces around their trade's.
_SPREAD = 2.0
#: Seconds of a micro-batch.
_BATCH = 15.0


class Honest(msgspec.Struct, frozen=True):
    """What honest professionals met. No officer opens anything: what is locked stays so."""

    accounts: int
    days: int
    seed: int
    #: Mean of an account, on a usual day.
    typed_a_day: float
    checks: int
    #: Accounts locked, each counted once; and alarms that only told or took less.
    false_locks: int
    false_locks_per_million: float
    alarms: int
    #: Checks that were refused although the person is on file and the asker has a right to ask.
    wrongly_refused: int
    wrongly_refused_share: float
    #: The same, by what refused them.
    refused_by: dict[Reason, int]
    #: Of the simulation, decisions and watch and drawing together; and of deciding and watching.
    checks_per_s: float
    decided_per_s: float


def live(policy: Policy, accounts: int, days: int, typed: float, seed: int) -> Honest:
    """Have `accounts` professionals work for `days` days, each `typed` checks a day in the mean."""
    began = perf_counter()
    nation = _Nation(policy, accounts, typed, np.random.default_rng(seed))
    for day in range(days):
        nation.live(BEGIN + day * DAY)
    seconds = perf_counter() - began
    refused = sum(nation.refused.values())
    checks = nation.checks or 1
    return Honest(
        accounts=accounts,
        days=days,
        seed=seed,
        typed_a_day=typed,
        checks=nation.checks,
        false_locks=len(nation.field.locked),
        false_locks_per_million=len(nation.field.locked) / checks * 1e6,
        alarms=len(nation.field.alarms),
        wrongly_refused=refused,
        wrongly_refused_share=refused / checks,
        refused_by=nation.refused,
        checks_per_s=nation.checks / seconds,
        decided_per_s=nation.checks / (nation.deciding or seconds),
    )


class _Nation:
    def __init__(self, policy: Policy, accounts: int, typed: float, rng: Generator) -> None:
        self.field = Field(policy)
        self.checks = 0
        self.deciding = 0.0
        self.refused: dict[Reason, int] = {}
        self._rng = rng
        self._patients = births.Patients(rng)
        self._crews = [
            (Habit(trade.card, trade.known, typed), names, rng.gamma(_SPREAD, 1 / _SPREAD, many))
            for trade in _TRADES
            if (many := round(accounts * trade.share)) and (names := self._settle(trade, many))
        ]

    def _settle(self, trade: Trade, many: int) -> list[tuple[bytes, bytes]]:
        """Found a trade's organisations and hire into them; return accounts with organisations."""
        hired: list[tuple[bytes, bytes]] = []
        regions = births.regions(self._rng, -(-many // trade.size))
        for region in regions:
            place = self.field.found(Organisation(trade.size, region, trade.code))
            size = min(trade.size, many - len(hired))
            hired += [(self.field.hire(place), place) for _ in range(size)]
        return hired

    def live(self, day: float) -> None:
        """Live one day, batch by batch."""
        peak = _WEEK[weekday(day)]
        done = [
            each
            for habit, names, pace in self._crews
            for each in work(self._rng, names, day, habit, pace * peak)
        ]
        done.sort(key=lambda each: each.at)
        began = perf_counter()
        for now, batch in _batches(done):
            asks = [each.ask for each in batch]
            persons = [self._patient(ask) for ask in asks]
            for ask, outcome in zip(asks, self.field.decide(asks, now, persons), strict=True):
                if outcome.reason and ask.found:
                    self.refused[outcome.reason] = self.refused.get(outcome.reason, 0) + 1
        self.checks += len(done)
        self.field.watch(day + DAY)
        self.deciding += perf_counter() - began

    def _patient(self, ask: Ask) -> bytes:
        """Return whom an honest typed check asks about."""
        if ask.lane is not Lane.TYPED:
            return b""
        place = self.field.organisations[self.field.accounts[ask.account].organisation]
        return self._patients.around(place.region)


def _batches(done: Iterable[Work]) -> Iterator[tuple[float, list[Work]]]:
    """Yield micro-batches, each decided when it is complete."""
    for number, batch in groupby(done, key=lambda each: each.at // _BATCH):
        yield (number + 1) * _BATCH, list(batch)
