"""What a strategy is: what the thief holds, how it moves, what holds it back, what is asked of us."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ecluse.policy.bound import StolenOrganisation


if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.random import Generator as Random

    from ecluse.gate.state import Lane, Outcome
    from ecluse.policy.policy import Policy


#: INSEE, population of France on 1 January 2025, rounded; days of a month.
_POPULATION, _MONTH_DAYS = 68_600_000, 30.4
#: Professionals registered at each organisation that is stolen from.
PROFESSIONALS = 3


class Loot(NamedTuple):
    """What the thief starts with."""

    #: How many accounts.
    accounts: int
    days: int
    #: Members on file.
    members: int
    policy: Policy
    #: Where each account works, an INSEE region code: the thief knows that.
    regions: tuple[str, ...] = ()

    @property
    def density(self) -> float:
        """Return how often a plausible number made up at random leads to a member on file.

        The best there is for the thief: every number it makes up was given to somebody alive, who
        was born first of their rank; the day of birth is still to be guessed, and the person may be
        insured elsewhere.
        """
        return min(1.0, self.members / _POPULATION) / _MONTH_DAYS

    @property
    def organisations(self) -> list[StolenOrganisation]:
        """Return each account alone in its organisation, the worst spread, all in distinct places."""
        return [StolenOrganisation(PROFESSIONALS, accounts=1)] * self.accounts


class Move(NamedTuple):
    """One check of the thief's."""

    #: Seconds since the theft; never less than the move before.
    after: float
    #: Which of the stolen accounts.
    account: int
    lane: Lane
    #: Whom: the thief's own number for the person.
    person: int
    #: Whether they are on file.
    found: bool
    #: Whether the device that signs is registered.
    registered: bool = True
    #: The person as the keyring sees them (22 bytes, `siege.births`); somebody from anywhere if empty.
    identity: bytes = b""


class Goal(NamedTuple):
    """A figure of a run, over the seeds, that is to be at most so much."""

    figure: str
    #: `max`, `median` or `p95`.
    over: str
    most: float


class Strategy(NamedTuple):
    """One way to steal in virtual time."""

    name: str
    holds: str
    moves: str
    play: Callable[[Loot, Random], Generator[Move, Outcome, None]]
    bound: Callable[[Loot], int]
    goals: Callable[[Policy], tuple[Goal, ...]]
    accounts: int = 1
    days: int = 1
    #: The thief takes a key of practice software.
    client: bool = False
    #: The thief enrolled the accounts, all at one organisation: each is on probation from its first
    #: check on, and has no past.
    enrolled: bool = False
