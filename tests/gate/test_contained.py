"""Containments at the decision: each takes away what it says, from whom it says, and nothing else."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.gate.decide import decide
from ecluse.gate.state import Ask, Lane, Reason, State
from gate.test_decide import NOW, POLICY, begin, card, known, reason, run, typed, with_account


def braked(state: State) -> State:
    return msgspec.structs.replace(state, braked_until=NOW + 100)


def test_frozen_typed_checks_leave_the_other_lanes_and_the_neighbour_alone() -> None:
    frozen = with_account(begin(), frozen_typed_until=NOW + 100)
    assert reason(frozen, typed()) is Reason.FROZEN
    assert reason(frozen, typed(), 100) is None
    for ask in (card(), known(), typed(account=b"two")):
        assert reason(frozen, ask) is None


@pytest.mark.parametrize(("ask", "cap"), [(typed, "account_hour"), (known, "account_day")])
def test_a_shrunken_budget_is_probations(ask: object, cap: str) -> None:
    shrunk = with_account(begin(), shrunk_until=NOW + 100)
    lane = POLICY.typed if ask is typed else POLICY.known
    left = POLICY.probation.of(getattr(lane, cap))
    asks = [(0.0, (typed if ask is typed else known)(n)) for n in range(left + 1)]
    _, outcomes = run(shrunk, *asks)
    assert [outcome.released for outcome in outcomes] == [True] * left + [False]
    assert reason(shrunk, card()) is None


def test_the_brake_holds_everybodys_typed_lane_and_no_other() -> None:
    left = POLICY.probation.of(POLICY.typed.account_hour)
    _, outcomes = run(braked(begin()), *((0.0, typed(n)) for n in range(left + 1)))
    assert outcomes[-1].reason is Reason.ACCOUNT_HOUR
    many = POLICY.probation.of(POLICY.known.account_day) + 1
    for ask in (known, card):
        _, outcomes = run(braked(begin()), *((0.0, ask(n)) for n in range(many)))
        assert all(outcome.released for outcome in outcomes)


asks = st.lists(
    st.builds(
        lambda make, person, account, found: make(person, account=account, found=found),
        st.sampled_from([typed, known, card]),
        st.integers(0, 12),
        st.sampled_from([b"one", b"two"]),
        st.booleans(),
    ),
    max_size=40,
)


@given(asks, st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_whatever_is_contained_nobody_is_told_more_and_the_card_lane_not_less(
    checks: list[Ask], freeze: bool, shrink: bool, lock: bool, brake: bool
) -> None:
    state = begin()
    contained = with_account(
        state,
        frozen_typed_until=NOW + 100 if freeze else 0.0,
        shrunk_until=NOW + 100 if shrink else 0.0,
        locked=lock,
    )
    contained = braked(contained) if brake else contained
    _, free = decide(state, checks, NOW, POLICY)
    _, held = decide(contained, checks, NOW, POLICY)
    told = [
        {
            (ask.account, ask.lane, ask.subject)
            for ask, outcome in zip(checks, outcomes, strict=True)
            if outcome.released
        }
        for outcomes in (held, free)
    ]
    for account in (b"one", b"two"):
        for lane in Lane:
            mine = [{each for each in side if each[:2] == (account, lane)} for side in told]
            assert len(mine[0]) <= len(mine[1])
            untouched = not (account == b"one" and lock) and lane is Lane.CARD
            neighbour = account == b"two" and not (brake and lane is Lane.TYPED)
            if untouched or neighbour:
                assert mine[0] >= mine[1]
