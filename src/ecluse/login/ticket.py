"""Enrolment tickets: who asks to join and as which account, between `begin` and `finish`.

Nothing is stored until a passkey stands behind the request. The passkey's challenge is the hash
of the ticket (`challenge.enrolment_challenge`), so it commits to every claim in it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from ecluse.login import stamp
from ecluse.login.roles import AccountRole


LIFETIME = 600
"""Seconds that a person has to create the passkey."""

_PURPOSE = b"ecluse/enrol/v1"


class Claims(msgspec.Struct, frozen=True, array_like=True):
    """What somebody says about themselves when they ask to join."""

    account: bytes
    """16 random bytes: the account's number if it is accepted, and the passkey's user handle."""
    finess: str | None
    """The organisation's number; None for a role that belongs to none."""
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    """How the organisation calls this counter, or the operator this officer."""
    role: AccountRole = AccountRole.PROFESSIONAL
    amc: str | None = None
    """The insurer's number, for its staff."""


def issue(key: bytes, claims: Claims, now: float) -> bytes:
    """Return the ticket that carries `claims`; `key` is 32 secret bytes, `now` Unix seconds."""
    return stamp.stamp(key, _PURPOSE, msgspec.msgpack.encode(claims), int(now) + LIFETIME)


def read(key: bytes, ticket: bytes, now: float) -> Claims:
    """Return the claims of a ticket that this gate issued.

    Raises:
        StampError: It did not, or too long ago.
    """
    return msgspec.msgpack.decode(stamp.open_stamp(key, _PURPOSE, ticket, now), type=Claims)
