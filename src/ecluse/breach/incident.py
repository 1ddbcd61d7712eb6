"""What is known of an incident beside its scope: why, since when, where it stands (pure)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from ecluse.errors import EcluseError


class IncidentError(EcluseError):
    """What cannot be done to this incident (HTTP 409)."""


class Cause(StrEnum):
    """How it came about, as far as is known; no free text, so nothing about anybody."""

    PHISHING = "phishing"
    """A login was obtained by deceit."""
    MALWARE = "malware"
    """A signed-in device did what others told it to."""
    STOLEN_DEVICE = "stolen_device"
    INSIDER = "insider"
    """Somebody with a right to ask asked without a reason."""
    MISTAKE = "mistake"
    """Nobody meant harm."""
    UNKNOWN = "unknown"

    @property
    def malicious(self) -> bool:
        """Tell whether somebody means harm; what is not known counts as that."""
        return self is not Cause.MISTAKE

    @property
    def external(self) -> bool | None:
        """Tell whether it came from outside; None when nobody knows."""
        if self is Cause.UNKNOWN:
            return None
        return self not in {Cause.INSIDER, Cause.MISTAKE}


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What an incident is about; numbers are 16 bytes, thumbprints 32."""

    since: datetime
    until: datetime | None = None
    accounts: tuple[bytes, ...] = ()
    organisations: tuple[bytes, ...] = ()
    devices: tuple[bytes, ...] = ()
    cleared: tuple[bytes, ...] = ()

    def check(self) -> None:
        """Refuse what names nobody or no time.

        Raises:
            IncidentError: What is wrong.
        """
        if not (self.accounts or self.organisations or self.devices):
            raise IncidentError(
                "The incident names no account, organisation or device.", hint="Name at least one."
            )
        if self.until is not None and self.until <= self.since:
            raise IncidentError("The incident ends before it begins.")

    def clear(self, account: bytes) -> Statement:
        """Return the statement without an account whose alarm was false.

        Raises:
            IncidentError: It is cleared already.
        """
        if account in self.cleared:
            raise IncidentError("This account is cleared already.")
        return msgspec.structs.replace(self, cleared=(*self.cleared, account))


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One incident, as the register holds it."""

    incident: int
    #: Position of the statement in the ledger.
    position: int
    statement: Statement
    cause: Cause
    #: Empty when it was opened by hand.
    alarm: bytes
    #: When the operator came to know: the alarm, or the opening.
    discovered_at: datetime
    opened_at: datetime
    closed_at: datetime | None
