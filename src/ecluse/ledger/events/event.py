"""What all events of the ledger share."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What all events share."""

    #: When it was decided, with its time zone. Sealed with the rest, unlike the row's own time,
    #: which only orders the ledger and finds a period in it.
    at: datetime
