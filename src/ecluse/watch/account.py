"""One account's check against its own habits: every test there is, each with what it found (pure).

The habits are changed in place: whoever calls has copied them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ecluse.gate.state import Lane, Reason
from ecluse.watch.alarm import Kind
from ecluse.watch.features import HOUR
from ecluse.watch.sequential import DAY, within


if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecluse.policy.watch import WatchPolicy
    from ecluse.watch.event import Seen
    from ecluse.watch.features import Habits
    from ecluse.watch.sequential import Portion


#: Refusals that an account's own budget explains.
_OVER_BUDGET = frozenset({Reason.ACCOUNT_DAY, Reason.ACCOUNT_HOUR, Reason.ORGANISATION_DAY})
#: How fast the share of misses is learned, by check.
_MISS_WEIGHT = 0.02
#: An account that mostly asks without cards has another trade: its share tells nothing.
_MOSTLY_TYPED = 0.3
#: Gaps that differ by less than this share of the longer one are even.
_EVEN = 0.1
#: The share that is usual for everybody, and the suspected one.
_CONSTANT = {Kind.REGULAR: (0.1, 0.7), Kind.ODD_HOURS: (0.03, 0.5)}


class Finding(NamedTuple):
    """A test that speaks for an alarm."""

    kind: Kind
    score: float
    #: For the sentence that says why.
    facts: Mapping[str, float] = {}


class Weather(NamedTuple):
    """What holds for everybody at the moment."""

    #: How many times the usual the whole platform asks without a card.
    times: float
    campaign: bool


def new_person(seen: Seen) -> bool:
    """Tell whether a typed check was looked up and is no repeat: it counts for everybody's tide."""
    return seen.lane is Lane.TYPED and not seen.repeat and seen.reason not in _OVER_BUDGET


def weigh(habits: Habits, seen: Seen, policy: WatchPolicy, weather: Weather) -> Iterator[Finding]:
    """Weigh one check; yield what it brings over a threshold."""
    if seen.honey:
        yield Finding(Kind.HONEY, 1)
    if seen.lane is Lane.CARD:
        yield from _card(habits, seen, policy)
    else:
        habits.note(seen.position)
        yield from _marks(habits, seen, policy)
        if not seen.repeat:
            yield from _person(habits, seen, policy, weather)
    habits.hours.work(seen.at)


def accomplice(habits: Habits, policy: WatchPolicy) -> Finding:
    """Return what is found of an account that does as a campaign's accounts do."""
    rate = habits.typed
    facts = {"alarms": policy.campaign_alarms, "today": rate.today, "usual": rate.usual}
    found = Finding(Kind.ACCOMPLICE, rate.score, facts)
    rate.score = 0.0
    return found


def _card(habits: Habits, seen: Seen, policy: WatchPolicy) -> Iterator[Finding]:
    habits.card.count(seen.at, policy.habit_days)
    if seen.reason is Reason.UNKNOWN:
        habits.note(seen.position)
        yield from _miss(habits.card_misses, Kind.CARD_MISSES, policy)
    else:
        habits.card_misses.others += 1
        habits.share.others += 1


