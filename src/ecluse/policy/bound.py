"""How many distinct persons stolen accounts can disclose, computed from the policy alone (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple


if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecluse.policy.policy import Policy


class StolenOrganisation(NamedTuple):
    """What a thief holds of one organisation."""

    professionals: int
    accounts: int


def typed_bound(policy: Policy, stolen: Iterable[StolenOrganisation], hours: int) -> int:
    """Return the most distinct persons that the typed lane discloses in any `hours` hours.

    Whatever a thief with these accounts does, and with every person's identifiers in hand: the
    least of what accounts, organisations and the platform allow. Any 24 hours allow one day's cap,
    so d days (begun ones included) allow d of them; an account's begun day is further bounded by
    its hours.
    """
    days = -(-hours // 24)
    everybody = floors = 0
    for organisation in stolen:
        most = min(
            organisation.accounts * _account(policy, hours),
            days * policy.typed.organisation_day(organisation.professionals),
        )
        everybody += most
        floors += min(most, days * policy.typed.organisation_day_floor)
    return min(everybody, days * policy.typed.platform_day + floors)


def _account(policy: Policy, hours: int) -> int:
    days, rest = divmod(hours, 24)
    day, hour = policy.typed.account_day, policy.typed.account_hour
    return days * min(day, 24 * hour) + min(day, rest * hour)
