"""A policy in words: what each of its numbers means, and in which unit (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.policy.policy import Policy


class Term(NamedTuple):
    """One number of a policy."""

    #: Dotted, e.g. `typed.account_day`.
    key: str
    value: object
    unit: str
    meaning: str


class Change(NamedTuple):
    """One number that differs between two policies; None where a policy lacks it."""

    key: str
    before: object
    after: object


#: Unit and meaning by key.
_WORDS = {
    "version": ("", "what entries of the ledger call this policy"),
    "registration_hours": ("hours", "how long a device's sign-in counts, at most"),
    "refusal_grid_ms": ("ms", "refusals leave on this time grid"),
    "settlement_days": ("days", "how long a settlement reference can be used"),
    "card.account_day": ("cards in any 24 hours", "presented, per account"),
    "card.organisation_day": ("cards in any 24 hours", "presented, per organisation"),
    "card.organisations_per_card_day": (
        "organisations in any 24 hours",
        "that one printed card may be shown to",
    ),
    "known.account_day": ("persons in any 24 hours", "by their references, per account"),
    "known.organisation_day_per_professional": (
        "persons in any 24 hours",
        "by their references, per organisation and registered professional",
    ),
    "known.organisation_day_least": (
        "persons in any 24 hours",
        "by their references, at any organisation however small",
    ),
    "known.days": ("days", "for which a card's check makes its bearer known"),
    "typed.account_day": ("persons in any 24 hours", "without a card, per account"),
    "typed.account_hour": ("persons in any hour", "without a card, per account"),
    "typed.organisation_day_per_professional": (
        "persons in any 24 hours",
        "without a card, per organisation and registered professional",
    ),
    "typed.organisation_day_least": (
        "persons in any 24 hours",
        "without a card, at any organisation however small",
    ),
    "typed.organisation_day_floor": (
        "persons in any 24 hours",
        "an organisation's first ones, which no other can use up",
    ),
    "typed.region_profession_day": (
        "persons in any 24 hours",
        "without a card, per region and profession, beyond the floors",
    ),
    "typed.platform_day": (
        "persons in any 24 hours",
        "without a card, on the whole platform, beyond the floors",
    ),
    "typed.lease_block": ("persons", "that a gate leases at a time from region and platform"),
    "client.key_days": ("days", "how long a key of practice software counts"),
    "client.overlap_minutes": ("minutes", "how long the key before counts after a rotation"),
    "client.warning_days": ("days", "from when on practice software is told that its key ends"),
    "client.card_day": ("checks in any 24 hours", "with cards, per practice software"),
    "probation.hours": ("hours", "that a new or recovered account is on probation"),
    "probation.fraction": ("of the typed and known caps", "that an account on probation has"),
}


def terms(policy: Policy) -> list[Term]:
    """Return every number of `policy` with its meaning, in the file's order."""
    return [Term(key, value, *_WORDS.get(key, ("", ""))) for key, value in _flat(policy)]


def changes(before: Policy, after: Policy) -> list[Change]:
    """Return what differs between two policies, key by key."""
    old, new = dict(_flat(before)), dict(_flat(after))
    return [
        Change(key, old.get(key), new.get(key))
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    ]


def _flat(policy: Policy) -> Iterator[tuple[str, object]]:
    for name, value in msgspec.structs.asdict(policy).items():
        if isinstance(value, msgspec.Struct):
            for inner, number in msgspec.structs.asdict(value).items():
                yield f"{name}.{inner}", number
        else:
            yield name, value
