"""What the keyring does for the gate: find, and open what it finds committed."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.errors import EcluseError
from ecluse.keyring import prf
from ecluse.keyring.agreed import Agreed
from ecluse.keyring.continuity import Continuity
from ecluse.keyring.entries import Entries
from ecluse.keyring.evidence import Openings
from ecluse.keyring.facts import Telling
from ecluse.keyring.feeds import Feeds
from ecluse.keyring.honey import HoneyBook
from ecluse.keyring.leads import Lead, Leads, Rows
from ecluse.keyring.messages import (
    Asked,
    Committed,
    Greeting,
    Located,
    Opened,
    PhoneEnded,
    PhoneGranted,
)
from ecluse.keyring.meter import DAY
from ecluse.keyring.meters import Meters
from ecluse.keyring.neighbours import NeighbourKey
from ecluse.keyring.phones import Phones, presented
from ecluse.keyring.reader import Place
from ecluse.keyring.scope import Scoping
from ecluse.keyring.structure import Structure, Trails
from ecluse.keyring.tickets import Ticket, Tickets
from ecluse.keyring.wrap import Claim, Target, reference_row, wrap_claim
from ecluse.ledger.entry import Check, IncidentClosed, PageRelease, decode


if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ecluse.keyring.facts import Fact, Facts
    from ecluse.keyring.reader import Reader
    from ecluse.keyring.vault import Vault
    from ecluse.ledger.entry import AnyEvent
    from ecluse.ledger.seal import SealedEntry


#: Distinct persons a day that the keyring locates and opens per lane; None counts only.
DEFAULT_LIMITS: dict[str, int | None] = {"card": None, "known": 1_000_000, "typed": 250_000}
#: How long a card's check makes its bearer known to the organisation.
DEFAULT_KNOWN_DAYS = 90

#: An organisation that the database does not know.
_NOWHERE = Place("", "")
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
        known_days: int = DEFAULT_KNOWN_DAYS,
    ) -> None:
        self.vault = vault
        self.entries = Entries(vault)
        self.agreed = Agreed(reader, self.entries)
        self.honey = HoneyBook(vault, folder)
        self.feeds = Feeds(vault, folder, self.agreed, self.honey)
        self.continuity = Continuity(vault, reader, self.entries)
        self.neighbours = NeighbourKey(vault.keys.checkpoint)
        self._telling = Telling(reader, self.entries, self.honey)
        self._keys = vault.keys
        self._reader = reader
        self._tickets = Tickets()
        self._meters = Meters(vault, limits)
        self._leads = Leads(vault.keys, known_days * DAY)
        self._phones = Phones(vault.keys, self._leads, reader, folder)
        self._trails = Trails()
        self._places: dict[bytes, Place] = {}
        # From here on the host's clock can be set as anybody likes: it frees nobody.
        self._began = time.time() - time.monotonic()

    async def recall(self) -> int:
        """Fill the meters from the last day of the ledger, so that a restart frees nobody.

        What two officers agreed on within that day is taken up again as well.

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
            self.agreed.note(event, row.entry, position)
            if isinstance(event, Check):
                at = min(after[0].at, now) if after else now
                opened = event.outcome == "released"
                # A reference that led nowhere was not counted; what else was, is reserved on disk.
                if opened or event.lane != "known":
                    self._meters.restore(event.lane, event.subject, at, opened=opened)
                recalled += 1
        self._meters.restore_untold(now)
        return recalled

    def seal(self, body: bytes, allowed: tuple[type[AnyEvent], ...]) -> SealedEntry:
        """Seal an encoded event as a ledger entry; see `Entries.seal`."""
        sealed = self.entries.seal(body, allowed)
        event = decode(body)
        self.agreed.note(event, sealed.entry, self.continuity.known)
        if isinstance(event, IncidentClosed):
            # Whether or not it is committed: who wants to know more opens the incident anew.
            marks = self.vault.marks
            closed = tuple({*marks.closed, event.incident})
            self.vault.remember(msgspec.structs.replace(marks, closed=closed))
        return sealed

    async def greet(self, *, restore_noted: bool) -> Greeting:
        """Give a gate what it needs to start, and say whether the database was restored."""
        restored = await self.continuity.restored(noted=restore_noted)
        return Greeting(self._keys.state, restored, self.continuity.public_key())

    async def locate(self, checks: Sequence[Asked]) -> list[Located]:
        """Return where each check leads, and keep a ticket for each that the meter admits.

        Raises:
            EcluseError: The database does not answer, or was restored and nobody has noted it.
        """
        moment = _Moment(self._now(), await self.continuity.size())
        await self._learn_places(checks)
        checks = await self._phones.cards(checks, self._places, moment.now)
        rows = await self._read(checks)
        located = [self._locate(check, rows, moment) for check in checks]
        self._meters.settle(moment.now)
        return located

    async def _read(self, checks: Sequence[Asked]) -> Rows:
        cards = [
            prf.card_index(epoch.index, check.identifier)
            for check in checks
            if check.lane == "card"
            for epoch in self._keys.epochs
        ]
        references = [
            reference_row(check.identifier, check.organisation)
            for check in checks
            if check.lane == "known"
        ]
        return Rows(
            await self._reader.pointers(cards) if cards else {},
            await self._reader.claims(references) if references else {},
        )

    async def _learn_places(self, checks: Sequence[Asked]) -> None:
        strange = {
            check.organisation
            for check in checks
            if (check.lane == "typed" or presented(check))
            and check.organisation not in self._places
        }
        if strange:
            self._places |= dict.fromkeys(strange, _NOWHERE)
            self._places |= await self._reader.places(list(strange))

    def _locate(self, check: Asked, rows: Rows, moment: _Moment) -> Located:
        found = self._leads.of(check, rows, moment.now)
        admitted = self._admit(check.lane, found, moment.now)
        # The index alone would tell whether somebody is on file.
        lead = found if found is not None and admitted else Lead((self._nowhere(),))
        reference = os.urandom(16)
        row = reference_row(reference, check.organisation)
        claim = Claim(lead.targets[-1], lead.insurer, lead.carded)
        wrapped = wrap_claim(prf.reference_key(self._keys.reference, reference), claim, row)
        if admitted:
            ticket = Ticket(
                check.lane,
                check.organisation,
                lead.targets,
                lead.insurer if check.lane == "known" else None,
                reference,
                since=moment.size,
                not_before=time.time() - _CLOCKS,
            )
            self._tickets.put(check.entry, ticket, moment.now)
        candidates = tuple((target.epoch, target.idx) for target in lead.targets)
        structure = self._structure(check, moment.now)
        return Located(candidates, lead.insurer, row, wrapped, admitted, lead.feed, structure)

    def _structure(self, check: Asked, now: float) -> Structure:
        if check.lane != "typed":
            return Structure()
        region = self._places[check.organisation].region
        return self._trails.follow(check.account, check.identifier, region, now)

    def _admit(self, lane: str, lead: Lead | None, now: float) -> bool:
        if lead is None:
            return False
        if lead.somebody:
            return self._meters.ask(lane, lead.targets[-1].idx, now)
        # Nobody to count; and without room, nobody can be told from somebody.
        return self._meters.has_room(lane, now)

    def _nowhere(self) -> Target:
        return Target(self._keys.current.epoch, os.urandom(16), os.urandom(32))

    async def enrol_phone(self, word: bytes, phone: bytes, card: bytes) -> PhoneGranted:
        """Have a phone stand for a card; see `Phones.enrol`."""
        return await self._phones.enrol(word, phone, card, self._now())

    async def end_phone(self, word: bytes) -> PhoneEnded:
        """Return which phone an insurer ends; see `Phones.end`."""
        return await self._phones.end(word, self._now())

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

    async def facts(self, position: int) -> Facts:
        """Return what the watch may know of the ledger's entries from `position` on."""
        return await self._telling.since(position, self._now())

    async def facts_at(self, positions: Sequence[int]) -> tuple[Fact, ...]:
        """Return what the watch may know of the entries at these positions."""
        return await self._telling.at(positions, self._now())

    async def scope(self, statement: int) -> Scoping:
        """Begin to tell of the incident whose statement stands at a position of the ledger.

        Raises:
            NotOpenError: None stands there, or it was closed.
        """
        closed = self.vault.marks.closed
        return await Scoping.begin(self._reader, self.entries, self.honey, statement, closed)

    def openings(self, scoping: Scoping) -> Openings:
        """Begin to open the entries of an incident's story for its archive."""
        return Openings(self._reader, self.entries, scoping)

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
