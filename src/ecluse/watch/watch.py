"""The watch itself: what it knew, what happened, in; what it knows, and alarms, out (pure).

No I/O and no clock: the running watch and the simulation of a nation run this same function.
"""

from __future__ import annotations

from copy import copy
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ecluse.gate.state import Lane, Reason
from ecluse.watch import account as accounts
from ecluse.watch.account import Finding, Weather
from ecluse.watch.alarm import THEFT, Alarm, Kind, why
from ecluse.watch.features import HOUR, Habits, Tide
from ecluse.watch.sequential import AT_WORK, DAY, Rate


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecluse.policy.watch import WatchPolicy
    from ecluse.watch.event import Seen


#: Nobody is watched harder.
NOBODY: Mapping[bytes, float] = MappingProxyType({})
#: Refusals that say nothing about the asker: a containment at work, or the platform's own state.
_SILENT = frozenset(
    {Reason.LOCKED, Reason.FROZEN, Reason.UNREGISTERED, Reason.METERED, Reason.RESTORED}
    | {Reason.UNWITNESSED}
    | {Reason.REGION_DAY, Reason.PLATFORM_DAY, Reason.CARD_DAY}
)
#: Several accounts of one organisation, each within its habit: times the usual, and times what is
#: suspected of one account.
_PLACE_TIMES, _PLACE_SUSPECT = 4.0, 2.0
#: How many an organisation asks is known after so many days.
_PLACE_DAYS = 7


#: What holds for everybody bears on typed checks alone.
_ANY = Weather(1.0, campaign=False)


class WatchState(msgspec.Struct, frozen=True):
    """Everything the watch remembers. What it holds is replaced, never changed."""

    accounts: dict[bytes, Habits] = {}
    #: Typed checks by organisation.
    places: dict[bytes, Rate] = {}
    tide: Tide = msgspec.field(default_factory=Tide)
    #: Accounts that became suspect.
    suspects: Tide = msgspec.field(default_factory=Tide)
    #: When accounts raised alarms lately, at most as many as make a campaign.
    alarmed: tuple[float, ...] = ()
    campaign_until: float = 0.0


def observe(
    state: WatchState,
    seen: Sequence[Seen],
    policy: WatchPolicy,
    wary: Mapping[bytes, float] = NOBODY,
    *,
    keep: bool = True,
) -> tuple[WatchState, list[Alarm]]:
    """Take in checks, in the ledger's order.

    Args:
        state: What the watch knew before.
        seen: The checks.
        policy: What is an alarm.
        wary: Accounts watched harder, and until when (seconds since the epoch); the empty one's
            is everybody's, who are then weighed as during a campaign.
        keep: Leave `state` as it is, for whoever has to go back to it: each call then copies two
            mappings, so give it as many checks as there are. A caller without a way back lets go of
            it, and nothing is copied.

    Returns:
        What the watch knows now, and the alarms, in order.
    """
    watching = _Watching(state, policy, wary, keep=keep)
    for each in seen:
        watching.see(each)
    return watching.state(), watching.alarms


