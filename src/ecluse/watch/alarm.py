"""An alarm: whose, of what kind, how sure, on which entries, and why in one sentence (pure)."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What an alarm is about. The policy's `on_...` says what follows each."""

    SWEEP = "sweep"
    MISSES = "misses"
    TOGETHER = "together"
    CARD_MISSES = "card_misses"
    PRESSED = "pressed"
    TYPED_RATE = "typed_rate"
    KNOWN_RATE = "known_rate"
    SHARE = "share"
    HEAVY_DAYS = "heavy_days"
    REGULAR = "regular"
    SUBJECT = "subject"
    HONEY = "honey"
    ACCOMPLICE = "accomplice"
    ORGANISATION = "organisation"
    SURGE = "surge"
    SUSPECTS = "suspects"
    CAMPAIGN = "campaign"


#: Kinds that count towards a campaign: an account is used as a thief would use it. Mere numbers are
#: not: in a whole nation some honest counter is beyond its habit every few minutes.
THEFT = frozenset({Kind.SWEEP, Kind.TOGETHER, Kind.PRESSED, Kind.HONEY})

_WHY = {
    Kind.SWEEP: "{row} checks without a card in a row were not answered, {misses} of them because"
    " nobody was found: somebody tries numbers.",
    Kind.MISSES: "Its checks without a card find nobody far more often than the {usual:.0%} that is"
    " usual for it.",
    Kind.TOGETHER: "It asks without a card as a thief would: {today} new persons today where {usual:.1f}"
    " are usual for it (weight {rate:.1f}), persons as in a list ({looks:.1f}), hours at which it never worked ({hours:.1f}).",
    Kind.CARD_MISSES: "Its card codes lead to nobody far more often than the {usual:.0%} that is"
    " usual for it.",
    Kind.PRESSED: "{row} checks without a card in a row were asked over its budget.",
    Kind.TYPED_RATE: "{today} new persons without a card today, where {usual:.1f} a day are usual"
    " for it.",
    Kind.KNOWN_RATE: "{today} known patients asked about today, where {usual:.1f} a day are usual"
    " for it.",
    Kind.SHARE: "Far more of its checks come without a card than the {usual:.0%} that is usual for"
    " it.",
    Kind.HEAVY_DAYS: "It asked about {heavy} or more new persons without a card on {days} of the"
    " last seven days.",
    Kind.REGULAR: "Its checks without a card come as evenly as a machine's.",
    Kind.SUBJECT: "It is one of {organisations} organisations that asked about the same person"
    " without a card within a day.",
    Kind.HONEY: "It asked about an invented member, whom nobody can know but from a stolen list or by"
    " trying numbers.",
    Kind.ACCOMPLICE: "While {alarms} accounts raise alarms at once, it does as they do: {today} new"
    " persons without a card today, where {usual:.1f} a day are usual for it.",
    Kind.ORGANISATION: "The accounts of this organisation together asked about {today} new persons"
    " without a card today, where {usual:.1f} a day are usual.",
    Kind.SURGE: "The whole platform asks without a card {times:.1f} times as often as usual at this"
    " hour of the week.",
    Kind.SUSPECTS: "{count:.0f} accounts became suspect within the hour, where {usual:.1f} are usual at"
    " this hour of the week: many are used at once.",
    Kind.CAMPAIGN: "{alarms} accounts raised alarms within {minutes:.0f} minutes: this is one attack.",
}


class Alarm(msgspec.Struct, frozen=True):
    """One alarm."""

    #: Empty when it is about an organisation, or about the platform.
    account: bytes
    #: Empty when it is about the platform.
    organisation: bytes
    kind: Kind
    #: Log-likelihood ratio, or how many were counted.
    score: float
    #: When the entry that raised it was decided, seconds since the epoch.
    at: float
    #: Positions of the ledger entries that it rests on: the latest few.
    positions: tuple[int, ...]
    #: For a security officer; names no person.
    why: str
    #: The sentence's numbers, so that it can be said in the officer's language.
    facts: dict[str, float] = {}


def why(kind: Kind, **facts: float) -> str:
    """Return the sentence for an alarm of this kind."""
    return _WHY[kind].format(**facts)
