"""Between `locate` and `unseal`: what the keyring remembers of a check, for seconds (pure).

A ticket is made from what the asker holds and is spent by the committed entry that names it, once.
It names the ledger's size of its own moment, so no older entry can stand for it; a restart forgets
every ticket.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple


if TYPE_CHECKING:
    from ecluse.keyring.wrap import Target
    from ecluse.ledger.entry import Check


class Ticket(NamedTuple):
    """One check on its way: who asks, in which lane, and what the identifier leads to."""

    lane: str
    organisation: bytes
    #: One target per live epoch; one alone when a card or a reference led here.
    targets: tuple[Target, ...]
    #: The insurer whose card a reference came from; None when all of the person's may answer.
    insurer: int | None
    reference: bytes
    #: Entries that the ledger had when the ticket was made: the check's own comes after them.
    since: int
    #: Seconds since the epoch: an entry that claims an earlier time would hide from a scope.
    not_before: float

    def answered_by(self, event: Check, position: int) -> Target | None:
        """Return whom a committed check discloses; None when it is not the one asked for here."""
        if (
            position < self.since
            or event.outcome != "released"
            or event.lane != self.lane
            or event.organisation != self.organisation
            or event.at.timestamp() < self.not_before
            or not all(self._may_open(*record) for record in event.opened)
        ):
            return None
        return next((target for target in self.targets if target.idx == event.subject), None)

    def _may_open(self, insurer: int, feed: int) -> bool:
        """Tell whether (insurer, feed) names a record, and one that this check may open."""
        return self.insurer in (None, insurer) and 0 <= insurer < 1 << 16 and 0 <= feed < 1 << 32


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
        self._open.move_to_end(entry)
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
