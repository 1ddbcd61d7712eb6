"""A thief who enrols: fresh accounts at one organisation, each on probation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.gate.state import Lane
from ecluse.gate.windows import DAY
from ecluse.policy.bound import StolenOrganisation, typed_bound
from ecluse.siege.strategies.pace import working_hours
from ecluse.siege.strategy import PROFESSIONALS, Goal, Move, Strategy


if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.random import Generator as Random

    from ecluse.gate.state import Outcome
    from ecluse.policy.policy import Policy
    from ecluse.siege.strategy import Loot


def _play(loot: Loot, rng: Random) -> Generator[Move, Outcome, None]:
    """Have one new account a day ask all that its budget gives, beside those of the days before."""
    daily = loot.policy.typed.account_day
    for day in range(loot.days):
        accounts = range(min(loot.accounts, day + 1))
        moves = [(at, each) for each in accounts for at in working_hours(rng, daily)]
        for number, (moment, account) in enumerate(sorted(moves)):
            person = day * 10_000 + number
            yield Move(day * DAY + moment, account, Lane.TYPED, person, found=True)


def _bound(loot: Loot) -> int:
    return typed_bound(loot.policy, [_at(loot.accounts)], 24 * loot.days)


def _goals(policy: Policy) -> tuple[Goal, ...]:
    return (Goal("persons_24h", "max", typed_bound(policy, [_at(10)], 24)),)


def _at(accounts: int) -> StolenOrganisation:
    return StolenOrganisation(PROFESSIONALS, accounts)


STRATEGY = Strategy(
    "enrolled",
    "an administrator's hand at one organisation, which enrols a new account each day; a list",
    "every account all that its budget gives, in the working hours",
    _play,
    _bound,
    _goals,
    accounts=10,
    days=10,
    enrolled=True,
)
