"""What speaks for a thief in an account's checks without a card, taken together (pure).

Each part is a log-likelihood ratio against the account's own habits. How many persons, who they are
and when they are asked about are independent for an honest counter, once its habit is known: their
weights add up. How many of them are nobody is none of these parts: what is typed wrong is typed
again, and raises the number as well. Checks that no claim ever follows would be one more part.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, NamedTuple

from ecluse.watch.sequential import DAY, within


if TYPE_CHECKING:
    from ecluse.policy.watch import WatchPolicy
    from ecluse.watch.event import Seen
    from ecluse.watch.features import Habits
    from ecluse.watch.sequential import Portion


#: What each bucket of the keyring's weighs at least (`keyring/structure.py`).
_ORDER = (0.0, log(6), log(36), log(250))
_WALK = (0.0, log(6), log(36), log(250))
_DISTANCE = (0.0, log(2), log(8), log(30))
#: Of several persons, next to none of a list was born near the practice: what nothing striking weighs
#: with each after the first, and at most.
_NEAR, _NEAREST = -0.35, -1.8
#: Of the days on which so many persons were typed, those on which they come from far away: at a
#: usual counter; what an account's own share is believed to be at least and at most (a resort's
#: patients come from everywhere); and with a list.
_DAY_PERSONS = 3
_FAR_LEAST, _FAR_MOST, _FAR_LIST = 0.12, 0.74, 0.75
_FAR_WEIGHT = 0.1
#: What a day's distance weighs fades with each day after it: a new habit is learned meanwhile.
_FADES = 0.9
#: Of checks at hours of the week never worked: what an account's own share is believed to be at least
#: and at most (duty at night comes in turns), and a thief's.
_ODD, _ODD_SUSPECT = (0.03, 0.3), 0.5
#: No suspect share is more.
_MOST = 0.9


class Parts(NamedTuple):
    """What speaks for a thief, each a log-likelihood ratio."""

    #: New persons in time.
    rate: float
    #: Sorted, of one commune and month, far from the practice; today and on the days before. Below
    #: nothing when they look like a counter's.
    looks: float
    #: Hours of the week never worked.
    hours: float

    @property
    def beside(self) -> float:
        """Return what speaks beside the mere number."""
        return self.looks + self.hours

    @property
    def total(self) -> float:
        """Return what speaks altogether."""
        return self.rate + self.beside


def parts(habits: Habits, now: float, policy: WatchPolicy) -> Parts:
    """Return what speaks for a thief now: who asked no more since is less suspect."""
    idle = (now - habits.typed.at) / DAY
    usual, suspected = rates(habits, policy)
    return Parts(
        max(0.0, habits.typed.score - idle * (suspected - usual)),
        (habits.looks if idle < 1 else 0.0) + habits.far.now(*_far_shares(habits)),
        habits.odd.now(*odd_shares(habits.odd)),
    )


def clear(habits: Habits) -> None:
    """Begin anew: the next alarm takes as much evidence again."""
    habits.looks = 0.0
    for part in (habits.typed, habits.far, habits.odd):
        part.score = 0.0


def rates(habits: Habits, policy: WatchPolicy) -> tuple[float, float]:
    """Return how many new persons a day are usual for an account, and how many are suspect."""
    usual = within(habits.typed.usual, policy.typed_day_least, policy.typed_day_most)
    return usual, max(policy.typed_day_suspect, usual * policy.suspect_times)


def shares(share: float, policy: WatchPolicy) -> tuple[float, float]:
    """Return which share (of misses, say) is usual where `share` was seen, and which is suspect."""
    usual = within(share, policy.miss_least, policy.miss_most)
    return usual, max(policy.miss_suspect, min(_MOST, usual * policy.suspect_times))


def odd_shares(portion: Portion) -> tuple[float, float]:
    """Return which share of checks at odd hours is usual, and which is suspect."""
    return within(portion.usual, *_ODD), _ODD_SUSPECT


def _far_shares(habits: Habits) -> tuple[float, float]:
    return within(habits.far.usual, _FAR_LEAST, _FAR_MOST), _FAR_LIST


def look(habits: Habits, seen: Seen) -> None:
    """Weigh what the day's persons look like together."""
    order, walk, distance = seen.structure
    habits.distance = max(habits.distance, distance)
    if not (order or walk or distance):
        habits.looks = max(_NEAREST, _NEAR * max(0, habits.typed.today - 1))
        return
    resort = log(_far_shares(habits)[0] / _FAR_LEAST)
    habits.looks = max(_ORDER[order], _WALK[walk]) + max(0.0, _DISTANCE[distance] - resort)


def turn(habits: Habits) -> None:
    """End a day of typed checks: what it looked like joins the habit."""
    far = habits.far
    if habits.typed.today >= _DAY_PERSONS:
        far.score *= _FADES
        if habits.distance:
            far.hit(*_far_shares(habits))
            far.learn(_FAR_WEIGHT)
        else:
            far.others += 1
    habits.looks, habits.distance = 0.0, 0
