"""What two officers agreed on about a held feed, as the ledger tells.

The keyring seals their acts itself, so it knows which entries to look for; it believes none before
it has read it back as committed. Whatever the loader or the database's tables say counts for
nothing here.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import msgspec

from ecluse.ledger.entry import ActProposed, ActSeconded, ActWithdrawn


if TYPE_CHECKING:
    from ecluse.keyring.entries import Entries
    from ecluse.keyring.reader import Reader
    from ecluse.ledger.entry import AnyEvent


E = TypeVar("E")

#: From the proposal on: as long as the console lets an act be done.
LIFETIME = timedelta(hours=24)


class Release(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="feed_release"
):
    """What two officers agree on: that this manifest's rows are evaluated, however many."""

    amc: str
    feed: int
    #: Hex SHA-256 of the signed manifest.
    manifest: str


class _Step(NamedTuple, Generic[E]):
    """One person's step: its event, its entry's id, and where to begin to look for that."""

    event: E
    entry: bytes
    since: int


class Agreed:
    """The acts of the last day about held feeds."""

    def __init__(self, reader: Reader, entries: Entries) -> None:
        self._reader = reader
        self._entries = entries
        self._proposed: dict[bytes, _Step[ActProposed]] = {}
        self._seconded: dict[bytes, _Step[ActSeconded]] = {}

    def note(self, event: AnyEvent | None, entry: bytes, since: int) -> None:
        """Remember an act's entry that was sealed now, or that stands in the ledger.

        Args:
            event: What it tells of; whatever is no act of this kind is passed over.
            entry: Its id.
            since: A position that it does not stand before.
        """
        match event:
            case ActProposed(act=act, kind="feed_release"):
                self._proposed[act] = _Step(event, entry, since)
            case ActSeconded(act=act) if act in self._proposed:
                self._seconded[act] = _Step(event, entry, since)
            case ActWithdrawn(act=act):
                self._forget(act)

    async def holds(self, release: Release) -> bool:
        """Tell whether two persons agreed on exactly this, within a day, in committed entries."""
        self._forget_old()
        for act, seconded in list(self._seconded.items()):
            proposed = self._proposed[act]
            if (
                _agree(proposed.event, seconded.event, release)
                and await self._committed(proposed)
                and await self._committed(seconded)
            ):
                return True
        return False

    async def _committed(self, step: _Step[ActProposed] | _Step[ActSeconded]) -> bool:
        row = await self._reader.entry(step.entry, step.since)
        return row is not None and self._entries.read(row) == step.event

    def _forget_old(self) -> None:
        now = datetime.now(UTC)
        for act, proposed in list(self._proposed.items()):
            if proposed.event.at < now - LIFETIME:
                self._forget(act)

    def _forget(self, act: bytes) -> None:
        self._proposed.pop(act, None)
        self._seconded.pop(act, None)


def _agree(proposed: ActProposed, seconded: ActSeconded, release: Release) -> bool:
    """Tell whether the second person, another one, signed the text that the first proposed."""
    try:
        content = msgspec.json.decode(proposed.content, type=Release)
    except msgspec.DecodeError:
        return False
    return (
        content == release
        and seconded.digest == hashlib.sha256(proposed.content).digest()
        and seconded.account != proposed.account
    )
