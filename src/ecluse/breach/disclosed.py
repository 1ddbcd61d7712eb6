"""Which data an answer told, by lane, and what a person can do about each (pure).

It follows from what a reply can hold (`gate/answer.py`); nothing else left the gate.
"""

from __future__ import annotations

from enum import StrEnum


class Field(StrEnum):
    """A kind of data that an answer tells."""

    RIGHT = "right"
    """That the person is covered on the day asked about; with a card also that they are not."""
    INSURER = "insurer"
    """Which insurer is to be billed."""
    COVER = "cover"
    """What the cover package pays in the one care family asked about, and until when."""
    PRESENCE = "presence"
    """That the person, or their card, was at this organisation."""


_BY_LANE: dict[str, frozenset[Field]] = {
    "card": frozenset(Field),
    "known": frozenset({Field.RIGHT, Field.INSURER, Field.PRESENCE}),
    "typed": frozenset({Field.RIGHT, Field.INSURER}),
}


def fields_of(lane: str) -> frozenset[Field]:
    """Return what an answer in a lane tells; of a lane that is not known, everything."""
    return _BY_LANE.get(lane, frozenset(Field))
