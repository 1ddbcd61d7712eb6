"""A day of honest work of one region, drawn from a seed a column at a time."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecluse.siege import births
from ecluse.siege.nation.calendar import SATURDAY, SUNDAY
from ecluse.siege.nation.checks import CARD, KNOWN, TYPED, Checks, joined
from ecluse.siege.nation.clock import Clock, within_the_day


if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from numpy.typing import NDArray

    from ecluse.siege.nation.assumed import Assumed, Trade
    from ecluse.siege.nation.calendar import Day
    from ecluse.siege.nation.region import Region


_HOUR = 3600.0
#: Seconds until somebody asks again about the same person.
_RETRY = 60.0
#: Numbers of a region's cards of one day begin this far from those of another.
_CARDS = 1 << 32


class Work(NamedTuple):
    """A region's day, in order."""

    checks: Checks
    #: Whom the typed ones ask about (22 bytes, `ids.subject`).
    persons: list[bytes]


class Drawing:
    """Draws days; holds what is the same on all of them."""

    def __init__(self, assumed: Assumed, typed: float) -> None:
        self._assumed = assumed
        trades = assumed.trades
        weekday = Clock([trade.hours for trade in trades])
        saturday = Clock([trade.saturday_hours for trade in trades])
        self._clocks = {**dict.fromkeys(range(5), weekday), SATURDAY: saturday, SUNDAY: saturday}
        self._evening = Clock([assumed.on_call.evening] * len(trades))
        self._sunday = Clock([assumed.on_call.sunday] * len(trades))
        # One mean over all accounts, whatever the mix of trades.
        usual = sum(trade.share * trade.typed for trade in trades)
        times = max(0.0, typed - self._for_dead_cards()) / self._checks_of_one() / usual
        self._means = np.array(
            [
                self._of(lambda trade: trade.card),
                self._of(lambda trade: trade.known),
                self._of(lambda trade: trade.typed * times),
            ]
        )

    def _for_dead_cards(self) -> float:
        """Return how many typed checks of an account's day come of cards that are dead."""
        plan = self._assumed.card
        cards = sum(trade.share * trade.card for trade in self._assumed.trades)
        return cards * plan.dead * plan.dead_typed

    def _checks_of_one(self) -> float:
        """Return how many typed checks come of one person without a card, in the mean."""
        plan = self._assumed.typed
        family = sum(number * share for number, share in enumerate(plan.family, 1))
        return family * (1 + plan.mistyped + plan.elsewhere + plan.nobody * plan.nobody_again)

    def _of(self, value: Callable[[Trade], float]) -> NDArray[np.float64]:
        return np.array([value(trade) for trade in self._assumed.trades])

    @cached_property
    def _sent(self) -> NDArray[np.float64]:
        return self._of(lambda trade: trade.sent)

    @cached_property
    def _epidemic(self) -> NDArray[np.float64]:
        return 1 + self._of(lambda trade: trade.epidemic)

    @cached_property
    def _on_call(self) -> NDArray[np.float64]:
        return self._of(lambda trade: trade.on_call)

    def day(self, rng: Generator, region: Region, day: Day) -> Work:
        """Return what a region's accounts ask on a day."""
        accounts = self._assumed.accounts
        count = len(region.trade)
        works = region.week[:, day.weekday] & (rng.random(count) >= accounts.away)
        busy = day.busy(self._assumed) * rng.gamma(
            accounts.day_shape, 1 / accounts.day_shape, count
        )
        if day.epidemic(self._assumed, region.number):
            busy *= self._epidemic[region.trade]
        called = rng.random(count) < self._on_call[region.trade]
        means = region.pace * self._means[:, region.trade]
        usual = self._at(rng, region, means * (busy * works), self._clocks[day.weekday])
        clock = self._sunday if day.weekday == SUNDAY else self._evening
        called_in = self._at(rng, region, means * (called * self._assumed.on_call.busy), clock)
        moments = [
            (np.concatenate(accounts), np.concatenate(at))
            for accounts, at in (
                zip(*both, strict=True) for both in zip(usual, called_in, strict=True)
            )
        ]
        cards = self._cards(rng, region, day, *moments[CARD])
        typed, persons = self._typed(rng, region, day, *moments[TYPED], cards)
        checks = joined([cards, self._known(rng, region, *moments[KNOWN]), typed])
        checks = self._outage(rng, day, checks)
        checks = checks._replace(at=within_the_day(checks.at))
        return Work(checks.at_rows(np.argsort(checks.at, kind="stable")), persons)

    def _at(
        self, rng: Generator, region: Region, means: NDArray[np.float64], clock: Clock
    ) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """Return who asks when, in each lane."""
        drawn = []
        for mean in means:
            account = np.repeat(np.arange(len(mean)), rng.poisson(mean))
            at = clock.draw(rng, region.trade[account]) + region.shift[account]
            drawn.append((account, at))
        return drawn

    def _cards(
        self,
        rng: Generator,
        region: Region,
        day: Day,
        account: NDArray[np.int64],
        at: NDArray[np.float64],
    ) -> Checks:
        plan, count = self._assumed.card, len(account)
        number = np.arange(count) + _CARDS * (day.number * 100 + region.number)
        self._send(rng, number, self._sent[region.trade[account]])
        dead = region.dead[account] * self._assumed.dead_season[day.month]
        checks = Checks.of(CARD, at, account, number, rng.random(count) >= dead)
        again = rng.random(count) < np.where(checks.found, plan.again, plan.dead_again)
        repeated = checks.at_rows(again)
        return joined([checks, repeated.later(rng.exponential(_HOUR / 4, len(repeated.at)))])

    def _send(self, rng: Generator, number: NDArray[np.int64], sent: NDArray[np.float64]) -> None:
        """Have some checks be of cards that were shown elsewhere that day."""
        going = rng.random(len(number)) < sent
        first = number[~going]
        others = rng.choice(
            len(self._assumed.card.elsewhere), len(first), p=self._assumed.card.elsewhere
        )
        goers = rng.permutation(np.repeat(first, others))
        seats = rng.permutation(np.flatnonzero(going))
        both = min(len(goers), len(seats))
        number[seats[:both]] = goers[:both]

    def _known(
        self, rng: Generator, region: Region, account: NDArray[np.int64], at: NDArray[np.float64]
    ) -> Checks:
        plan, count = self._assumed.known, len(account)
        place = region.place[account]
        patient = (rng.random(count) * plan.roster * region.sizes[place]).astype(np.int64)
        checks = Checks.of(
            KNOWN, at, account, patient + place * _CARDS, rng.random(count) >= plan.ended
        )
        repeated = checks.at_rows(rng.random(count) < plan.again)
        return joined([checks, repeated.later(rng.exponential(_HOUR / 4, len(repeated.at)))])

    def _typed(
        self,
        rng: Generator,
        region: Region,
        day: Day,
        account: NDArray[np.int64],
        at: NDArray[np.float64],
        cards: Checks,
    ) -> tuple[Checks, list[bytes]]:
        """Return typed checks, and whom they ask about."""
        plan = self._assumed.typed
        family = 1 + rng.choice(len(plan.family), len(account), p=plan.family)
        first = np.repeat(np.arange(len(account)), family)
        rank = np.arange(len(first)) - np.repeat(np.cumsum(family) - family, family)
        at, account = (at[first] + rank * plan.between), account[first]
        found = rng.random(len(first)) >= region.nobody[account]
        dead = cards.at_rows(
            ~cards.found & (rng.random(len(cards.at)) < self._assumed.card.dead_typed)
        )
        at = np.concatenate([at, dead.at + _RETRY])
        account = np.concatenate([account, dead.account])
        found = np.concatenate(
            [found, rng.random(len(dead.at)) < self._assumed.card.dead_typed_found]
        )
        persons = self._persons(rng, region, day, len(at))
        one = np.repeat(rng.random(len(family)) < plan.one_number, family) & (rank > 0)
        for row in np.flatnonzero(one).tolist():
            persons[row] = _sibling(persons[row - rank[row]], persons[row])
        checks = Checks.of(TYPED, at, account, np.arange(len(at)), found)
        return self._slips(rng, checks, persons, cards)

    def _slips(
        self, rng: Generator, checks: Checks, persons: list[bytes], cards: Checks
    ) -> tuple[Checks, list[bytes]]:
        """Add what is typed wrong first, asked once more, and asked somewhere else as well."""
        plan, count = self._assumed.typed, len(checks.at)
        again = checks.at_rows(~checks.found & (rng.random(count) < plan.nobody_again))
        elsewhere = checks.at_rows(rng.random(count) < plan.elsewhere * (len(cards.at) > 0))
        # At a counter that is open, and busy.
        counter = (rng.random(len(elsewhere.at)) * len(cards.at)).astype(np.int64)
        elsewhere = elsewhere._replace(account=cards.account[counter], at=cards.at[counter])
        parts = [
            checks,
            again.later(np.full(len(again.at), _RETRY)),
            elsewhere,
        ]
        wrong = checks.at_rows(rng.random(count) < plan.mistyped)
        while len(wrong.at):
            persons += [_misdated(rng, persons[row]) for row in wrong.subject.tolist()]
            wrong = wrong.later(np.full(len(wrong.at), -_RETRY / 2))._replace(
                subject=np.arange(len(persons) - len(wrong.at), len(persons)),
                found=np.zeros(len(wrong.at), np.bool_),
            )
            parts.append(wrong)
            wrong = wrong.at_rows(rng.random(len(wrong.at)) < plan.mistyped)
        return joined(parts), persons

    def _persons(self, rng: Generator, region: Region, day: Day, count: int) -> list[bytes]:
        """Return whom counters of a region have before them, some of them on holiday."""
        assumed = self._assumed
        plan = assumed.typed
        away = assumed.holiday[day.month] if region.code in assumed.holiday_regions else 0.0
        guests = int(rng.binomial(count, away))
        near = plan.born_near_by_region.get(region.code, plan.born_near)
        people = births.around(rng, region.code, count - guests, near)
        people += births.anywhere(rng, guests)
        return [people[row] for row in rng.permutation(count).tolist()]

    def _outage(self, rng: Generator, day: Day, checks: Checks) -> Checks:
        """Have nobody ask for some hours, and most come back at once."""
        plan = self._assumed.outage
        if day.number != plan.day:
            return checks
        ends = plan.to * _HOUR
        out = (checks.at >= plan.from_ * _HOUR) & (checks.at < ends)
        gone = out & (rng.random(len(out)) >= plan.back)
        back = ends + rng.exponential(plan.minutes * 60, len(out))
        return checks._replace(at=np.where(out, back, checks.at)).at_rows(~gone)


def _sibling(first: bytes, person: bytes) -> bytes:
    """Return `person` under the number of `first`."""
    return first[:13] + person[13:]


def _misdated(rng: Generator, person: bytes) -> bytes:
    """Return `person` born on another day."""
    return person[:19] + b"%02d" % rng.integers(1, 29) + person[21:]
