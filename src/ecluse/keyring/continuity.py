"""Whether the ledger goes on from where it was: restores are noticed, checkpoints signed.

The keyring does not take the gate's word for how long the ledger is. It remembers the last entry
that it saw, on disk as of the last checkpoint, and looks whether that entry still stands there.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.errors import EcluseError
from ecluse.keyring.meter import DAY
from ecluse.keyring.reader import Tip
from ecluse.keyring.vault import Milestone
from ecluse.ledger.entry import Restored
from ecluse.ledger.note import log_key, read_checkpoint


if TYPE_CHECKING:
    from ecluse.keyring.entries import Entries
    from ecluse.keyring.evidence import Openings
    from ecluse.keyring.reader import Reader
    from ecluse.keyring.vault import Vault


#: Seconds from one milestone to the next.
_MILESTONE = 600.0


class Continuity:
    """What the keyring knows of the ledger's length."""

    def __init__(self, vault: Vault, reader: Reader, entries: Entries) -> None:
        self._vault = vault
        self._reader = reader
        self._entries = entries
        self._checkpoint_key = Ed25519PrivateKey.from_private_bytes(vault.keys.checkpoint)
        self._tip = Tip(vault.marks.signed_size, vault.marks.signed_entry)
        self._restored_at: int | None = None

    @property
    def known(self) -> int:
        """Return how many entries the keyring has seen there to be; more may be by now."""
        return self._tip.size

    async def size(self) -> int:
        """Return how many entries are committed.

        Raises:
            EcluseError: Not those that were there before.
        """
        found = await self._look()
        if found is None:
            raise EcluseError(
                "The ledger is not the one that was there before: the database was restored.",
                hint="Restart the gate: it notes the restore, and answers go on.",
            )
        return found

    def saw(self, position: int, entry: bytes) -> None:
        """Remember an entry that was read back as committed: it has to stay where it stands."""
        if position >= self._tip.size:
            self._tip = Tip(position + 1, entry)

    async def restored(self, *, noted: bool) -> bool:
        """Tell whether the database was restored.

        Every greeting says so again until the ledger itself holds the fact (`noted`); then the
        shorter ledger is the one that goes on.
        """
        if await self._look() is not None:
            self._restored_at = None
            return False
        if self._restored_at is None:
            self._restored_at = (await self._reader.ends()).last.size
        if not noted or not await self._is_noted(self._restored_at):
            return True
        await self._go_on()
        return False

    async def sign(self, body: bytes, size: int) -> bytes:
        """Sign a checkpoint's text (Ed25519, 64 bytes) over the first `size` entries.

        Raises:
            EcluseError: Not a checkpoint of this log, of more entries than there are, of fewer than
                were signed before, of as many with another root, or of a ledger that does not go on
                from the one that was there.
        """
        root = self._root(body, size)
        entry = (await self._reader.ends(size)).former
        if entry is None:
            raise EcluseError(f"The ledger does not have {size} entries.")
        goes_on = await self._look() is not None
        marks = self._vault.marks
        if (
            not goes_on
            or size < marks.signed_size
            or (size == marks.signed_size and marks.signed_root not in (b"", root))
        ):
            raise EcluseError(
                f"Another ledger of {marks.signed_size} entries was signed before.",
                hint="The database was restored or truncated. Restart the gate: it will say so.",
            )
        if (size, root) != (marks.signed_size, marks.signed_root):
            self._vault.remember(
                msgspec.structs.replace(
                    marks,
                    signed_size=size,
                    signed_root=root,
                    signed_entry=entry,
                    milestones=_milestones(marks.milestones, Milestone(size, time.time(), entry)),
                )
            )
        return self._checkpoint_key.sign(body)

    def sign_evidence(self, openings: Openings, manifest: bytes) -> str:
        """Sign what was opened of an incident, by the key that the log is known by."""
        return openings.signed(manifest, self.public_key(), self._checkpoint_key.sign)

    def public_key(self) -> bytes:
        """Return the checkpoint key's public part (32 bytes)."""
        return self._checkpoint_key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )

    def _root(self, body: bytes, size: int) -> bytes:
        """Return the root that a checkpoint's text names: no other text is signed here."""
        checkpoint = read_checkpoint(body.decode("ascii", errors="replace"))
        log = log_key(self.public_key()).name
        if checkpoint != (log, size, checkpoint.root) or checkpoint.text().encode() != body:
            raise EcluseError("This is no checkpoint of this ledger.")
        return checkpoint.root

    async def _look(self) -> int | None:
        """Return the ledger's size, and remember its tip; None when it does not go on from ours."""
        known = self._tip
        last, former = await self._reader.ends(known.size)
        if former != known.entry:
            return None
        if last.size > self._tip.size:
            self._tip = last
        return last.size

    async def _is_noted(self, since: int) -> bool:
        """Tell whether the ledger says, after its first `since` entries, that it was restored."""
        async for _, row in self._reader.since(since):
            if isinstance(self._entries.read(row), Restored):
                return True
        return False

    async def _go_on(self) -> None:
        """Take the ledger as it stands for the one that goes on."""
        marks = self._vault.marks
        last = (await self._reader.ends()).last
        kept = list(marks.milestones)
        while kept and (await self._reader.ends(kept[-1].size)).former != kept[-1].entry:
            kept.pop()
        size = min(marks.signed_size, last.size)
        self._vault.remember(
            msgspec.structs.replace(
                marks,
                signed_size=size,
                signed_root=b"",
                signed_entry=(await self._reader.ends(size)).former or b"",
                milestones=tuple(kept),
            )
        )
        self._tip, self._restored_at = last, None


def _milestones(known: tuple[Milestone, ...], new: Milestone) -> tuple[Milestone, ...]:
    """Add a milestone when it is time; keep what tells of the last day, and one before that."""
    if known and new.at < known[-1].at + _MILESTONE:
        return known
    older = [index for index, each in enumerate(known) if each.at <= new.at - DAY]
    return (*known[older[-1] if older else 0 :], new)