class _Watching:
    """One call under way: rows that are kept are copied when they are first touched."""

    def __init__(
        self, state: WatchState, policy: WatchPolicy, wary: Mapping[bytes, float], *, keep: bool
    ) -> None:
        self._before = state
        self._wary = wary
        enough = policy.suspect
        self._harder = replace(policy, threshold=enough, theft=enough, numbers=enough)
        self._tide = copy(state.tide)
        self._suspects = copy(state.suspects)
        self._alarmed = state.alarmed
        self._campaign_until = state.campaign_until
        self._policy = policy
        self._keep = keep
        self._accounts: dict[bytes, Habits] = {} if keep else state.accounts
        self._places: dict[bytes, Rate] = {} if keep else state.places
        self.alarms: list[Alarm] = []

    def state(self) -> WatchState:
        return WatchState(
            self._before.accounts | self._accounts if self._keep else self._accounts,
            self._before.places | self._places if self._keep else self._places,
            self._tide,
            self._suspects,
            self._alarmed,
            self._campaign_until,
        )

    def see(self, seen: Seen) -> None:
        if seen.reason is not None and seen.reason in _SILENT:
            return
        habits = self._accounts.get(seen.account) or self._touch(seen)
        typed = seen.lane is Lane.TYPED
        weather = self._weather(seen, habits) if typed else _ANY
        wary = self._wary and seen.at < self._wary.get(seen.account, 0.0)
        policy = self._harder if wary else self._policy
        for found in accounts.weigh(habits, seen, policy, weather):
            self._alarm(habits, seen, found)
        # Nothing but a typed check speaks for a thief: a card need not be weighed against it.
        if typed and accounts.becomes_suspect(habits, seen.at, self._policy):
            self._suspect(seen)

    def _weather(self, seen: Seen, habits: Habits) -> Weather:
        """Return what holds for everybody who asks without a card, this check counted."""
        campaign = seen.at < max(self._campaign_until, self._wary.get(b"", 0.0))
        if seen.repeat:
            return Weather(1.0, campaign=campaign)
        looked_up = seen.reason not in accounts.OVER_BUDGET
        times = self._everybody(seen, counts=looked_up)
        if looked_up:
            self._together(seen, times, habits.typed.score)
        return Weather(times, campaign=campaign)

    def _suspect(self, seen: Seen) -> None:
        """Count an account that became suspect; too many in an hour are told of, once an hour.

        Told of in the hour before, half as many are too many.
        """
        policy, tide = self._policy, self._suspects
        tide.rise(seen.at, policy.surge_least)
        usual = tide.usually()
        many = max(policy.suspects_least, policy.suspects_times * usual)
        if tide.told == tide.hour - 1:
            many /= 2
        if tide.count >= many and tide.told != tide.hour:
            tide.told = tide.hour
            facts = {"count": tide.count, "usual": usual}
            self._tell(seen, Finding(Kind.SUSPECTS, tide.count, facts))

    def _touch(self, seen: Seen) -> Habits:
        known, policy = self._before.accounts.get(seen.account), self._policy
        habits = known.fresh() if known else Habits.begin(seen.organisation, seen.at, policy)
        self._accounts[seen.account] = habits
        return habits

    def _everybody(self, seen: Seen, *, counts: bool) -> float:
        """Return how many times the usual everybody asks; tell of a surge once an hour."""
        policy, tide = self._policy, self._tide
        if counts:
            tide.rise(seen.at, policy.surge_least)
        times = tide.times(policy.surge_least, policy.surge_most)
        if times >= policy.surge_most and tide.told != tide.hour:
            tide.told = tide.hour
            self._tell(seen, Finding(Kind.SURGE, times, {"times": times}))
        return times

    def _together(self, seen: Seen, times: float, alone: float) -> None:
        """Weigh what the accounts of one organisation ask together, beside what one does alone."""
        policy, rate = self._policy, self._places.get(seen.organisation)
        if rate is None:
            known = self._before.places.get(seen.organisation)
            day = int(seen.at // DAY)
            rate = copy(known) if known else Rate.begin(policy.typed_day_least, day, seen.at)
            self._places[seen.organisation] = rate
        rate.count(int(seen.at // DAY), policy.habit_days)
        usual = max(rate.usual, policy.typed_day_least)
        suspected = max(policy.typed_day_suspect * _PLACE_SUSPECT, usual * _PLACE_TIMES)
        busy = times / AT_WORK
        score = rate.weigh(seen.at, usual * busy, suspected * busy)
        if score - alone >= policy.threshold and rate.day - rate.first >= _PLACE_DAYS:
            facts = {"today": rate.today, "usual": rate.usual}
            self._tell(seen, Finding(Kind.ORGANISATION, score, facts), seen.organisation)
            rate.score = 0.0

    def _alarm(self, habits: Habits, seen: Seen, found: Finding) -> None:
        """Raise an account's alarm."""
        evidence = habits.evidence or (seen.position,)
        told = why(found.kind, **found.facts)
        self.alarms.append(
            Alarm(
                seen.account,
                seen.organisation,
                found.kind,
                found.score,
                seen.at,
                evidence,
                told,
                dict(found.facts),
            )
        )
        if found.kind in THEFT:
            self._join(seen)

    def _tell(self, seen: Seen, found: Finding, organisation: bytes = b"") -> None:
        """Raise an alarm about more than one account."""
        told, evidence = why(found.kind, **found.facts), (seen.position,)
        self.alarms.append(
            Alarm(
                b"",
                organisation,
                found.kind,
                found.score,
                seen.at,
                evidence,
                told,
                dict(found.facts),
            )
        )

    def _join(self, seen: Seen) -> None:
        """Count an account's alarm; many at once are a campaign."""
        policy = self._policy
        self._alarmed = (*self._alarmed, seen.at)[-policy.campaign_alarms :]
        many = len(self._alarmed)
        if (
            many < policy.campaign_alarms
            or seen.at - self._alarmed[0] > policy.campaign_minutes * 60
        ):
            return
        begins = seen.at >= self._campaign_until
        self._campaign_until = seen.at + policy.campaign_hours * HOUR
        if begins:
            facts = {"alarms": many, "minutes": policy.campaign_minutes}
            self._tell(seen, Finding(Kind.CAMPAIGN, many, facts))
            self._look_back(seen)

    def _look_back(self, seen: Seen) -> None:
        """Find those who did already what a campaign's accounts do."""
        for account, habits in (self._before.accounts | self._accounts).items():
            mine = self._accounts.get(account) or habits.fresh()
            found = accounts.accomplice(mine, seen.at, self._policy)
            if found is not None:
                self._accounts[account] = mine
                theirs = replace(seen, account=account, organisation=habits.organisation)
                self._alarm(mine, theirs, found)
