"""P3: neither races, retries, restarts, restores nor clock games exceed a budget by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from msgspec.structs import replace

from counts import runs
from ecluse.gate.clock import Anchor
from ecluse.gate.leases import Blocks
from ecluse.gate.state import Lane, Shown
from ecluse.gate.windows import DAY, HOUR, Recent
from gate import machine
from gate.machine import Canal, Gate


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecluse.gate.state import Ask, Outcome, State


class KeptBlocks(Blocks):
    def wanted(self, needs: Mapping[str, int], now: float) -> dict[str, int]:
        left = self.left(needs)
        return {scope: need for scope, need in needs.items() if need > left[scope]}


SETTINGS = settings(
    max_examples=runs(10_000),
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(1800)
def test_no_window_is_ever_exceeded() -> None:
    run_state_machine_as_test(Canal, settings=SETTINGS)


class AnyPolicyCanal(Canal):
    """Under any policy with caps small enough to be met: the bound has to hold for each."""

    policies = st.builds(
        machine.policy,
        account_day=st.integers(0, 5),
        account_hour=st.integers(0, 4),
        organisation_day_per_professional=st.integers(0, 3),
        organisation_day_least=st.integers(0, 5),
        organisation_day_floor=st.integers(0, 3),
        region_profession_day=st.integers(0, 6),
        platform_day=st.integers(0, 8),
        lease_block=st.integers(1, 4),
    )


@pytest.mark.timeout(1800)
def test_no_thieves_exceed_the_bound_of_any_policy() -> None:
    run_state_machine_as_test(AnyPolicyCanal, settings=SETTINGS)


class MidnightCanal(Canal):
    """Counts in calendar days."""

    policies = st.just(machine.ACCOUNT)

    def decide(self, state: State, batch: Sequence[Ask], now: float) -> tuple[State, list[Outcome]]:
        midnight = now // DAY * DAY
        accounts = {
            name: replace(account, typed=_since(account.typed, midnight))
            for name, account in state.accounts.items()
        }
        return super().decide(replace(state, accounts=accounts), batch, now)


class FreeRepeatsCanal(Canal):
    """Takes a repeat for nothing at all: free, and not asked again."""

    policies = st.just(machine.ACCOUNT)

    def decide(self, state: State, batch: Sequence[Ask], now: float) -> tuple[State, list[Outcome]]:
        outcomes = []
        for ask in batch:
            after, (outcome,) = super().decide(state, [ask], now)
            outcomes.append(outcome)
            if ask.lane is Lane.CARD or not outcome.repeat:
                state = after
        return state, outcomes


class StillCountsCanal(Canal):
    """Refreshes a repeat in one lane at the account, and not in the organisation's budget."""

    policies = st.just(machine.ORGANISATION)
    lane = Lane.TYPED

    def decide(self, state: State, batch: Sequence[Ask], now: float) -> tuple[State, list[Outcome]]:
        outcomes = []
        for ask in batch:
            after, (outcome,) = super().decide(state, [ask], now)
            outcomes.append(outcome)
            if ask.lane is self.lane and outcome.repeat:
                after = replace(after, organisations=state.organisations)
            state = after
        return state, outcomes


class NoRegionCanal(Canal):
    """Forgets that region and platform have caps."""

    policies = st.just(machine.REGION)

    def decide(self, state: State, batch: Sequence[Ask], now: float) -> tuple[State, list[Outcome]]:
        plenty = replace(state, leases=dict.fromkeys(state.leases, 1000))
        after, outcomes = super().decide(plenty, batch, now)
        return replace(after, leases=state.leases), outcomes


class ForgetfulCardsCanal(Canal):
    """Counts a card's organisations within the hour only."""

    policies = st.just(machine.ALL)

    def decide(self, state: State, batch: Sequence[Ask], now: float) -> tuple[State, list[Outcome]]:
        cards = {
            name: Shown(_since(shown.organisations, now - HOUR), shown.accounts)
            for name, shown in state.cards.items()
        }
        return super().decide(replace(state, cards=cards), batch, now)


class OtherLanesBudgetCanal(Canal):
    """Spends on a known patient what the typed lane has, and counts nothing of its own."""

    policies = st.just(machine.ORGANISATION)

    def decide(self, state: State, batch: Sequence[Ask], now: float) -> tuple[State, list[Outcome]]:
        as_typed = [
            replace(ask, lane=Lane.TYPED) if ask.lane is Lane.KNOWN else ask for ask in batch
        ]
        return super().decide(state, as_typed, now)


class KeptBlocksCanal(Canal):
    """Its gates' blocks outlive the hour that they count for."""

    policies = st.just(machine.PLATFORM_TIGHT)
    blocks = KeptBlocks


class DatabaseTimeCanal(Canal):
    """Believes the database's clock, but for time that runs backwards."""

    policies = st.just(machine.ACCOUNT)

    def _now(self, gate: Gate) -> float:
        return max(self.tables.last_entry, self.real + self.database_ahead)


