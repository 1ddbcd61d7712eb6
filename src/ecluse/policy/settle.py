"""How long quotes and claims count (the policy's `settle` section)."""

from __future__ import annotations

from typing import Annotated

import msgspec


class SettlePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days, the day itself not counted."""

    #: What insurers pay by a quote is guaranteed for so long.
    quote_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 30
    #: Care may be claimed for so long after it was given.
    claim_days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 730
