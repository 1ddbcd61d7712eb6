"""Sequential tests: CUSUM of log-likelihood ratios, each against the account's own habit (pure).

Page, "Continuous inspection schemes", Biometrika 41 (1954): the score rises with what the suspected
rate explains better, falls with what the usual one does, and is never below nothing. Both structs
are changed in place: whoever holds one copies it first.
"""

from __future__ import annotations

from math import log

import msgspec


DAY = 86_400.0
#: What is asked in a day is asked in the hours of work: this part of it.
AT_WORK = 0.4
#: A day seen counts as one of so many before a habit is old enough to be slow.
_YOUNG = 3.0


class Rate(msgspec.Struct, gc=False):
    """Events in time: how many a day are usual, and how much speaks for the suspected number."""

    usual: float
    #: In the counter's own calendar: of the first event, and of the present count.
    first: int
    day: int
    today: int = 0
    score: float = 0.0
    #: Of the last event weighed, seconds since the epoch.
    at: float = 0.0

    @classmethod
    def begin(cls, usual: float, day: int, at: float) -> Rate:
        """Return a habit nobody knows yet."""
        return cls(usual, day, day, at=at)

    def count(self, day: int, habit_days: float) -> None:
        """Count an event of this day."""
        if day > self.day:
            self._learn(day, habit_days)
        self.today += 1

    def _learn(self, day: int, habit_days: float) -> None:
        weight = max(1 / habit_days, 1 / (self.day - self.first + _YOUNG))
        self.usual += weight * (self.today - self.usual)
        self.usual *= (1 - 1 / habit_days) ** (day - self.day - 1)
        self.day, self.today = day, 0

    def weigh(self, at: float, usual: float, suspected: float) -> float:
        """Weigh one event of a Poisson process, after the time without one; return the score."""
        gap = max(0.0, at - self.at) / DAY
        self.at = at
        quiet = max(0.0, self.score - (suspected - usual) * gap)
        self.score = quiet + log(suspected / usual)
        return self.score


class Portion(msgspec.Struct, gc=False):
    """Events of one sort among others: their usual share, and what speaks for the suspected one."""

    usual: float
    score: float = 0.0
    #: Others since the last one of the sort: weighed when the next one comes.
    others: int = 0
    #: Others between the last two.
    passed: int = 0

    def now(self, usual: float, suspected: float) -> float:
        """Return the score, with the others since the last hit."""
        return max(0.0, self.score + self.others * log((1 - suspected) / (1 - usual)))

    def hit(self, usual: float, suspected: float) -> float:
        """Weigh the others since the last hit, and a hit; return the score."""
        self.score = self.now(usual, suspected) + log(suspected / usual)
        self.passed, self.others = self.others, 0
        return self.score

    def learn(self, weight: float) -> None:
        """Take the last hit, and the others before it, into the habit."""
        self.usual = self.usual * (1 - weight) ** (self.passed + 1) + weight


def within(value: float, least: float, most: float) -> float:
    """Return `value` held between two bounds, so that a habit cannot be boiled up or down."""
    return least if value < least else min(value, most)