class WaitingTimeCanal(Canal):
    """Never ahead of the monotonic clock, and stands still while the database's is set back."""

    policies = st.just(machine.ACCOUNT)

    def _now(self, gate: Gate) -> float:
        if gate.since is None:
            gate.since = Anchor(min(self.real + self.database_ahead, self.real), self.real)
        latest = gate.since.now + self.real - gate.since.monotonic
        return max(self.tables.last_entry, min(self.real + self.database_ahead, latest))


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (MidnightCanal, "typed: account"),
        (FreeRepeatsCanal, "account"),
        (StillCountsCanal, "typed: organisation"),
        (NoRegionCanal, "region and profession"),
        (ForgetfulCardsCanal, "organisations of one card"),
        (OtherLanesBudgetCanal, "known: account"),
        (KeptBlocksCanal, "platform"),
        (DatabaseTimeCanal, "in real time"),
    ],
)
def test_a_gate_that_counts_wrongly_is_found_out(broken: type[Canal], found: str) -> None:
    with pytest.raises(AssertionError, match=found):
        run_state_machine_as_test(
            broken,
            settings=settings(
                SETTINGS,
                max_examples=5000,
                derandomize=True,
                phases=[Phase.generate],
                report_multiple_bugs=False,
            ),
        )


def set_back_and_right_again(canal: Canal) -> None:
    """Ask while the database's clock is set back, and again when it is right, within a day."""
    canal.begin(machine.ACCOUNT)
    canal.ask_now(0, [_asks(0, account=1)], "c")
    canal.set_the_databases_clock(-DAY, gate=0, restarts=False)
    canal.ask_later(12 * HOUR, 0, [_asks(1), _asks(2)], "c")
    canal.set_the_databases_clock(0, gate=0, restarts=True)
    canal.ask_later(13 * HOUR, 0, [_asks(3), _asks(4)], "c")


def test_a_clock_set_back_lets_no_check_be_forgotten_early() -> None:
    with pytest.raises(AssertionError, match="in real time"):
        set_back_and_right_again(WaitingTimeCanal())
    set_back_and_right_again(Canal())


class KnownAfterARestoreCanal(Canal):
    """Takes the known lane's budgets of a backup for those of now."""

    def decide(self, state: State, batch: Sequence[Ask], now: float) -> tuple[State, list[Outcome]]:
        after, outcomes = super().decide(replace(state, spent_until=0.0), batch, now)
        return replace(after, spent_until=state.spent_until), outcomes


def ask_before_and_after_a_restore(canal: Canal) -> None:
    """Spend the known lane's day, go back to before it, sign in again, and ask about others."""
    canal.begin(machine.ALL)
    canal.something_else_happens("B", b"n1")
    canal.ask_now(0, [_asks(1, lane=2), _asks(2, lane=2)], "c")
    canal.something_else_happens("X", b"n1")
    canal.something_else_happens("I", b"n1")
    canal.ask_later(HOUR, 0, [_asks(3, lane=2), _asks(4, lane=2)], "c")


def test_a_restore_gives_no_known_patient_back() -> None:
    with pytest.raises(AssertionError, match="known: account"):
        ask_before_and_after_a_restore(KnownAfterARestoreCanal())
    ask_before_and_after_a_restore(Canal())


class KnownStillCountsCanal(StillCountsCanal):
    """Does so in the known lane."""

    lane = Lane.KNOWN


def ask_again_before_the_first_time_is_forgotten(canal: Canal) -> None:
    """Ask about a patient, again half a day later, and about others once the first is a day old."""
    canal.begin(machine.ORGANISATION)
    canal.ask_now(0, [_asks(1, lane=2)], "c")
    canal.ask_later(12 * HOUR, 0, [_asks(1, lane=2)], "c")
    others = [_asks(2, account=1, lane=2), _asks(3, account=1, lane=2), _asks(4, lane=2)]
    canal.ask_later(14 * HOUR, 0, others, "c")


def test_a_known_patient_asked_again_counts_anew_at_the_organisation() -> None:
    with pytest.raises(AssertionError, match="known: organisation"):
        ask_again_before_the_first_time_is_forgotten(KnownStillCountsCanal())
    ask_again_before_the_first_time_is_forgotten(Canal())


class CardsFreeForAllCanal(Canal):
    """Takes a card that anybody of the organisation was shown for one that the account was."""

    def decide(self, state: State, batch: Sequence[Ask], now: float) -> tuple[State, list[Outcome]]:
        return super().decide(state, [replace(ask, counter=ask.visitor) for ask in batch], now)


def show_cards_that_a_colleague_was_shown(canal: Canal) -> None:
    """Let one account be shown two cards, and another of its organisation these and three more."""
    canal.begin(machine.ALL)
    canal.ask_now(0, [_asks(person, account=1, lane=3) for person in (0, 1)], "c")
    canal.ask_later(60, 0, [_asks(person, lane=3) for person in range(5)], "c")


def test_a_card_that_a_colleague_was_shown_counts_at_each_account() -> None:
    with pytest.raises(AssertionError, match="card lane: account"):
        show_cards_that_a_colleague_was_shown(CardsFreeForAllCanal())
    show_cards_that_a_colleague_was_shown(Canal())


def _asks(person: int, account: int = 0, lane: int = 0) -> int:
    """The number that stands for an account's check of a person; 2 known, 3 card, 4 phone."""
    return account + (person + lane * machine.PERSONS) * len(machine.ACCOUNTS)


def _since(recent: Recent, moment: float) -> Recent:
    return Recent({token: at for token, at in recent.asked.items() if at >= moment})
