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
    "watch.threshold": ("log-likelihood ratio", "from which a test raises an alarm"),
    "watch.theft": ("log-likelihood ratio", "together, from which an account is taken for stolen"),
    "watch.corroborated": ("log-likelihood ratio", "of it, at least, that is not mere numbers"),
    "watch.numbers": ("log-likelihood ratio", "from which mere numbers are told of"),
    "watch.suspect": ("log-likelihood ratio", "together, from which an account is suspect"),
    "watch.suspects_least": ("accounts an hour", "that become suspect at least, to brake"),
    "watch.suspects_times": ("times the usual", "that they are at least, to brake"),
    "watch.miss_least": ("of typed checks", "the least usual share that finds nobody"),
    "watch.miss_most": ("of typed checks", "the most usual share that finds nobody"),
    "watch.miss_suspect": ("of typed checks", "the least share of misses that is suspected"),
    "watch.typed_day_least": ("persons a day", "the least usual number, typed, per account"),
    "watch.typed_day_most": ("persons a day", "the most usual number, typed, per account"),
    "watch.typed_day_suspect": ("persons a day", "the least number suspected, typed"),
    "watch.known_day_least": ("persons a day", "the least usual number, by reference, per account"),
    "watch.known_day_most": ("persons a day", "the most usual number, by reference, per account"),
    "watch.known_day_suspect": ("persons a day", "the least number suspected, by reference"),
    "watch.suspect_times": ("times the usual", "what is suspected of an account at least"),
    "watch.habit_days": ("days", "that an account's habit weighs"),
    "watch.unanswered_row": ("typed checks in a row", "not answered"),
    "watch.row_misses": ("of these", "that found nobody, at least"),
    "watch.pressed_row": ("typed checks in a row", "over the budget"),
    "watch.row_minutes": ("minutes", "within which checks are a row"),
    "watch.heavy_day": ("persons a day", "typed, that make a day a heavy one"),
    "watch.heavy_days": ("days of seven", "heavy ones, that raise an alarm"),
    "watch.subject_organisations": ("organisations a day", "that may ask about one person, typed"),
    "watch.campaign_alarms": ("accounts' alarms", "that make a campaign"),
    "watch.campaign_minutes": ("minutes", "within which they come"),
    "watch.campaign_hours": ("hours", "that a campaign lasts after its last alarm"),
    "watch.campaign_threshold": ("log-likelihood ratio", "together, that is enough meanwhile"),
    "watch.campaign_recent_hours": ("hours", "within which such an account asked"),
    "watch.surge_least": ("typed checks an hour", "usual at least, for a surge to be one"),
    "watch.surge_most": ("times the usual", "that a surge of everybody explains at most"),
    "watch.wary_hours": ("hours", "that less is enough for an alarm about an account"),
    "watch.shrink_hours": ("hours", "that a shrunken budget lasts"),
    "watch.freeze_hours": ("hours", "that typed checks stay frozen"),
    "watch.brake_hours": ("hours", "that the typed lane's brake lasts"),
    "watch.escalate_days": ("days", "within which alarms climb a ladder"),
    "watch.on_sweep": ("measures", "against numbers that are tried"),
    "watch.on_misses": ("measures", "against too many typed checks that find nobody"),
    "watch.on_together": ("measures", "against checks without a card that look stolen together"),
    "watch.on_card_misses": ("measures", "against too many cards that lead to nobody"),
    "watch.on_pressed": ("measures", "against asking on and on over the budget"),
    "watch.on_typed_rate": ("measures", "against far more typed persons than usual"),
    "watch.on_known_rate": ("measures", "against far more known patients than usual"),
    "watch.on_share": ("measures", "against a far greater share of typed checks"),
    "watch.on_heavy_days": ("measures", "against many persons on several days"),
    "watch.on_regular": ("measures", "against checks as even as a machine's"),
    "watch.on_subject": ("measures", "when many organisations ask about one person"),
    "watch.on_honey": ("measures", "when an invented member is asked about"),
    "watch.on_accomplice": ("measures", "against whoever does as a campaign does"),
    "watch.on_organisation": ("measures", "when an organisation's accounts ask more together"),
    "watch.on_surge": ("measures", "when the whole platform asks more"),
    "watch.on_suspects": ("measures", "when far more accounts than usual become suspect"),
    "watch.on_campaign": ("measures", "when many accounts raise alarms at once"),
    "exchange.tell": ("alarms", "that other operators are told of"),
    "exchange.tell_days": ("days", "that what they are told counts there"),
    "exchange.freeze_hours": ("hours", "that typed checks stay frozen on a neighbour's word"),
    "exchange.watch_hours": ("hours", "that less is enough for an alarm, on a neighbour's word"),
    "exchange.closes_hour": ("accounts in any hour", "closed on one neighbour's word"),
    "exchange.freezes_hour": ("accounts in any hour", "frozen on one neighbour's word"),
    "exchange.on_sweep": ("measure", "when a neighbour tells of numbers that are tried"),
    "exchange.on_misses": ("measure", "when it tells of typed checks that find nobody"),
    "exchange.on_pressed": ("measure", "when it tells of asking on over the budget"),
    "exchange.on_typed_rate": ("measure", "when it tells of far more typed persons"),
    "exchange.on_heavy_days": ("measure", "when it tells of many persons on several days"),
    "exchange.on_together": ("measure", "when it tells of checks that look stolen together"),
    "exchange.on_honey": ("measure", "when it tells of an invented member asked about"),
    "exchange.on_accomplice": ("measure", "when it tells of doing as a campaign does"),
    "exchange.on_campaign": ("measure", "against everybody, when it tells of a campaign"),
    "witness.needed": ("cosignatures", "that a checkpoint needs, for typed checks to go on"),
    "witness.most_minutes": ("minutes", "that the newest such checkpoint may be old"),
    "witness.every_seconds": ("seconds", "from one checkpoint submitted to the next, at least"),
    "witness.known": ("address and key", "of each witness"),
    "settle.quote_days": ("days", "that what insurers pay by a quote is guaranteed"),
    "settle.claim_days": ("days", "after the care within which it may be claimed"),
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
