"""Events about the platform itself: its policy, its pages, its database."""

from __future__ import annotations

from ecluse.ledger.events.event import Event


class PolicyInForce(Event, frozen=True, kw_only=True, tag="policy_in_force"):
    """A policy took effect. Written by a gate that starts with another one than the last noted."""

    version: str
    #: SHA-256 of the policy file (32 bytes).
    sha256: bytes


class Restored(Event, frozen=True, kw_only=True, tag="restored"):
    """The database came back from a backup. Written by the gate that found the ledger shorter.

    From here on every earlier registration is void and budgets count as spent for a day.
    """

    #: Entries that the database held when the restore was noticed.
    entries: int


class PageRelease(Event, frozen=True, kw_only=True, tag="page_release"):
    """The pages that professionals' browsers load were released. Written at each release."""

    #: Path of each file to its SHA-256 (32 bytes).
    files: dict[str, bytes]


class Witnessed(Event, frozen=True, kw_only=True, tag="witnessed"):
    """Enough witnesses cosigned lately, again or no more. Written by the gate that first finds it.

    While they have not, nobody is found without a card or a reference.
    """

    enough: bool
    #: As the policy says.
    needed: int
    #: Entries of the newest checkpoint with so many cosignatures; 0 for none.
    size: int


class CheckpointRefused(Event, frozen=True, kw_only=True, tag="checkpoint_refused"):
    """A witness saw another log than this one. Written by a gate; both notes lie in the database."""

    #: The witness's verifier key.
    witness: str
    #: `forked` or `rolled_back`.
    kind: str
    #: SHA-256 of what the witness had cosigned, and of what it was offered (32 bytes each).
    cosigned: bytes
    offered: bytes