def _marks(habits: Habits, seen: Seen, policy: WatchPolicy) -> Iterator[Finding]:
    """Hard rules about subjects, which the keyring alone can tell."""
    order, walk, distance = seen.structure
    looks, day = order + walk + distance, int(seen.at // DAY)
    if looks >= policy.structure and day != habits.structured:
        habits.structured = day
        facts = {"order": order, "walk": walk, "distance": distance}
        yield Finding(Kind.STRUCTURE, looks, facts)
    if seen.organisations > policy.subject_organisations:
        facts = {"organisations": seen.organisations}
        yield Finding(Kind.SUBJECT, seen.organisations, facts)


def _person(habits: Habits, seen: Seen, policy: WatchPolicy, weather: Weather) -> Iterator[Finding]:
    if seen.lane is Lane.TYPED:
        yield from _row(habits, seen, policy)
    if seen.reason in _OVER_BUDGET:
        return
    if seen.lane is Lane.TYPED:
        yield from _typed(habits, seen, policy, weather)
    else:
        yield from _known(habits, seen, policy)
    yield from _rhythm(habits, seen, policy)


def _row(habits: Habits, seen: Seen, policy: WatchPolicy) -> Iterator[Finding]:
    row = habits.row
    if seen.released:
        row.length = 0
        return
    row.add(seen.at, policy.row_minutes, missed=seen.reason is Reason.UNKNOWN)
    swept = row.misses > 0 and row.length >= policy.unanswered_row
    if swept or row.length >= policy.pressed_row:
        facts = {"row": row.length, "misses": row.misses}
        yield Finding(Kind.SWEEP if swept else Kind.PRESSED, row.length, facts)
        row.length = 0


def _typed(habits: Habits, seen: Seen, policy: WatchPolicy, weather: Weather) -> Iterator[Finding]:
    yield from _heavy(habits, seen, policy)
    rate = habits.typed
    usual = within(rate.usual, policy.typed_day_least, policy.typed_day_most)
    suspected = max(policy.typed_day_suspect, usual * policy.suspect_times)
    score = rate.weigh(seen.at, usual * weather.times, suspected * weather.times)
    if score >= policy.threshold:
        yield Finding(Kind.TYPED_RATE, score, {"today": rate.today, "usual": rate.usual})
        rate.score = 0.0
    elif weather.campaign and score >= policy.campaign_threshold:
        yield accomplice(habits, policy)
    if seen.reason is Reason.UNKNOWN:
        yield from _miss(habits.misses, Kind.MISSES, policy)
    else:
        habits.misses.others += 1
    yield from _share(habits, policy)


def _known(habits: Habits, seen: Seen, policy: WatchPolicy) -> Iterator[Finding]:
    rate = habits.known
    rate.count(seen.at, policy.habit_days)
    usual = within(rate.usual, policy.known_day_least, policy.known_day_most)
    suspected = max(policy.known_day_suspect, usual * policy.suspect_times)
    score = rate.weigh(seen.at, usual, suspected)
    if score >= policy.threshold:
        yield Finding(Kind.KNOWN_RATE, score, {"today": rate.today, "usual": rate.usual})
        rate.score = 0.0


def _heavy(habits: Habits, seen: Seen, policy: WatchPolicy) -> Iterator[Finding]:
    rate = habits.typed
    before = rate.day
    if rate.count(seen.at, policy.habit_days):
        habits.heavy = habits.heavy << min(7, rate.day - before) & 0b111_1111
    if rate.today == policy.heavy_day:
        habits.heavy |= 1
        days = habits.heavy.bit_count()
        if days >= policy.heavy_days:
            yield Finding(Kind.HEAVY_DAYS, days, {"days": days, "heavy": policy.heavy_day})


def _miss(portion: Portion, kind: Kind, policy: WatchPolicy) -> Iterator[Finding]:
    usual = within(portion.usual, policy.miss_least, policy.miss_most)
    suspected = max(policy.miss_suspect, usual * policy.suspect_times)
    score = portion.hit(usual, suspected)
    portion.learn(_MISS_WEIGHT)
    yield from _over(portion, Finding(kind, score, {"usual": usual}), policy)


def _share(habits: Habits, policy: WatchPolicy) -> Iterator[Finding]:
    share = habits.typed_share()
    if not habits.card.usual or share > _MOSTLY_TYPED:
        return
    usual = within(share, policy.miss_least, policy.miss_most)
    suspected = max(policy.miss_suspect, usual * policy.suspect_times)
    score = habits.share.hit(usual, suspected)
    yield from _over(habits.share, Finding(Kind.SHARE, score, {"usual": usual}), policy)


def _rhythm(habits: Habits, seen: Seen, policy: WatchPolicy) -> Iterator[Finding]:
    """Weigh how evenly checks come, and in which parts of the week."""
    gap = seen.at - habits.asked_at
    longer = max(gap, habits.gap)
    if 0 < longer < HOUR:
        even = abs(gap - habits.gap) < _EVEN * longer
        yield from _constant(habits.regular, Kind.REGULAR, policy, hit=even)
    habits.gap, habits.asked_at = gap, seen.at
    odd = habits.hours.odd(seen.at)
    yield from _constant(habits.odd, Kind.ODD_HOURS, policy, hit=odd)


def _constant(portion: Portion, kind: Kind, policy: WatchPolicy, *, hit: bool) -> Iterator[Finding]:
    """Weigh something whose usual share is the same for everybody."""
    if hit:
        score = portion.hit(*_CONSTANT[kind])
        yield from _over(portion, Finding(kind, score), policy)
    else:
        portion.others += 1


def _over(portion: Portion, finding: Finding, policy: WatchPolicy) -> Iterator[Finding]:
    """Yield a finding that is over the threshold; the next one takes as much evidence again."""
    if finding.score >= policy.threshold:
        yield finding
        portion.score = 0.0
