"""How severe a breach is: ENISA's formula SE = DPC x EI + CB, each factor with its reason (pure).

Recommendations for a methodology of the assessment of severity of personal data breaches (ENISA,
December 2013). The score helps a person to judge; no duty follows from a band: whether to tell the
authority and the persons follows from art. 33 and 34 of the GDPR alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec


if TYPE_CHECKING:
    from collections.abc import Collection

    from ecluse.breach.incident import Cause

#: Above this many persons ENISA asks to say so beside the score.
MANY_PERSONS = 100


class Level(StrEnum):
    """ENISA's four bands."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very_high"


class Factor(msgspec.Struct, frozen=True):
    """One factor: its value, and the name of its reason."""

    value: float
    reason: str


class Severity(msgspec.Struct, frozen=True):
    """A breach's score and what it is made of."""

    #: Data processing context, 1 to 4.
    context: Factor
    #: Ease of identification, 0.25 to 1.
    identification: Factor
    #: Circumstances: confidentiality, integrity, availability, malicious intent; 0 to 0.5 each.
    circumstances: tuple[Factor, ...]
    #: More than a hundred persons; beside the score, not in it.
    many_persons: bool

    @property
    def score(self) -> float:
        """SE = DPC x EI + CB."""
        added = sum(each.value for each in self.circumstances)
        return self.context.value * self.identification.value + added

    @property
    def level(self) -> Level:
        """The band: below 2 low, below 3 medium, below 4 high."""
        for least, level in ((4.0, Level.VERY_HIGH), (3.0, Level.HIGH), (2.0, Level.MEDIUM)):
            if self.score >= least:
                return level
        return Level.LOW


# What an answer tells, weighed. A name of a health professional's kind and a care family say
# something of somebody's health, if little: sensitive data (4), one less for what little it is.
# An insurer's name alone is simple data (1), one more because it makes a convincing deceit.
_CONTEXT = {
    "card": Factor(3.0, "context_care"),
    "known": Factor(3.0, "context_care"),
    "typed": Factor(2.0, "context_insurer"),
}
# Who typed an identity knows it. A card or a reference names nobody: who it is follows from what
# stands beside it on that counter's screen.
_IDENTIFICATION = {
    "card": Factor(0.75, "identification_card"),
    "known": Factor(0.75, "identification_card"),
    "typed": Factor(1.0, "identification_typed"),
}


def assess(lanes: Collection[str], cause: Cause, persons: int) -> Severity:
    """Return the severity of answers in these lanes: that of the worst of them.

    Args:
        lanes: In which somebody was told of; at least one.
        cause: Whether somebody means harm.
        persons: How many were told of.
    """
    malicious = cause.malicious
    circumstances = (
        Factor(0.5, "confidentiality_unknown")
        if malicious
        else Factor(0.25, "confidentiality_known"),
        Factor(0.0, "integrity_kept"),
        Factor(0.0, "availability_kept"),
        Factor(0.5, "malicious") if malicious else Factor(0.0, "not_malicious"),
    )
    known = [lane for lane in lanes if lane in _CONTEXT] or ["card", "typed"]
    context, identification = max(
        ((_CONTEXT[lane], _IDENTIFICATION[lane]) for lane in sorted(known)),
        key=lambda pair: pair[0].value * pair[1].value,
    )
    return Severity(context, identification, circumstances, persons > MANY_PERSONS)
