"""One account's check against its own habits: every test there is, each with what it found (pure).

The habits are changed in place: whoever calls has copied them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ecluse.gate.state import Lane, Reason
from ecluse.watch import suspicion
from ecluse.watch.alarm import Kind
from ecluse.watch.features import HOUR
from ecluse.watch.sequential import AT_WORK, within


if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecluse.policy.watch import WatchPolicy
    from ecluse.watch.event import Seen
    from ecluse.watch.features import Habits
    from ecluse.watch.sequential import Portion
    from ecluse.watch.suspicion import Parts


#: Refusals that an account's own budget explains.
OVER_BUDGET = frozenset({Reason.ACCOUNT_DAY, Reason.ACCOUNT_HOUR, Reason.ORGANISATION_DAY})
#: How fast the share of misses is learned, by check.
_MISS_WEIGHT = 0.02
#: An account that mostly asks without cards has another trade: its share tells nothing.
_MOSTLY_TYPED = 0.3
#: Gaps that differ by less than this share of the longer one are even.
_EVEN = 0.1
#: The share of even gaps that is usual for everybody, and the suspected one.
_REGULAR = 0.1, 0.7
#: Whoever asks again so soon (seconds) after a check that was not answered tries the same person.
_RETRY = 120.0


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


def weigh(habits: Habits, seen: Seen, policy: WatchPolicy, weather: Weather) -> Iterable[Finding]:
    """Weigh one check; return what it brings over a threshold."""
    habits.begin_day(seen.at)
    if seen.lane is Lane.CARD and seen.reason is not Reason.UNKNOWN:
        # Four checks of five, and of themselves they speak for nobody: no generator for them.
        _card(habits, policy)
        habits.hours.work(seen.at)
        return _honey(seen)
    return _weigh(habits, seen, policy, weather)


def _weigh(habits: Habits, seen: Seen, policy: WatchPolicy, weather: Weather) -> Iterator[Finding]:
    yield from _honey(seen)
    habits.note(seen.position)
    if seen.lane is Lane.CARD:
        yield from _dead_card(habits, policy)
    else:
        yield from _marks(seen, policy)
        if not seen.repeat:
            yield from _person(habits, seen, policy, weather)
    habits.hours.work(seen.at)


def _honey(seen: Seen) -> tuple[Finding, ...]:
    return (Finding(Kind.HONEY, 1),) if seen.honey else ()


def accomplice(habits: Habits, now: float, policy: WatchPolicy) -> Finding | None:
    """Return what is found of an account that did already as a campaign's accounts do."""
    parts = suspicion.parts(habits, now, policy)
    recent = now - habits.typed.at <= policy.campaign_recent_hours * HOUR
    if not recent or parts.total < policy.campaign_threshold:
        return None
    facts = {"alarms": policy.campaign_alarms, **_facts(habits, parts)}
    suspicion.clear(habits)
    return Finding(Kind.ACCOMPLICE, parts.total, facts)


def _card(habits: Habits, policy: WatchPolicy) -> None:
    habits.card.count(habits.worked, policy.habit_days)
    habits.card_misses.others += 1
    habits.share.others += 1


def _dead_card(habits: Habits, policy: WatchPolicy) -> Iterator[Finding]:
    habits.card.count(habits.worked, policy.habit_days)
    yield from _miss(habits.card_misses, Kind.CARD_MISSES, policy)


def _marks(seen: Seen, policy: WatchPolicy) -> Iterator[Finding]:
    """Hard rules about subjects, which the keyring alone can tell."""
    if seen.organisations > policy.subject_organisations:
        facts = {"organisations": seen.organisations}
        yield Finding(Kind.SUBJECT, seen.organisations, facts)


def _person(habits: Habits, seen: Seen, policy: WatchPolicy, weather: Weather) -> Iterator[Finding]:
    if seen.lane is Lane.TYPED:
        yield from _row(habits, seen, policy)
        yield from _typed(habits, seen, policy, weather)
    elif seen.reason not in OVER_BUDGET:
        yield from _known(habits, seen, policy)
    if seen.reason not in OVER_BUDGET:
        yield from _regular(habits, seen, policy)


def _row(habits: Habits, seen: Seen, policy: WatchPolicy) -> Iterator[Finding]:
    row = habits.row
    if seen.released:
        row.length = 0
        return
    row.add(seen.at, policy.row_minutes, missed=seen.reason is Reason.UNKNOWN)
    swept = row.misses >= policy.row_misses and row.length >= policy.unanswered_row
    if swept or row.length >= policy.pressed_row:
        facts = {"row": row.length, "misses": row.misses}
        yield Finding(Kind.SWEEP if swept else Kind.PRESSED, row.length, facts)
        row.length = 0


