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

    Whatever a thief with these accounts does, and with every person's identifiers in hand. The
    least of what accounts, organisations and platform allow; a window of d days (rounded up) allows
    d times the daily caps, since any 24 hours allow one.
    """
    days = -(-hours // 24)
    everybody = floors = 0
    for organisation in stolen:
        by_accounts = organisation.accounts * _account(policy, hours)
        cap = days * policy.typed.organisation_day(organisation.professionals)
        everybody += min(by_accounts, cap)
        floors += min(by_accounts, days * policy.typed.organisation_day_floor)
    return min(everybody, days * policy.typed.platform_day + floors)


def _account(policy: Policy, hours: int) -> int:
    days = -(-hours // 24)
    return min(hours * policy.typed.account_hour, days * policy.typed.account_day)
