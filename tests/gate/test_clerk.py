"""A thousand hours of a clerk's session: nobody within the caps is wrongly refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from counts import runs
from ecluse.gate.state import Ask, Lane, Outcome, State
from ecluse.gate.windows import HOUR, Recent
from gate.clerk import AROUND, CHANGES, CLERK, PARIS, Session, sessions


@pytest.mark.parametrize("seed", range(runs(50)))
def test_an_honest_clerk_is_never_wrongly_refused_in_a_thousand_hours(seed: int) -> None:
    both = sessions(seed)
    assert sum(each.end - each.real for each in both) == 1000 * HOUR
    for session in both:
        session.work()
        # The caps were met, and every few hours something happened.
        assert session.told > 150
        assert session.held_back > 100
        assert session.sign_ins > 35
        assert session.midnights >= 2 * AROUND // 24
        assert session.restarts > 10


def test_both_changes_of_the_year_lie_in_them() -> None:
    forward, back = (change.timestamp() for change in CHANGES)
    assert _offset(forward) - _offset(forward - 1) == HOUR
    assert _offset(back) - _offset(back - 1) == -HOUR


class LocalTime(Session):
    """Its database tells the time on the wall."""

    def database_clock(self) -> float:
        return super().database_clock() + _offset(self.real)

    def expiry(self, real: float) -> float:
        return super().expiry(real) + _offset(real)


class WallRegistration(Session):
    """Ends a registration when the clock on the wall says so."""

    def expiry(self, real: float) -> float:
        wall = super().expiry(real) + _offset(real)
        return datetime.fromtimestamp(wall, UTC).replace(tzinfo=PARIS).timestamp()


class Midnights(Session):
    """Counts in calendar days."""

    def decide(self, state: State, ask: Ask, now: float) -> tuple[State, Outcome]:
        wall = datetime.fromtimestamp(now, PARIS)
        midnight = wall.replace(hour=0, minute=0, second=0).timestamp()
        return super().decide(_since(state, midnight), ask, now)


class ClockHours(Session):
    """Begins a new hour when the clock strikes."""

    def decide(self, state: State, ask: Ask, now: float) -> tuple[State, Outcome]:
        struck = now // HOUR * HOUR
        typed = state.accounts[CLERK].typed
        # What was asked before the hour struck counts for the day alone.
        aged = {t: at if at >= struck else min(at, now - HOUR) for t, at in typed.asked.items()}
        account = replace(state.accounts[CLERK], typed=Recent(aged))
        return super().decide(replace(state, accounts={CLERK: account}), ask, now)


class CostlyRepeats(Session):
    """Counts a person anew each time."""

    def decide(self, state: State, ask: Ask, now: float) -> tuple[State, Outcome]:
        if ask.lane is Lane.TYPED:
            ask = replace(ask, subject=ask.subject + b" at %f" % now)
        return super().decide(state, ask, now)


class LongDays(Session):
    """Gives budgets back by the hour, as the shared caps are."""

    def decide(self, state: State, ask: Ask, now: float) -> tuple[State, Outcome]:
        typed = state.accounts[CLERK].typed
        late = {t: (at // HOUR + 1) * HOUR - 1 for t, at in typed.asked.items()}
        account = replace(state.accounts[CLERK], typed=Recent(late))
        return super().decide(replace(state, accounts={CLERK: account}), ask, now)


def work_through(broken: type[Session]) -> None:
    for session in sessions(1, broken):
        session.work()


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (LocalTime, "wrongly refused|outlived|beyond"),
        (WallRegistration, "wrongly refused|outlived"),
        (Midnights, "beyond the caps"),
        (ClockHours, "beyond the caps"),
        (CostlyRepeats, "wrongly refused"),
        (LongDays, "wrongly refused"),
    ],
)
def test_a_gate_that_keeps_another_time_is_found_out(broken: type[Session], found: str) -> None:
    with pytest.raises(AssertionError, match=found):
        work_through(broken)


def _offset(real: float) -> float:
    """Return by how many seconds the wall in Paris is ahead of UTC."""
    ahead = datetime.fromtimestamp(real, PARIS).utcoffset()
    assert ahead is not None
    return ahead.total_seconds()


def _since(state: State, moment: float) -> State:
    typed = state.accounts[CLERK].typed
    kept = {token: at for token, at in typed.asked.items() if at >= moment}
    account = replace(state.accounts[CLERK], typed=Recent(kept))
    return replace(state, accounts={CLERK: account})
