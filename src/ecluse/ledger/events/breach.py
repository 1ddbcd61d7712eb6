"""Events about incidents: what each is about, how its scope was taken, who was told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ecluse.ledger.events.event import Event


if TYPE_CHECKING:
    from ecluse.ledger.events.checks import Check


class IncidentStatement(Event, frozen=True, kw_only=True):
    """What an incident is about: whose checks, from when until when.

    The keyring tells the scope of exactly this, and of nothing that no such entry names.
    """

    #: Consecutive, from 1.
    incident: int
    since: datetime
    #: None: it goes on.
    until: datetime | None = None
    #: 16 bytes each; a check counts when its account, organisation or device is named.
    accounts: tuple[bytes, ...] = ()
    organisations: tuple[bytes, ...] = ()
    #: Thumbprints, 32 bytes each.
    devices: tuple[bytes, ...] = ()
    #: Accounts whose alarm was false: their checks do not count, whatever else names them.
    cleared: tuple[bytes, ...] = ()
    #: The account that said so; empty for a command on the operator's machine.
    by: bytes = b""

    def names(self, check: Check) -> bool:
        """Tell whether a check lies in the window and was made by one that is named."""
        return (
            self.since <= check.at
            and (self.until is None or check.at <= self.until)
            and (
                check.account in self.accounts
                or check.organisation in self.organisations
                or check.device in self.devices
            )
        )


class IncidentOpened(IncidentStatement, frozen=True, kw_only=True, tag="incident_opened"):
    """An incident was opened."""

    #: The alarm that it follows (16 bytes); empty when it was opened by hand.
    alarm: bytes = b""
    cause: str


class IncidentChanged(IncidentStatement, frozen=True, kw_only=True, tag="incident_changed"):
    """What an incident is about was said anew, whole."""


class IncidentClosed(Event, frozen=True, kw_only=True, tag="incident_closed"):
    """An incident was closed: its scope is told no more, and purges go on."""

    incident: int
    by: bytes = b""


class ScopeTaken(Event, frozen=True, kw_only=True, tag="scope_taken"):
    """An incident's scope was taken, from entries that stand in a signed tree."""

    incident: int
    #: Position of the statement that it answers.
    statement: int
    #: Entries read: from `begin` up to, not including, `end`; `root` is over the first `end`.
    begin: int
    end: int
    root: bytes
    #: Persons, by the PRF indexes that the entries name.
    sure: int
    possible: int


class NoticesBuilt(Event, frozen=True, kw_only=True, tag="notices_built"):
    """Notices were built: one file for each insurer concerned, which it alone can open."""

    incident: int
    version: int
    #: SHA-256 over the files, as two persons approve it (32 bytes).
    digest: bytes
    insurers: int


class NoticesSent(Event, frozen=True, kw_only=True, tag="notices_sent"):
    """Notices that two persons approved were put out for the insurers to fetch."""

    incident: int
    version: int
    digest: bytes


class NoticeFetched(Event, frozen=True, kw_only=True, tag="notice_fetched"):
    """An insurer's staff fetched its notice."""

    incident: int
    version: int
    insurer: int
    by: bytes


class NoticeAcknowledged(Event, frozen=True, kw_only=True, tag="notice_acknowledged"):
    """An insurer's staff acknowledged its notice."""

    incident: int
    version: int
    insurer: int
    by: bytes
