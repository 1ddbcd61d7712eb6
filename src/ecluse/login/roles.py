"""What an account may do: one role each, with the fewest rights (pure).

Nobody's rights reach a member: no role lists, searches or reads them (P1). A professional checks,
one person at a time, and so does an organisation's practice software; nobody else does.
"""

from __future__ import annotations

from enum import StrEnum

from ecluse.errors import EcluseError


class RoleError(EcluseError):
    """What this account's role does not do (HTTP 403)."""


class AccountRole(StrEnum):
    """Who an account belongs to."""

    PROFESSIONAL = "professional"
    """A counter of an organisation."""
    CLIENT = "client"
    """Practice software of an organisation: a key of its own, and no passkey."""
    HOLDER = "holder"
    """An organisation's responsible person: answers for its counters, and does not check."""
    SECURITY = "security"
    """The operator's security officer."""
    PROTECTION = "protection"
    """The operator's data-protection officer."""
    INSURER = "insurer"
    """An insurer's staff."""


class Right(StrEnum):
    """What a role may do. A holder's rights end at its organisation, an insurer's at its feeds."""

    CHECK = "check"
    ENROLMENTS = "enrolments"
    """See who asks to join, accept or refuse."""
    ACCOUNTS = "accounts"
    """See an organisation's accounts; lock them, sign their devices out."""
    ACTS = "acts"
    """See the acts that wait for a second person. Who may sign which is `acts.act`'s."""
    ALARMS = "alarms"
    """See what the watch suspects and what it did."""
    FEEDS = "feeds"
    """See where the own feeds stand."""
    INCIDENTS = "incidents"
    """See incidents, how many each concerns, and who was told."""
    NOTICES = "notices"
    """Fetch and acknowledge the own insurer's notices."""
    CLAIMS = "claims"
    """See what the own insurer owes, and fetch its claims."""
    LEDGER = "ledger"
    """See whether the ledger is as it was signed."""


RIGHTS: dict[AccountRole, frozenset[Right]] = {
    AccountRole.PROFESSIONAL: frozenset({Right.CHECK}),
    AccountRole.CLIENT: frozenset({Right.CHECK}),
    AccountRole.HOLDER: frozenset({Right.ENROLMENTS, Right.ACCOUNTS}),
    AccountRole.SECURITY: frozenset(
        {Right.ENROLMENTS, Right.ACCOUNTS, Right.ACTS, Right.ALARMS, Right.INCIDENTS}
    ),
    AccountRole.PROTECTION: frozenset({Right.ACTS, Right.INCIDENTS, Right.LEDGER}),
    AccountRole.INSURER: frozenset({Right.FEEDS, Right.NOTICES, Right.CLAIMS}),
}

OF_AN_ORGANISATION = frozenset({AccountRole.PROFESSIONAL, AccountRole.CLIENT, AccountRole.HOLDER})
"""Roles that belong to an organisation; one officer may accept them. The others take two."""


def may(role: AccountRole, right: Right) -> bool:
    """Tell whether a role has a right."""
    return right in RIGHTS[role]
