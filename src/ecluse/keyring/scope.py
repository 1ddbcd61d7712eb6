"""What the breach part may know of the ledger: the checks that an incident in it names.

The keyring reads the statement of the incident itself, as committed, and tells of the entries from
there on what the statement covers: the person's index, insurers, family, time, account. Of other
people's checks it tells how far each run of a gate had come, which is about nobody.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from ecluse.errors import EcluseError
from ecluse.ledger.entry import (
    ActDone,
    ActProposed,
    ActSeconded,
    ActWithdrawn,
    AlarmRaised,
    Check,
    CheckpointRefused,
    Contained,
    GateEnded,
    IncidentChanged,
    IncidentClosed,
    IncidentOpened,
    Lock,
    Login,
    NoticeAcknowledged,
    NoticeFetched,
    NoticesBuilt,
    NoticesSent,
    PolicyInForce,
    Restored,
    RunMark,
    ScopeTaken,
    SignedOut,
    Unlock,
    Withheld,
    Witnessed,
    encode,
)


if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecluse.keyring.entries import Entries
    from ecluse.keyring.honey import HoneyBook
    from ecluse.keyring.reader import Entry, Reader
    from ecluse.ledger.entry import AnyEvent


#: Entries in one answer.
_PAGE = 4000

#: Told when they name an account of the incident, or everybody.
_OF_AN_ACCOUNT = (AlarmRaised, Contained, Lock, Unlock, SignedOut, Login)
#: Told when they name the incident.
_OF_THE_INCIDENT = (
    *(IncidentOpened, IncidentChanged, IncidentClosed, ScopeTaken),
    *(NoticesBuilt, NoticesSent, NoticeFetched, NoticeAcknowledged),
)
#: Told always: what was in force, and what two officers did.
_OF_THE_PLATFORM = (
    *(PolicyInForce, Restored, Witnessed, CheckpointRefused),
    *(ActProposed, ActSeconded, ActWithdrawn, ActDone),
)


class NotOpenError(EcluseError):
    """No open incident stands where the caller says."""

    def __init__(self) -> None:
        super().__init__(
            "No open incident stands there in the ledger.",
            hint="See `ecluse incident list`; of a closed one nothing is told any more.",
        )


class ScopeLine(msgspec.Struct, frozen=True, array_like=True):
    """One check of the incident that was recorded as released."""

    position: int
    #: Id of the entry (16 bytes).
    entry: bytes
    at: datetime
    account: bytes
    organisation: bytes
    lane: str
    family: str
    #: The person's PRF index.
    subject: bytes
    #: (insurer, feed) of each record opened.
    opened: tuple[tuple[int, int], ...]
    #: Which run of a gate decided; empty before runs were recorded.
    run: bytes


class ScopePage(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of the ledger, as far as it concerns an incident."""

    #: Position of the entry after the last one read.
    next: int
    #: SHA-256 over the commitments read, back to back: whoever computes the tree's root from
    #: commitments sees that they are the same.
    read: bytes
    #: Positions whose entry does not open: erased, or not what stands in the tree.
    unread: tuple[int, ...]
    lines: tuple[ScopeLine, ...]
    #: Ids of entries told before that were withheld after all.
    withheld: tuple[bytes, ...]
    #: Each run, with the position below which all its checks were answered or withheld.
    settled: dict[bytes, int]
    #: (position, encoded event) of what was done about the incident. No such event names a member.
    acts: tuple[tuple[int, bytes], ...]
    #: Released checks of accounts that were cleared, which another name of the statement covers.
    cleared: int


class Scoping:
    """One caller's reading of one incident."""

    def __init__(
        self,
        reader: Reader,
        entries: Entries,
        honey: HoneyBook,
        statement: IncidentOpened | IncidentChanged,
    ) -> None:
        self._reader = reader
        self._honey = honey
        self._entries = entries
        self.statement = statement
        self._told: set[bytes] = set()

    @classmethod
    async def begin(
        cls,
        reader: Reader,
        entries: Entries,
        honey: HoneyBook,
        position: int,
        closed: Sequence[int],
    ) -> Scoping:
        """Begin to tell of the incident whose statement is committed at `position`.

        Raises:
            NotOpenError: None is, or the incident was closed.
        """
        row = (await reader.entries([position])).get(position)
        event = entries.read(row) if row is not None else None
        if not isinstance(event, IncidentOpened | IncidentChanged) or event.incident in closed:
            raise NotOpenError
        return cls(reader, entries, honey, event)

    async def page(self, position: int, end: int) -> ScopePage:
        """Tell of the entries from `position` up to `end`, as many as one answer holds."""
        rows = await self._reader.page(position, max(0, min(_PAGE, end - position)))
        events = [(at, row.entry, self._entries.read(row)) for at, row in rows]
        lines, cleared = self._lines(events)
        self._told.update(line.entry for line in lines)
        return ScopePage(
            next=rows[-1][0] + 1 if rows else position,
            read=_digest(rows),
            unread=tuple(at for at, _, event in events if event is None),
            lines=lines,
            withheld=tuple(
                event.entry
                for _, _, event in events
                if isinstance(event, Withheld) and event.entry in self._told
            ),
            settled=_settled(event for _, _, event in events),
            acts=tuple(
                (at, encode(event))
                for at, _, event in events
                if event is not None and self.concerns(event)
            ),
            cleared=cleared,
        )

    def _lines(
        self, events: Sequence[tuple[int, bytes, AnyEvent | None]]
    ) -> tuple[tuple[ScopeLine, ...], int]:
        lines, cleared = [], 0
        for position, entry, event in events:
            if (
                not isinstance(event, Check)
                or event.outcome != "released"
                or not self.statement.names(event)
                # Nobody is to be told that an invented member was asked about.
                or self._honey.holds(event.subject)
            ):
                continue
            if event.account in self.statement.cleared:
                cleared += 1
                continue
            lines.append(_line(position, entry, event))
        return tuple(lines), cleared

    def concerns(self, event: AnyEvent) -> bool:
        """Tell whether an event is part of the incident's story."""
        if isinstance(event, _OF_AN_ACCOUNT):
            return not event.account or event.account in self.statement.accounts
        if isinstance(event, _OF_THE_INCIDENT):
            return event.incident == self.statement.incident
        return isinstance(event, _OF_THE_PLATFORM)


def _line(position: int, entry: bytes, event: Check) -> ScopeLine:
    return ScopeLine(
        position,
        entry,
        event.at,
        event.account,
        event.organisation,
        event.lane,
        event.family,
        event.subject,
        event.opened,
        RunMark.unpack(event.run).name,
    )


def _digest(rows: Sequence[tuple[int, Entry]]) -> bytes:
    return sha256(b"".join([row.commitment for _, row in rows])).digest()


def _settled(events: Iterable[AnyEvent | None]) -> dict[bytes, int]:
    settled: dict[bytes, int] = {}
    for event in events:
        if isinstance(event, Check | GateEnded) and event.run:
            run = RunMark.unpack(event.run)
            settled[run.name] = max(settled.get(run.name, 0), run.settled)
    return settled
