"""The decision: state, a batch of checks and a time in; new state and outcomes out (pure).

No I/O, no clock, no globals: the gate, the property tests and the national simulation run this same
function. Checks are decided in the order given, each on the state that the one before left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from ecluse.gate.state import (
    PLATFORM,
    Account,
    Ask,
    Lane,
    Organisation,
    Outcome,
    Reason,
    Shown,
    State,
    region_scope,
)
from ecluse.gate.windows import DAY, HOUR


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.gate.windows import Recent, Ring
    from ecluse.policy.policy import PersonsLane, Policy


#: Where a card was that nobody has shown yet.
_NOWHERE = Shown()
#: What most checks come to: made once, since a nation makes millions of them.
_RELEASED, _RELEASED_AGAIN = Outcome(released=True), Outcome(released=True, repeat=True)


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
        self._braked_until = state.braked_until
        self._witnessed_until = state.witnessed_until
        self._now = now
        self._policy = policy

    def state(self) -> State:
        return State(
            self._accounts,
            self._organisations,
            self._cards,
            self._leases,
            self._spent_until,
            self._braked_until,
            self._witnessed_until,
        )

    def decide(self, ask: Ask) -> Outcome:
        account = self._accounts[ask.account]
        if account.locked and not (account.cards_open and ask.lane is Lane.CARD):
            return _refused(Reason.LOCKED)
        if not ask.registered:
            return _refused(Reason.UNREGISTERED)
        if not ask.admitted:
            return _refused(Reason.METERED)
        match ask.lane:
            case Lane.CARD:
                return self._card(ask, account)
            case Lane.KNOWN:
                return self._known(ask, account)
            case Lane.TYPED:
                return self._typed(ask, account)
            case _:
                assert_never(ask.lane)

    def _card(self, ask: Ask, account: Account) -> Outcome:
        caps, now = self._policy.card, self._now
        if ask.spent:
            return _refused(Reason.SPENT)
        organisation = self._organisations[account.organisation]
        shown = self._cards.get(ask.card, _NOWHERE)
        repeat = shown.organisations.holds(ask.visitor, DAY, now)
        mine = shown.accounts.holds(ask.counter, DAY, now)
        if not mine and account.card.reaches(self._policy.card_day(client=account.client), now):
            return _refused(Reason.ACCOUNT_DAY)
        if not repeat and organisation.card.reaches(caps.organisation_day, now):
            return _refused(Reason.ORGANISATION_DAY)
        self._accounts[ask.account] = replace(
            account, card=account.card.ask(ask.counter, shown.accounts, now)
        )
        self._organisations[account.organisation] = replace(
            organisation, card=organisation.card.ask(ask.visitor, shown.organisations, now)
        )
        if not ask.found:
            return _refused(Reason.UNKNOWN)
        if not ask.phone and not shown.organisations.allows(
            ask.visitor, caps.organisations_per_card_day, DAY, now
        ):
            return _refused(Reason.CARD_DAY)
        self._cards[ask.card] = Shown(
            shown.organisations.ask(ask.visitor, now), shown.accounts.ask(ask.counter, now)
        )
        return _RELEASED_AGAIN if repeat else _RELEASED

    def _known(self, ask: Ask, account: Account) -> Outcome:
        caps, organisation = self._policy.known, self._organisations[account.organisation]
        repeat = account.known.holds(ask.subject, DAY, self._now)
        refused = self._over_account(ask, account, account.known, caps) or self._over_organisation(
            organisation, organisation.known, caps, repeat=repeat
        )
        if refused is not None:
            return _refused(refused, repeat=repeat)
        self._organisations[account.organisation] = replace(
            organisation, known=organisation.known.ask(ask.subject, account.known, self._now)
        )
        self._accounts[ask.account] = replace(
            account, known=account.known.ask(ask.subject, self._now)
        )
        return _looked_up(ask, repeat=repeat)

    def _typed(self, ask: Ask, account: Account) -> Outcome:
        caps, organisation = self._policy.typed, self._organisations[account.organisation]
        repeat = account.typed.holds(ask.subject, DAY, self._now)
        refused = (
            self._frozen(account)
            or self._unwitnessed()
            or self._over_account(ask, account, account.typed, caps)
            or self._over_hour(ask, account)
            or self._over_organisation(organisation, organisation.typed, caps, repeat=repeat)
            or self._over_shared(ask, account, organisation)
        )
        if refused is not None:
            return _refused(refused, repeat=repeat)
        if self._draws_on_others(ask, account, organisation):
            for scope in (region_scope(organisation), PLATFORM):
                self._leases[scope] -= 1
        self._organisations[account.organisation] = replace(
            organisation, typed=organisation.typed.ask(ask.subject, account.typed, self._now)
        )
        self._accounts[ask.account] = replace(
            account, typed=account.typed.ask(ask.subject, self._now)
        )
        return _looked_up(ask, repeat=repeat)

    def _frozen(self, account: Account) -> Reason | None:
        return Reason.FROZEN if self._now < account.frozen_typed_until else None

    def _unwitnessed(self) -> Reason | None:
        return None if self._now < self._witnessed_until else Reason.UNWITNESSED

    def _over_account(
        self, ask: Ask, account: Account, asked: Recent, caps: PersonsLane
    ) -> Reason | None:
        if self._now < self._spent_until:
            return Reason.RESTORED
        cap = self._cap(ask, account, caps.account_day)
        return None if asked.allows(ask.subject, cap, DAY, self._now) else Reason.ACCOUNT_DAY

    def _over_hour(self, ask: Ask, account: Account) -> Reason | None:
        cap = self._cap(ask, account, self._policy.typed.account_hour)
        allowed = account.typed.allows(ask.subject, cap, HOUR, self._now)
        return None if allowed else Reason.ACCOUNT_HOUR

    def _over_organisation(
        self, organisation: Organisation, asked: Ring, caps: PersonsLane, *, repeat: bool
    ) -> Reason | None:
        cap = caps.organisation_day(organisation.professionals)
        full = not repeat and asked.reaches(cap, self._now)
        return Reason.ORGANISATION_DAY if full else None

    def _over_shared(self, ask: Ask, account: Account, organisation: Organisation) -> Reason | None:
        if self._draws_on_others(ask, account, organisation):
            if self._leases.get(region_scope(organisation), 0) < 1:
                return Reason.REGION_DAY
            if self._leases.get(PLATFORM, 0) < 1:
                return Reason.PLATFORM_DAY
        return None

    def _cap(self, ask: Ask, account: Account, cap: int) -> int:
        """Return what probation, a shrunken budget or the typed lane's brake leave of a cap."""
        until = max(account.probation_until, account.shrunk_until)
        if ask.lane is Lane.TYPED:
            until = max(until, self._braked_until)
        return self._policy.probation.of(cap) if self._now < until else cap

    def _draws_on_others(self, ask: Ask, account: Account, organisation: Organisation) -> bool:
        """Tell whether this check takes from the region's and the platform's caps.

        The organisation's first ones of the day do not. Nor does a repeat within the hour; a later
        one does, since the block that paid for it counts for the hour it was leased in.
        """
        asked_at = account.typed.asked.get(ask.subject)
        if asked_at is not None and asked_at // HOUR == self._now // HOUR:
            return False
        return organisation.typed.reaches(self._policy.typed.organisation_day_floor, self._now)


def _refused(reason: Reason, *, repeat: bool = False) -> Outcome:
    return Outcome(released=False, reason=reason, repeat=repeat)


def _looked_up(ask: Ask, *, repeat: bool) -> Outcome:
    if not ask.found:
        return _refused(Reason.UNKNOWN, repeat=repeat)
    return _RELEASED_AGAIN if repeat else _RELEASED
