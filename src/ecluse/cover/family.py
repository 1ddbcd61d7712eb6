"""The kinds of care that a check can ask about."""

from __future__ import annotations

from enum import StrEnum


class CareFamily(StrEnum):
    """A care family: an answer tells the cover of the one that was asked for, no other."""

    EVERYDAY = "everyday"
    PHARMACY = "pharmacy"
    HOSPITAL = "hospital"
    OPTICS = "optics"
    DENTAL = "dental"
    HEARING = "hearing"
