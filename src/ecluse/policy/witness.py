"""Who cosigns the ledger, and how much of that a disclosure needs (the policy's `witness` section)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ecluse.ledger.cosignature import Witness, WitnessKey
from ecluse.ledger.note import NoteError
from ecluse.policy.watch import Count, Positive


#: A witness as a policy names it: where it listens, and its verifier key.
Named = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(https://|http://(localhost|127\.0\.0\.1):)\S+ [^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$"
    ),
]


class WitnessPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of the known witnesses have to have cosigned, and how lately."""

    #: Cosignatures that a checkpoint needs; 0 asks for none, and typed checks go on without.
    needed: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    #: Age of the newest checkpoint with so many.
    most_minutes: Positive = 60.0
    #: From one checkpoint submitted to the next.
    every_seconds: Count = 10
    known: tuple[Named, ...] = ()

    def __post_init__(self) -> None:
        """Read every key, so that a policy with a wrong one is none."""
        try:
            named = self.witnesses()
        except NoteError as error:
            raise ValueError(error.problem) from None
        if len({each.key.name for each in named}) < len(named):
            raise ValueError("two witnesses have one name")

    def witnesses(self) -> tuple[Witness, ...]:
        """Return the witnesses that are known."""
        parts = [each.split(" ", 1) for each in self.known]
        return tuple(Witness(url.rstrip("/"), WitnessKey.parse(key)) for url, key in parts)
