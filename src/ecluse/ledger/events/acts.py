"""Events about acts that take two persons."""

from __future__ import annotations

from ecluse.ledger.events.event import Event


class ActProposed(Event, frozen=True, kw_only=True, tag="act_proposed"):
    """One person proposed an act that takes two."""

    #: 16 random bytes.
    act: bytes
    kind: str
    #: Exactly what is to be done, canonical JSON; its SHA-256 is what both persons sign.
    content: bytes
    account: bytes
    #: The gesture, its moment and its device, as JSON: what to verify with the passkey's key.
    proof: bytes


class ActSeconded(Event, frozen=True, kw_only=True, tag="act_seconded"):
    """A second person agreed to an act."""

    act: bytes
    #: SHA-256 of the content (32 bytes).
    digest: bytes
    account: bytes
    proof: bytes


class ActWithdrawn(Event, frozen=True, kw_only=True, tag="act_withdrawn"):
    """One person stopped an act that was not done yet."""

    act: bytes
    account: bytes


class ActDone(Event, frozen=True, kw_only=True, tag="act_done"):
    """What two persons agreed on was done, in this transaction."""

    act: bytes
    kind: str
    #: SHA-256 of the content (32 bytes).
    digest: bytes
