"""Thefts on running parts: each through a door that its thief can reach.

The thief of 2024 had a professional's login. These have that, and more: a relay in the middle, a
captured pipe, a signed-in device whose owner confirms everything, a list of real identities, a
photographed card, the gate itself, the whole database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.siege.live import (
    back_doors,
    cards,
    client_key,
    dump,
    gate,
    insiders,
    known,
    logins,
    malware,
    pages,
    pipe,
    second_operator,
)


if TYPE_CHECKING:
    from ecluse.siege.live.theft import Theft


_ALL: tuple[Theft, ...] = (
    *logins.THEFTS,
    *pipe.THEFTS,
    *malware.THEFTS,
    client_key.THEFT,
    *known.THEFTS,
    *cards.THEFTS,
    back_doors.THEFT,
    pages.THEFT,
    dump.THEFT,
    *gate.THEFTS,
    *insiders.THEFTS,
    second_operator.THEFT,
)
THEFTS: dict[str, Theft] = {each.name: each for each in _ALL}
ALONE: dict[str, Theft] = {name: theft for name, theft in THEFTS.items() if not theft.neighbour}
"""Those that take one operator."""
