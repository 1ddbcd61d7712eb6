"""The decision: state, a batch of checks and a time in; new state and outcomes out (pure).

No I/O, no clock, no globals: the gate, the property tests and the national simulation run this same
function. Checks are decided in the order given, each on the state that the one before left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import msgspec

from ecluse.gate.state import (
    PLATFORM,
    Account,
    Ask,
    Lane,
    Organisation,
    Outcome,
    Reason,
    State,
    region_scope,
)
from ecluse.gate.windows import DAY, HOUR, Recent


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.policy.policy import Policy


def decide(
    state: State, batch: Sequence[Ask], now: float, policy: Policy
) -> tuple[State, list[Outcome]]:
    """Decide a batch.

    Args:
        state: The rows of every account, organisation and card in the batch.
        batch: The checks, in order.
        now: Seconds since the epoch; never earlier than at any decision before.
        policy: The caps.

    Returns:
        The state after the batch, and one outcome per check.
    """
    desk = _Desk(state, now, policy)
    outcomes = [desk.decide(ask) for ask in batch]
    return desk.state(), outcomes


class _Desk:
    """One batch under way: the rows so far, copied once per batch and replaced row by row."""

    def __init__(self, state: State, now: float, policy: Policy) -> None:
        self._accounts = dict(state.accounts)
        self._organisations = dict(state.organisations)
        self._cards = dict(state.cards)
        self._leases = dict(state.leases)
        self._spent_until = state.spent_until
        self._now = now
        self._policy = policy

    def state(self) -> State:
        return State(
            self._accounts, self._organisations, self._cards, self._leases, self._spent_until
        )

    def decide(self, ask: Ask) -> Outcome:
        account = self._accounts[ask.account]
        if account.locked:
            return Outcome(released=False, reason=Reason.LOCKED)
        if not ask.registered:
            return Outcome(released=False, reason=Reason.UNREGISTERED)
        if not ask.admitted:
            return Outcome(released=False, reason=Reason.METERED)
        match ask.lane:
            case Lane.CARD:
                return self._card(ask, account)
            case Lane.TYPED:
                return self._typed(ask, account)
            case _:
                assert_never(ask.lane)

    def _card(self, ask: Ask, account: Account) -> Outcome:
        caps, now = self._policy.card, self._now
        organisation = self._organisations[account.organisation]
        shown = self._cards.get(ask.card, Recent())
        if account.card.total(now) >= self._card_cap(account):
            return Outcome(released=False, reason=Reason.ACCOUNT_DAY)
        if organisation.card.total(now) >= caps.organisation_day:
            return Outcome(released=False, reason=Reason.ORGANISATION_DAY)
        self._spend_card(ask.account, account, organisation)
        if not ask.found:
            return Outcome(released=False, reason=Reason.UNKNOWN)
        if not shown.allows(ask.visitor, caps.organisations_per_card_day, DAY, now):
            return Outcome(released=False, reason=Reason.CARD_DAY)
        self._cards[ask.card] = shown.ask(ask.visitor, now)
        return Outcome(released=True, repeat=shown.holds(ask.visitor, DAY, now))

    def _card_cap(self, account: Account) -> int:
        return self._policy.client.card_day if account.client else self._policy.card.account_day

    def _spend_card(self, name: bytes, account: Account, organisation: Organisation) -> None:
        self._accounts[name] = msgspec.structs.replace(account, card=account.card.add(1, self._now))
        self._organisations[account.organisation] = msgspec.structs.replace(
            organisation, card=organisation.card.add(1, self._now)
        )

    def _typed(self, ask: Ask, account: Account) -> Outcome:
        repeat = account.typed.holds(ask.subject, DAY, self._now)
        refused = self._over_budget(ask, account)
        if refused is not None:
            return Outcome(released=False, reason=refused, repeat=repeat)
        self._spend_typed(ask, account)
        if not ask.found:
            return Outcome(released=False, reason=Reason.UNKNOWN, repeat=repeat)
        return Outcome(released=True, repeat=repeat)

    def _over_budget(self, ask: Ask, account: Account) -> Reason | None:
        """Return the first cap, from the account outwards, that this check would exceed."""
        typed, now = self._policy.typed, self._now
        if now < self._spent_until:
            return Reason.RESTORED
        if not account.typed.allows(ask.subject, self._cap(account, typed.account_day), DAY, now):
            return Reason.ACCOUNT_DAY
        if not account.typed.allows(ask.subject, self._cap(account, typed.account_hour), HOUR, now):
            return Reason.ACCOUNT_HOUR
        organisation = self._organisations[account.organisation]
        repeat = account.typed.holds(ask.subject, DAY, now)
        cap = typed.organisation_day(organisation.professionals)
        if not repeat and organisation.typed.total(now) >= cap:
            return Reason.ORGANISATION_DAY
        if self._draws_on_others(ask, account, organisation):
            if self._leases.get(region_scope(organisation), 0) < 1:
                return Reason.REGION_DAY
            if self._leases.get(PLATFORM, 0) < 1:
                return Reason.PLATFORM_DAY
        return None

    def _cap(self, account: Account, cap: int) -> int:
        return self._policy.probation.of(cap) if self._now < account.probation_until else cap

    def _draws_on_others(self, ask: Ask, account: Account, organisation: Organisation) -> bool:
        """Tell whether this check takes from the region's and the platform's caps.

        The organisation's first ones of the day do not. Nor does a repeat within the hour; a later
        one does, since the block that paid for it counts for the hour it was leased in.
        """
        asked_at = account.typed.asked.get(ask.subject)
        if asked_at is not None and asked_at // HOUR == self._now // HOUR:
            return False
        return organisation.typed.total(self._now) >= self._policy.typed.organisation_day_floor

    def _spend_typed(self, ask: Ask, account: Account) -> None:
        now = self._now
        organisation = self._organisations[account.organisation]
        if self._draws_on_others(ask, account, organisation):
            for scope in (region_scope(organisation), PLATFORM):
                self._leases[scope] -= 1
        ring = (
            organisation.typed.move(account.typed.asked[ask.subject], now)
            if account.typed.holds(ask.subject, DAY, now)
            else organisation.typed.add(1, now)
        )
        self._organisations[account.organisation] = msgspec.structs.replace(
            organisation, typed=ring
        )
        self._accounts[ask.account] = msgspec.structs.replace(
            account, typed=account.typed.ask(ask.subject, now)
        )
