"""Between `locate` and `unseal`: what the keyring remembers of a check, for seconds (pure).

A ticket is made from what the asker holds and is spent by the committed entry that names it, once.
A restart forgets them all, so no old entry can be opened again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple


if TYPE_CHECKING:
    from ecluse.keyring.wrap import Target


class Ticket(NamedTuple):
    """One check on its way: who asks, in which lane, and what the identifier leads to."""

    lane: str
    organisation: bytes
    #: One target per live epoch; one alone when a card led here.
    targets: tuple[Target, ...]
    #: The insurer of the card presented; None when any of the person's insurers may answer.
    insurer: int | None
    reference: bytes


class Tickets:
    """Tickets by entry id; each lives `lifetime` seconds and is taken once."""

    def __init__(self, lifetime: float = 15.0, most: int = 100_000) -> None:
        self._lifetime = lifetime
        self._most = most
        self._open: OrderedDict[bytes, tuple[float, Ticket]] = OrderedDict()

    def put(self, entry: bytes, ticket: Ticket, now: float) -> None:
        """Keep `ticket` under `entry`; the oldest go when there are too many."""
        self._sweep(now)
        self._open[entry] = (now, ticket)
        while len(self._open) > self._most:
            self._open.popitem(last=False)

    def take(self, entry: bytes, now: float) -> Ticket | None:
        """Spend the ticket of `entry`; None when there is none (any more)."""
        self._sweep(now)
        found = self._open.pop(entry, None)
        return None if found is None else found[1]

    def _sweep(self, now: float) -> None:
        while self._open:
            put_at, _ = next(iter(self._open.values()))
            if put_at > now - self._lifetime:
                break
            self._open.popitem(last=False)
