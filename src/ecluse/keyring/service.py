"""What the keyring does for the gate: find, and open what it finds committed."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from ecluse.errors import EcluseError
from ecluse.keyring import prf
from ecluse.keyring.continuity import Continuity
from ecluse.keyring.entries import Entries
from ecluse.keyring.feeds import Feeds
from ecluse.keyring.messages import Asked, Committed, Greeting, Located, Opened
from ecluse.keyring.meter import DAY
from ecluse.keyring.meters import Meters
from ecluse.keyring.tickets import Ticket, Tickets
from ecluse.keyring.wrap import Target, pointer_row, reference_row, unwrap, wrap
from ecluse.ledger.entry import Check, PageRelease


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ecluse.keyring.reader import Pointer, Reader
    from ecluse.keyring.vault import Vault


#: Distinct persons a day that the keyring locates and opens per lane; None counts only.
DEFAULT_LIMITS: dict[str, int | None] = {"card": None, "typed": 250_000}

#: Identifier sizes by lane: a card's secret, a person's number, date and rank.
_SIZES = {"card": 16, "typed": 22}
#: Seconds by which an entry may seem older than its check: two clocks never agree.
_CLOCKS = 300.0


class _Moment(NamedTuple):
    """A batch's time (seconds since the epoch), and the ledger's size then."""

    now: float
    size: int


class Keyring:
    """The keys, the meters and the tickets, behind one door."""

    def __init__(
        self,
        vault: Vault,
        folder: Path,
        reader: Reader,
        limits: Mapping[str, int | None] = DEFAULT_LIMITS,
    ) -> None:
        self.vault = vault
        self.entries = Entries(vault)
        self.feeds = Feeds(vault, folder)
        self.continuity = Continuity(vault, reader, self.entries)
        self._keys = vault.keys
        self._reader = reader
        self._tickets = Tickets()
        self._meters = Meters(vault, limits)
        # From here on the host's clock can be set as anybody likes: it frees nobody.
        self._began = time.time() - time.monotonic()

    async def recall(self) -> int:
        """Fill the meters from the last day of the ledger, so that a restart frees nobody.

        Which entries are of the last day is told by the keyring's own milestones: the times that
        entries claim are the word of whoever wrote them. Each counts as late as it may have been.
        """
        now = self._now()
        milestones = self.vault.marks.milestones
        first = max((each.size for each in milestones if each.at <= now - DAY), default=0)
        after = [each for each in milestones if each.size > first]
        recalled = 0
        async for position, row in self._reader.since(first):
            while after and position >= after[0].size:
                del after[0]
            event = self.entries.read(row)
            if isinstance(event, Check):
                at = min(after[0].at, now) if after else now
                opened = event.outcome == "released"
                self._meters.restore(event.lane, event.subject, at, opened=opened)
                recalled += 1
        self._meters.restore_untold(now)
        return recalled

    async def greet(self, *, restore_noted: bool) -> Greeting:
        """Give a gate what it needs to start, and say whether the database was restored."""
        restored = await self.continuity.restored(noted=restore_noted)
        return Greeting(self._keys.state, restored)

    async def locate(self, checks: Sequence[Asked]) -> list[Located]:
        """Return where each check leads, and keep a ticket for each that the meter admits.

        Raises:
            EcluseError: The database does not answer, or was restored and nobody has noted it.
        """
        moment = _Moment(self._now(), await self.continuity.size())
        cards = [
            prf.card_index(epoch.index, check.identifier)
            for check in checks
            if check.lane == "card"
            for epoch in self._keys.epochs
        ]
        pointers = await self._reader.pointers(cards) if cards else {}
        located = [self._locate(check, pointers, moment) for check in checks]
        self._meters.settle(moment.now)
        return located

    def _locate(
        self, check: Asked, pointers: Mapping[bytes, Sequence[Pointer]], moment: _Moment
    ) -> Located:
        insurer, feed, targets = self._leads(check, pointers)
        admitted = bool(targets) and self._meters.ask(check.lane, targets[-1].idx, moment.now)
        if not admitted:
            # The index alone would tell whether somebody is on file.
            insurer, feed, targets = None, 0, (self._nowhere(),)
        reference = os.urandom(16)
        row = reference_row(reference, check.organisation)
        wrapped = wrap(prf.reference_key(self._keys.reference, reference), targets[-1], row)
        if admitted:
            ticket = Ticket(
                check.lane,
                check.organisation,
                targets,
                insurer,
                reference,
                since=moment.size,
                not_before=time.time() - _CLOCKS,
            )
            self._tickets.put(check.entry, ticket, moment.now)
        candidates = tuple((target.epoch, target.idx) for target in targets)
        return Located(candidates, insurer, row, wrapped, admitted, feed)

    def _leads(
        self, check: Asked, pointers: Mapping[bytes, Sequence[Pointer]]
    ) -> tuple[int | None, int, tuple[Target, ...]]:
        """Return where an identifier leads: nowhere when it is not one of its lane."""
        if len(check.identifier) != _SIZES.get(check.lane):
            return None, 0, ()
        if check.lane == "card":
            return self._follow(check.identifier, pointers)
        return None, 0, self._targets(check.identifier)

    def _targets(self, identifier: bytes) -> tuple[Target, ...]:
        return tuple(
            Target(
                keys.epoch,
                prf.person_index(keys.index, identifier),
                prf.person_key(keys.person, identifier),
            )
            for keys in self._keys.epochs
        )

    def _follow(
        self, secret: bytes, pointers: Mapping[bytes, Sequence[Pointer]]
    ) -> tuple[int | None, int, tuple[Target, ...]]:
        """Open a card's latest pointer; a card that leads nowhere leads to a target that nobody has."""
        for epoch in reversed(self._keys.epochs):
            card = prf.card_index(epoch.index, secret)
            for pointer in pointers.get(card, ()):
                target = unwrap(
                    prf.pointer_key(epoch.pointer, secret),
                    pointer.sealed,
                    pointer_row(card, pointer.insurer, pointer.feed),
                )
                if target is not None:
                    return pointer.insurer, pointer.feed, (target,)
        newest = self._keys.current
        nobody = prf.nobody(newest.pointer, secret)
        return None, 0, (Target(newest.epoch, nobody[:16], nobody[16:]),)

    def _nowhere(self) -> Target:
        return Target(self._keys.current.epoch, os.urandom(16), os.urandom(32))

    async def unseal(self, entries: Sequence[Committed]) -> list[Opened]:
        """Return the record keys of entries that the keyring finds committed, once each."""
        found = await self._reader.entries([entry.position for entry in entries])
        for position, committed in found.items():
            self.continuity.saw(position, committed.entry)
        now = self._now()
        opened = []
        for asked in entries:
            ticket = self._tickets.take(asked.entry, now)
            row = found.get(asked.position)
            event = self.entries.read(row) if row is not None and row.entry == asked.entry else None
            if ticket is None or not isinstance(event, Check):
                opened.append(Opened((), b""))
            else:
                opened.append(self._open(ticket, asked.position, event, now))
        return opened

    def _open(self, ticket: Ticket, position: int, event: Check, now: float) -> Opened:
        target = ticket.answered_by(event, position)
        if target is None or not self._meters.open(ticket.lane, event.subject, now):
            return Opened((), b"")
        record_keys = tuple(
            (insurer, feed, prf.record_key(target.key, insurer, feed))
            for insurer, feed in event.opened
        )
        return Opened(record_keys, ticket.reference)

    async def page_release(self, position: int) -> PageRelease:
        """Return the release of the pages that stands at `position`: the one event not secret.

        Raises:
            EcluseError: None stands there.
        """
        row = (await self._reader.entries([position])).get(position)
        event = self.entries.read(row) if row is not None else None
        if not isinstance(event, PageRelease):
            raise EcluseError("No release of the pages stands there in the ledger.")
        return event

    def _now(self) -> float:
        return self._began + time.monotonic()
