"""One check on its way through the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple


if TYPE_CHECKING:
    from datetime import datetime

    from ecluse.gate.again import Reply
    from ecluse.gate.request import Asked


class Pending(NamedTuple):
    """A verified request that waits for its batch."""

    #: The id that its ledger entry will have, 16 random bytes.
    entry: bytes
    account: bytes
    organisation: bytes
    thumbprint: bytes
    asked: Asked
    #: (nonce, expiry) of the request's signature: each counts once per account.
    nonces: tuple[tuple[bytes, datetime], ...]
    reply: Reply
