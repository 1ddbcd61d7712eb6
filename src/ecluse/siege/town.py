"""The accounts that will be stolen, their colleagues, and two weeks of honest work behind them."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecluse.gate.state import Lane, Organisation
from ecluse.siege import births
from ecluse.siege.field import Field
from ecluse.siege.honest import BEGIN, Habit, life
from ecluse.siege.strategy import PROFESSIONALS


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.policy.policy import Policy
    from ecluse.siege.honest import Work


#: Days of honest work that the watch has seen of each account before the theft.
_HISTORY = 14
#: Stolen accounts that have an honest colleague beside them.
_COLLEAGUES = 50
#: Seconds of honest work that are decided together before the theft.
_BATCH = 60.0


class Census(NamedTuple):
    """Who lives in a town: the same census, policy and seed give the same past."""

    #: That will be stolen.
    accounts: int
    #: They are practice software.
    client: bool
    #: The thief enrols them, all at one organisation: they have no past.
    enrolled: bool


class Town:
    """Accounts at work in virtual time."""

    def __init__(self, census: Census, policy: Policy, seed: int) -> None:
        self.field = Field(policy)
        self.rng = np.random.default_rng(seed)
        self.patients = births.Patients(self.rng)
        self.regions = tuple(births.regions(self.rng, census.accounts))
        self.stolen: list[bytes] = []
        #: Whose clerks work, with their organisations.
        self._honest: list[tuple[bytes, bytes]] = []
        # A till has no clerk: it works with cards and references alone.
        self._habit = Habit(typed=0.0) if census.client else Habit()
        self._settle(census)
        self._live_before()

    def _settle(self, census: Census) -> None:
        place = b""
        for number, region in enumerate(self.regions):
            if not place or not census.enrolled:
                place = self.field.found(Organisation(PROFESSIONALS, region, "50"))
            self.stolen.append(self.field.hire(place, client=census.client))
            if not census.enrolled:
                self._honest.append((self.stolen[-1], place))
            if number < _COLLEAGUES:
                self._honest.append((self.field.hire(place), place))

    def _live_before(self) -> None:
        """Work honestly for two weeks; what the watch closed is open again after them."""
        work = self.life(-_HISTORY, _HISTORY)
        for minute, some in groupby(work, key=lambda each: each.at // _BATCH):
            batch = list(some)
            persons = [self.patient(each) for each in batch]
            self.field.decide([each.ask for each in batch], (minute + 1) * _BATCH, persons)
        self.field.watch(BEGIN)
        self.field.open_all()

    def life(self, first: int, days: int) -> Iterator[Work]:
        """Yield the clerks' checks of `days` days, from `first` days after the beginning."""
        return life(self.rng, self._honest, self._habit, first, days)

    def patient(self, each: Work) -> bytes:
        """Return whom an honest check asks about, if it is a typed one."""
        if each.ask.lane is not Lane.TYPED:
            return b""
        return self.patients.around(self.field.organisations[self.place(each.ask.account)].region)

    def place(self, account: bytes) -> bytes:
        """Return the organisation of an account."""
        return self.field.accounts[account].organisation


def town(census: Census, policy: Policy, seed: int) -> Town:
    """Return a town on the morning of the theft, for one thief: others find another like it."""
    return deepcopy(_before(census, policy, seed))


@lru_cache(maxsize=8)
def _before(census: Census, policy: Policy, seed: int) -> Town:
    return Town(census, policy, seed)