def _typed(habits: Habits, seen: Seen, policy: WatchPolicy, weather: Weather) -> Iterator[Finding]:
    """Weigh a check without a card. What is asked over the budget tells as much."""
    rate, looked_up = habits.typed, seen.reason not in OVER_BUDGET
    if habits.worked > rate.day:
        suspicion.turn(habits)
    if looked_up:
        yield from _heavy(habits, policy)
        yield from _share(habits, policy)
        yield from _missed(habits, seen, policy)
    suspicion.look(habits, seen)
    _hour(habits, seen)
    if not habits.refused or seen.at - rate.at > _RETRY:
        usual, suspected = suspicion.rates(habits, policy)
        rate.weigh(seen.at, usual * weather.times, suspected * weather.times)
    habits.refused = not seen.released
    yield from _suspicion(habits, seen, policy, weather)


def _suspicion(
    habits: Habits, seen: Seen, policy: WatchPolicy, weather: Weather
) -> Iterator[Finding]:
    """Take together what speaks for a thief."""
    parts = suspicion.parts(habits, seen.at, policy)
    if parts.total >= policy.theft and parts.beside >= policy.corroborated:
        yield Finding(Kind.TOGETHER, parts.total, _facts(habits, parts))
        suspicion.clear(habits)
    elif weather.campaign and (found := accomplice(habits, seen.at, policy)):
        yield found
    elif parts.rate + min(0.0, parts.beside) >= policy.numbers and habits.worked != habits.told:
        habits.told = habits.worked
        yield Finding(Kind.TYPED_RATE, parts.rate, _facts(habits, parts))


def becomes_suspect(habits: Habits, now: float, policy: WatchPolicy) -> bool:
    """Tell whether an account is suspect that was not yet on this day of work."""
    if habits.suspect == habits.worked:
        return False
    parts = suspicion.parts(habits, now, policy)
    if parts.total < policy.suspect or parts.beside < policy.corroborated:
        return False
    habits.suspect = habits.worked
    return True


def _facts(habits: Habits, parts: Parts) -> dict[str, float]:
    return {"today": habits.typed.today, "usual": habits.typed.usual, **parts._asdict()}


def _missed(habits: Habits, seen: Seen, policy: WatchPolicy) -> Iterator[Finding]:
    if seen.reason is Reason.UNKNOWN:
        yield from _miss(habits.misses, Kind.MISSES, policy)
    else:
        habits.misses.others += 1


def _hour(habits: Habits, seen: Seen) -> None:
    if habits.hours.odd(seen.at):
        habits.odd.hit(*suspicion.odd_shares(habits.odd))
        habits.odd.learn(_MISS_WEIGHT)
    else:
        habits.odd.others += 1


def _known(habits: Habits, seen: Seen, policy: WatchPolicy) -> Iterator[Finding]:
    rate = habits.known
    rate.count(habits.worked, policy.habit_days)
    usual = within(rate.usual, policy.known_day_least, policy.known_day_most)
    suspected = max(policy.known_day_suspect, usual * policy.suspect_times)
    score = rate.weigh(seen.at, usual / AT_WORK, suspected / AT_WORK)
    if score >= policy.threshold:
        yield Finding(Kind.KNOWN_RATE, score, {"today": rate.today, "usual": rate.usual})
        rate.score = 0.0


def _heavy(habits: Habits, policy: WatchPolicy) -> Iterator[Finding]:
    """Count days of work with many new persons, of the last seven."""
    rate = habits.typed
    if habits.worked > rate.day:
        habits.heavy = habits.heavy << min(7, habits.worked - rate.day) & 0b111_1111
    rate.count(habits.worked, policy.habit_days)
    if rate.today == policy.heavy_day:
        habits.heavy |= 1
        days = habits.heavy.bit_count()
        if days >= policy.heavy_days:
            yield Finding(Kind.HEAVY_DAYS, days, {"days": days, "heavy": policy.heavy_day})


def _miss(portion: Portion, kind: Kind, policy: WatchPolicy) -> Iterator[Finding]:
    usual, suspected = suspicion.shares(portion.usual, policy)
    score = portion.hit(usual, suspected)
    portion.learn(_MISS_WEIGHT)
    yield from _over(portion, Finding(kind, score, {"usual": usual}), policy)


def _share(habits: Habits, policy: WatchPolicy) -> Iterator[Finding]:
    share = habits.typed_share()
    if not habits.card.usual or share > _MOSTLY_TYPED:
        return
    usual, suspected = suspicion.shares(share, policy)
    score = habits.share.hit(usual, suspected)
    yield from _over(habits.share, Finding(Kind.SHARE, score, {"usual": usual}), policy)


def _regular(habits: Habits, seen: Seen, policy: WatchPolicy) -> Iterator[Finding]:
    """Weigh how evenly checks come."""
    gap, before, portion = seen.at - habits.asked_at, habits.gap, habits.regular
    habits.gap, habits.asked_at = gap, seen.at
    longer = max(gap, before)
    if not 0 < longer < HOUR:
        return
    if abs(gap - before) < _EVEN * longer:
        score = portion.hit(*_REGULAR)
        yield from _over(portion, Finding(Kind.REGULAR, score), policy)
    else:
        portion.others += 1


def _over(portion: Portion, finding: Finding, policy: WatchPolicy) -> Iterator[Finding]:
    """Yield a finding that is over the threshold; the next one takes as much evidence again."""
    if finding.score >= policy.threshold:
        yield finding
        portion.score = 0.0
