"""Everything that was ever asked and told, and the promises that it is held against.

Nothing clever: every window that ends at the newest check is counted again from the whole history.
A window that is exceeded is exceeded at the moment of some check, so no other window needs a look.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from ecluse.gate.clock import AGREEMENT
from ecluse.gate.state import Lane, region_scope
from ecluse.gate.windows import DAY, HOUR
from ecluse.policy.bound import StolenOrganisation, known_bound, typed_bound


if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecluse.gate.state import Organisation
    from ecluse.policy.policy import Policy


#: By how much a real day may be shorter than the day that the gates count: clocks that agree may be
#: a minute apart, and each gate may be a second ahead of its own.
SLACK = AGREEMENT + 4


class Person(NamedTuple):
    """A check without a card that drew on its lane's budget: found or not."""

    at: float
    real: float
    lane: Lane
    account: bytes
    person: int
    told: bool


class Card(NamedTuple):
    """A card check that drew on the budget."""

    at: float
    account: bytes
    card: int
    told: bool
    #: The member's phone stood for it: it may be shown anywhere.
    phone: bool


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
        self.persons: dict[Lane, list[Person]] = {Lane.TYPED: [], Lane.KNOWN: []}
        self.cards: list[Card] = []

    def add_person(self, check: Person, *, cap_now: int) -> None:
        """Add a check; `cap_now` is the account's cap for a day at this moment."""
        asked = self.persons[check.lane]
        assert not asked or check.at >= asked[-1].at, "time ran backwards"
        day = self._since(check, DAY)
        if not any((each.account, each.person) == (check.account, check.person) for each in day):
            persons = {each.person for each in day if each.account == check.account}
            assert len(persons) < cap_now, f"{check.lane}: account, by its cap of this moment"
        asked.append(check)
        self._check_account(check)
        self._check_organisation(check)
        if check.lane is Lane.TYPED:
            self._check_shared(check)
        self._check_bound(check)

    def add_card(self, check: Card) -> None:
        caps = self._policy.card
        self.cards.append(check)
        day = [each for each in self.cards if each.at > check.at - DAY]
        mine = [each for each in day if each.account == check.account]
        assert _presented(mine) <= caps.account_day, "card lane: account"
        organisation = self._organisation_of[check.account]
        ours = [each for each in day if self._organisation_of[each.account] == organisation]
        assert _presented(ours) <= caps.organisation_day, "card lane: organisation"
        told = {
            self._organisation_of[each.account]
            for each in day
            if each.card == check.card and each.told and not each.phone
        }
        assert len(told) <= caps.organisations_per_card_day, "organisations of one card"

    def forget_cards(self, after: int) -> None:
        """A restore brings the card lane's counts back as they were: it is never shut for that.

        Args:
            after: How many card checks there were when the backup was made.
        """
        del self.cards[after:]

    def _since(self, check: Person, seconds: float) -> list[Person]:
        """Return the checks of this one's lane in the seconds that end with it."""
        return [each for each in self.persons[check.lane] if each.at > check.at - seconds]

    def _check_account(self, check: Person) -> None:
        mine = [each for each in self.persons[check.lane] if each.account == check.account]
        for window, cap in self._account_caps(check.lane):
            assert _persons(mine, check.at - window) <= cap, f"{check.lane}: account"
            real = {each.person for each in mine if each.real > check.real - window + SLACK}
            assert len(real) <= cap, f"{check.lane}: account, in real time"

    def _account_caps(self, lane: Lane) -> list[tuple[float, int]]:
        if lane is Lane.KNOWN:
            return [(DAY, self._policy.known.account_day)]
        caps = self._policy.typed
        return [(DAY, caps.account_day), (HOUR, caps.account_hour)]

    def _check_organisation(self, check: Person) -> None:
        name = self._organisation_of[check.account]
        ours = [
            each for each in self.persons[check.lane] if self._organisation_of[each.account] == name
        ]
        caps = self._policy.known if check.lane is Lane.KNOWN else self._policy.typed
        cap = caps.organisation_day(self._organisations[name].professionals)
        assert _persons(ours, check.at - DAY) <= cap, f"{check.lane}: organisation"

    def _check_shared(self, check: Person) -> None:
        """Region and platform: their caps, and what each organisation has of its own."""
        caps, floor = self._policy.typed, self._policy.typed.organisation_day_floor
        here = self._region(check.account)
        day = self._since(check, DAY)
        pairs = {(each.account, each.person) for each in day}
        assert len(pairs) <= caps.platform_day + floor * len(self._organisations), "platform"
        regional = {pair for pair in pairs if self._region(pair[0]) == here}
        neighbours = [
            each for each in self._organisations.values() if (each.region, each.profession) == here
        ]
        most = caps.region_profession_day + floor * len(neighbours)
        assert len(regional) <= most, "region and profession"

    def _check_bound(self, check: Person) -> None:
        """What any set of accounts was told stays within what the policy alone foresees."""
        for hours in (1, 2, 24, 25, 26, 48, 49, 50, 75):
            told = [each for each in self._since(check, hours * HOUR) if each.told]
            for thieves in self._thieves:
                if check.account in thieves:
                    persons = {each.person for each in told if each.account in thieves}
                    most = self._bound(check.lane, thieves, hours)
                    assert len(persons) <= most, f"{check.lane}: the policy's bound"

    def _bound(self, lane: Lane, thieves: Iterable[bytes], hours: int) -> int:
        names = [self._organisation_of[account] for account in thieves]
        stolen = (
            StolenOrganisation(
                self._organisations[name].professionals,
                names.count(name),
                region_scope(self._organisations[name]),
            )
            for name in set(names)
        )
        bound = known_bound if lane is Lane.KNOWN else typed_bound
        return bound(self._policy, stolen, hours)

    def _region(self, account: bytes) -> tuple[str, str]:
        organisation = self._organisations[self._organisation_of[account]]
        return organisation.region, organisation.profession


def _presented(checks: Sequence[Card]) -> int:
    """Count distinct cards that were answered, and every check that was not."""
    told = [(each.card, each.phone) for each in checks if each.told]
    return len(set(told)) + len(checks) - len(told)


def _persons(checks: Iterable[Person], since: float) -> int:
    return len({each.person for each in checks if each.at > since})
