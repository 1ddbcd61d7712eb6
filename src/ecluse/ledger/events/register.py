"""Events about organisations and insurers, and the feeds that insurers send."""

from __future__ import annotations

from ecluse.ledger.events.event import Event


class OrganisationAdded(Event, frozen=True, kw_only=True, tag="organisation_added"):
    """An organisation may have accounts from now on."""

    organisation: bytes
    finess: str
    #: Registered there: its budget grows with them.
    professionals: int


class InsurerAdded(Event, frozen=True, kw_only=True, tag="insurer_added"):
    """An insurer's feeds are taken from now on."""

    insurer: int
    amc: str
    #: SHA-256 of the Ed25519 key that its feeds are signed with (32 bytes).
    signing_key: bytes


class FeedInForce(Event, frozen=True, kw_only=True, tag="feed_in_force"):
    """An insurer's feed took effect. Written in the transaction that switches to it."""

    insurer: int
    feed: int
    #: SHA-256 of the signed manifest (32 bytes).
    manifest: bytes
    accepted: int
    rejected: int
    #: The feed that a delta builds on; 0 for a full feed.
    base: int = 0


class FeedHeld(Event, frozen=True, kw_only=True, tag="feed_held"):
    """A feed waits for two officers: its count is out of the insurer's usual. Nothing was read."""

    insurer: int
    feed: int
    #: SHA-256 of the signed manifest (32 bytes).
    manifest: bytes
    rows: int
    usual: int


class FeedPurged(Event, frozen=True, kw_only=True, tag="feed_purged"):
    """Member references of a feed that ended were deleted: no entry that names them is left."""

    insurer: int
    feed: int
    #: How many there were.
    references: int


class FeedRefused(Event, frozen=True, kw_only=True, tag="feed_refused"):
    """An insurer's feed was refused as a whole. Written when its loading ends."""

    insurer: int
    feed: int
    #: SHA-256 of the signed manifest (32 bytes).
    manifest: bytes
    reason: str


class HoneyPlanted(Event, frozen=True, kw_only=True, tag="honey_planted"):
    """Members were invented for an insurer; its next full feed brings them on file."""

    amc: str
    #: How many it has now.
    count: int
