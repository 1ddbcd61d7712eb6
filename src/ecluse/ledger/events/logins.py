"""Events about who may come in: logins, devices, enrolments, locks."""

from __future__ import annotations

from datetime import datetime

from ecluse.ledger.events.event import Event


class Login(Event, frozen=True, kw_only=True, tag="login"):
    """A passkey vouched for a device. Written in the transaction that registers the device."""

    account: bytes
    #: Thumbprint of the device registered (32 bytes).
    device: bytes
    #: SHA-256 of the passkey's credential id (32 bytes).
    credential: bytes


class Logout(Event, frozen=True, kw_only=True, tag="logout"):
    """Registrations were ended by their owner. Written in the transaction that revokes them."""

    account: bytes
    #: Thumbprint of the device that asked (32 bytes).
    device: bytes
    #: How many registrations ended.
    devices: int = 1


class SignedOut(Event, frozen=True, kw_only=True, tag="signed_out"):
    """An account's registrations were ended by somebody else, in this transaction."""

    account: bytes
    #: How many ended.
    devices: int
    #: The account that did it; empty for a command on the operator's machine.
    by: bytes = b""


class EnrolmentAsked(Event, frozen=True, kw_only=True, tag="enrolment_asked"):
    """A passkey asks to join an organisation. Written when the request is kept for an officer."""

    #: What the officer compares, e.g. `7QFD-M2KX-94TA`: it commits to the passkey's public key.
    fingerprint: str
    #: The organisation's number, as asked; empty for a role that belongs to none.
    finess: str
    #: SHA-256 of the passkey's credential id (32 bytes).
    credential: bytes
    role: str = "professional"
    #: The insurer's number, as its staff asked.
    amc: str = ""


class EnrolmentAccepted(Event, frozen=True, kw_only=True, tag="enrolment_accepted"):
    """An officer let a passkey join. Written in the transaction that makes the account."""

    fingerprint: str
    account: bytes
    #: Empty for a role that belongs to none.
    organisation: bytes
    #: SHA-256 of the passkey's credential id (32 bytes).
    credential: bytes
    role: str = "professional"
    #: The account that accepted; empty for a command on the operator's machine.
    by: bytes = b""


class EnrolmentRefused(Event, frozen=True, kw_only=True, tag="enrolment_refused"):
    """A passkey that asked to join was refused. Written in the transaction that refuses it."""

    fingerprint: str
    #: The account that refused; empty for a command on the operator's machine.
    by: bytes = b""


class ClientRotated(Event, frozen=True, kw_only=True, tag="client_rotated"):
    """Practice software replaced its key. Written in the transaction that registers the next one."""

    account: bytes
    #: Thumbprint of the key that asked, which counts until `ends_at` (32 bytes).
    device: bytes
    #: Thumbprint of the key that follows it (32 bytes).
    following: bytes
    ends_at: datetime


class Lock(Event, frozen=True, kw_only=True, tag="lock"):
    """An account was locked. Written in the transaction that locks it."""

    account: bytes
    reason: str
    #: The account that locked it; empty for a command on the operator's machine.
    by: bytes = b""


class Unlock(Event, frozen=True, kw_only=True, tag="unlock"):
    """A locked account was opened again. Written in the transaction that opens it."""

    #: Empty: the brake on everybody's typed lane was ended.
    account: bytes
    #: Why it had been locked.
    reason: str
