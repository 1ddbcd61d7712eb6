"""Enrolment tickets: who asks to join and as which account, between `begin` and `finish`.

Nothing is stored until a passkey stands behind the request. The passkey's challenge is the hash
of the ticket (`challenge.enrolment_challenge`), so it commits to every claim in it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from ecluse.login import stamp


LIFETIME = 600
"""Seconds that a person has to create the passkey."""

_PURPOSE = b"ecluse/enrol/v1"


class Claims(msgspec.Struct, frozen=True, array_like=True):
    """What an organisation's counter says about itself when it asks to join."""

    account: bytes
    """16 random bytes: the account's number if it is accepted, and the passkey's user handle."""
    finess: str
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    """How the organisation calls this counter."""


def issue(key: bytes, claims: Claims, now: float) -> bytes:
    """Return the ticket that carries `claims`; `key` is 32 secret bytes, `now` Unix seconds."""
    return stamp.stamp(key, _PURPOSE, msgspec.msgpack.encode(claims), int(now) + LIFETIME)


def read(key: bytes, ticket: bytes, now: float) -> Claims:
    """Return the claims of a ticket that this gate issued.

    Raises:
        StampError: It did not, or too long ago.
    """
    return msgspec.msgpack.decode(stamp.open_stamp(key, _PURPOSE, ticket, now), type=Claims)
