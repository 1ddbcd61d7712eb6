"""How many distinct persons stolen accounts can disclose, computed from the policy alone (pure).

Whatever a thief with these accounts does, and with every person's identifiers in hand. The four
levels of caps nest, so what is left after each level is told as well: it shows which cap binds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple


if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecluse.policy.policy import Policy


#: Caps above the account's are counted by the hour: over 25 hours that begin on the hour.
_RING_HOURS = 25


class StolenOrganisation(NamedTuple):
    """What a thief holds of one organisation."""

    professionals: int
    accounts: int
    #: Region and profession; without a name it is one that no other stolen organisation is in.
    place: str = ""
    #: Keys of its practice software.
    clients: int = 0


class Levels(NamedTuple):
    """The most distinct persons after each level of caps, from the account outwards."""

    account: int
    organisation: int
    region: int
    platform: int

    @property
    def persons(self) -> int:
        """The bound."""
        return self.platform

    @property
    def binds(self) -> str:
        """Name the level whose cap makes the bound what it is: the outermost that takes away."""
        return self._fields[self.index(self.persons)]


def typed_bound(policy: Policy, stolen: Iterable[StolenOrganisation], hours: int) -> int:
    """Return the most distinct persons that the typed lane discloses in any `hours` hours."""
    return typed_levels(policy, list(stolen), hours).persons


def typed_levels(policy: Policy, stolen: Sequence[StolenOrganisation], hours: int) -> Levels:
    """Return how the typed lane's bound is composed.

    An organisation's first checks of a day draw on nobody else's cap; what its accounts and its own
    cap allow beyond them draws on its region and on the platform.
    """
    caps, spans = policy.typed, _spans(hours)
    allowed = [each.accounts * _account(policy, hours) for each in stolen]
    within = [
        min(most, spans * caps.organisation_day(each.professionals))
        for most, each in zip(allowed, stolen, strict=True)
    ]
    floors = [min(most, spans * caps.organisation_day_floor) for most in within]
    drawn = [most - floor for most, floor in zip(within, floors, strict=True)]
    shared = _by_place(stolen, drawn)
    region = sum(min(most, spans * caps.region_profession_day) for most in shared.values())
    return Levels(
        account=sum(allowed),
        organisation=sum(within),
        region=sum(floors) + region,
        platform=sum(floors) + min(region, spans * caps.platform_day),
    )


def card_bound(policy: Policy, stolen: Iterable[StolenOrganisation], hours: int) -> int:
    """Return the most persons that the card lane discloses in any `hours` hours.

    Of those who present their card: without a card it discloses nobody, whatever was stolen.
    """
    caps, spans = policy.card, _spans(hours)
    return sum(
        spans
        * min(
            each.accounts * caps.account_day + each.clients * policy.client.card_day,
            caps.organisation_day,
        )
        for each in stolen
    )


def worst(policy: Policy, accounts: int, hours: int) -> list[StolenOrganisation]:
    """Return the spread of `accounts` that discloses most.

    Each alone in an organisation so large that only its account holds it back, and in a region and
    profession of its own: that shares no cap but the platform's.
    """
    large = max(1, _account(policy, hours), policy.known.account_day)
    return [StolenOrganisation(large, accounts=1)] * accounts


def spread(
    accounts: int, *, organisations: int, professionals: int, places: int | None = None
) -> list[StolenOrganisation]:
    """Return `accounts` spread evenly, which is the worst way, over that many organisations.

    Args:
        accounts: How many are stolen.
        organisations: How many organisations they belong to.
        professionals: How many are registered at each organisation.
        places: In how many regions and professions the organisations are; each in its own if None.
    """
    each, over = divmod(accounts, organisations)
    return [
        StolenOrganisation(professionals, each + (number < over), f"{number % places}")
        if places
        else StolenOrganisation(professionals, each + (number < over))
        for number in range(organisations)
    ]


def persons(policy: Policy, stolen: Sequence[StolenOrganisation], hours: int) -> int:
    """Return the most distinct persons in the typed and known lanes: the card lane adds nobody."""
    return typed_levels(policy, stolen, hours).persons + known_bound(policy, stolen, hours)


def known_bound(policy: Policy, stolen: Iterable[StolenOrganisation], hours: int) -> int:
    """Return the most distinct persons that the known lane discloses in any `hours` hours.

    Whatever a thief with these accounts does, and with every reference that their organisations
    were ever given: each person is one of those organisations' own patients.
    """
    caps, days, spans = policy.known, -(-hours // 24), _spans(hours)
    return sum(
        min(
            each.accounts * days * caps.account_day,
            spans * caps.organisation_day(each.professionals),
        )
        for each in stolen
    )


def _account(policy: Policy, hours: int) -> int:
    """Return one account's most: any 24 hours allow a day's cap, bounded by its hours."""
    days, rest = divmod(hours, 24)
    day, hour = policy.typed.account_day, policy.typed.account_hour
    return days * min(day, 24 * hour) + min(day, rest * hour)


def _spans(hours: int) -> int:
    """Return how many times a cap that is counted by the hour can be spent in `hours` hours.

    It comes back 25 hours after the beginning of the hour that it was spent in: 24 hours and a
    moment later, if that was the hour's end.
    """
    return hours // _RING_HOURS + 1 if hours else 0


def _by_place(stolen: Sequence[StolenOrganisation], drawn: Sequence[int]) -> Mapping[str, int]:
    shared: dict[str, int] = {}
    for number, (each, most) in enumerate(zip(stolen, drawn, strict=True)):
        place = each.place or f" {number}"
        shared[place] = shared.get(place, 0) + most
    return shared
