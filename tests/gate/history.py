"""Everything that was ever asked and told, and the promises that it is held against.

Nothing clever: every window that ends at the newest check is counted again from the whole history.
A window that is exceeded is exceeded at the moment of some check, so no other window needs a look.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from ecluse.gate.clock import AGREEMENT
from ecluse.gate.state import region_scope
from ecluse.gate.windows import DAY, HOUR
from ecluse.policy.bound import StolenOrganisation, typed_bound


if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecluse.gate.state import Organisation
    from ecluse.policy.policy import Policy


#: By how much a real day may be shorter than the day that the gates count: clocks that agree may be
#: a minute apart, and each gate may be a second ahead of its own.
SLACK = AGREEMENT + 4


class Typed(NamedTuple):
    """A typed check that drew on the budget: found or not."""

    at: float
    real: float
    account: bytes
    person: int
    told: bool


class Card(NamedTuple):
    """A card check that drew on the budget."""

    at: float
    account: bytes
    card: int
    told: bool


class History:
    """All checks, of a fixed set of accounts in a fixed set of organisations."""

    def __init__(
        self,
        policy: Policy,
        organisations: Mapping[bytes, Organisation],
        accounts: Mapping[bytes, bytes],
    ) -> None:
        self._policy = policy
        self._organisations = organisations
        self._organisation_of = accounts
        self._thieves = [
            chosen for size in (1, 2, len(accounts)) for chosen in combinations(accounts, size)
        ]
        self.typed: list[Typed] = []
        self.cards: list[Card] = []

    def add_typed(self, check: Typed, *, cap_now: int) -> None:
        """Add a check; `cap_now` is the account's cap for a day at this moment."""
        assert not self.typed or check.at >= self.typed[-1].at, "time ran backwards"
        day = self._since(check.at - DAY)
        if not any((each.account, each.person) == (check.account, check.person) for each in day):
            persons = {each.person for each in day if each.account == check.account}
            assert len(persons) < cap_now, "an account's cap of this moment"
        self.typed.append(check)
        self._check_account(check)
        self._check_organisation(check)
        self._check_shared(check)
        self._check_bound(check)

    def add_card(self, check: Card) -> None:
        caps = self._policy.card
        self.cards.append(check)
        day = [each for each in self.cards if each.at > check.at - DAY]
        mine = [each for each in day if each.account == check.account]
        assert len(mine) <= caps.account_day, "card lane: account"
        organisation = self._organisation_of[check.account]
        ours = [each for each in day if self._organisation_of[each.account] == organisation]
        assert len(ours) <= caps.organisation_day, "card lane: organisation"
        told = {
            self._organisation_of[each.account]
            for each in day
            if each.card == check.card and each.told
        }
        assert len(told) <= caps.organisations_per_card_day, "organisations of one card"

    def forget_cards(self, since: float) -> None:
        """A restore brings the card lane's counts back as they were: it is never shut for that."""
        self.cards = [each for each in self.cards if each.at <= since]

    def _since(self, moment: float) -> list[Typed]:
        return [each for each in self.typed if each.at > moment]

    def _check_account(self, check: Typed) -> None:
        caps = self._policy.typed
        mine = [each for each in self.typed if each.account == check.account]
        for window, cap in ((DAY, caps.account_day), (HOUR, caps.account_hour)):
            assert _persons(mine, check.at - window) <= cap, "account"
            real = {each.person for each in mine if each.real > check.real - window + SLACK}
            assert len(real) <= cap, "account, in real time"

    def _check_organisation(self, check: Typed) -> None:
        name = self._organisation_of[check.account]
        ours = [each for each in self.typed if self._organisation_of[each.account] == name]
        cap = self._policy.typed.organisation_day(self._organisations[name].professionals)
        assert _persons(ours, check.at - DAY) <= cap, "organisation"

    def _check_shared(self, check: Typed) -> None:
        """Region and platform: their caps, and what each organisation has of its own."""
        caps, floor = self._policy.typed, self._policy.typed.organisation_day_floor
        here = self._region(check.account)
        day = self._since(check.at - DAY)
        pairs = {(each.account, each.person) for each in day}
        assert len(pairs) <= caps.platform_day + floor * len(self._organisations), "platform"
        regional = {pair for pair in pairs if self._region(pair[0]) == here}
        neighbours = [
            each for each in self._organisations.values() if (each.region, each.profession) == here
        ]
        most = caps.region_profession_day + floor * len(neighbours)
        assert len(regional) <= most, "region and profession"

    def _check_bound(self, check: Typed) -> None:
        """What any set of accounts was told stays within what the policy alone foresees."""
        for hours in (1, 2, 24, 25, 26, 48, 49, 50, 75):
            told = [each for each in self._since(check.at - hours * HOUR) if each.told]
            for thieves in self._thieves:
                if check.account in thieves:
                    persons = {each.person for each in told if each.account in thieves}
                    assert len(persons) <= self._bound(thieves, hours), "the policy's bound"

    def _bound(self, thieves: Iterable[bytes], hours: int) -> int:
        names = [self._organisation_of[account] for account in thieves]
        stolen = (
            StolenOrganisation(
                self._organisations[name].professionals,
                names.count(name),
                region_scope(self._organisations[name]),
            )
            for name in set(names)
        )
        return typed_bound(self._policy, stolen, hours)

    def _region(self, account: bytes) -> tuple[str, str]:
        organisation = self._organisations[self._organisation_of[account]]
        return organisation.region, organisation.profession


def _persons(checks: Iterable[Typed], since: float) -> int:
    return len({each.person for each in checks if each.at > since})
