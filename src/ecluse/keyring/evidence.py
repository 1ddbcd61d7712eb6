"""What the keyring vouches for in a regulator's archive: entries of an incident, opened.

A commitment alone does not tell what its entry says, and the month's key would open everybody's.
So the keyring opens the entries itself, and signs what it opened as a note that can never be taken
for a checkpoint: another name, and a second line that is no number.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from ecluse.errors import EcluseError
from ecluse.ledger.note import assemble, evidence_key


if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecluse.keyring.entries import Entries
    from ecluse.keyring.reader import Reader
    from ecluse.keyring.scope import Scoping


class OpenedAct(msgspec.Struct, frozen=True, array_like=True):
    """An entry of an incident's story, and what its commitment is made of."""

    position: int
    #: commitment = SHA-256(salt ‖ sealed); the salt is this entry's alone.
    salt: bytes
    sealed: bytes
    #: The event as JSON; bytes in it are standard base64.
    event: bytes


class Openings:
    """One caller's openings of one incident, and the signature over all of them."""

    def __init__(self, reader: Reader, entries: Entries, scoping: Scoping) -> None:
        self._reader = reader
        self._entries = entries
        self._scoping = scoping
        self._lines: dict[int, str] = {}

    async def open(self, positions: Sequence[int]) -> tuple[OpenedAct, ...]:
        """Open entries of the incident's story.

        Raises:
            EcluseError: One of them is none, or does not open.
        """
        rows = await self._reader.entries(positions)
        opened = []
        for position in positions:
            row = rows.get(position)
            event = self._entries.read(row) if row is not None else None
            if row is None or row.sealed is None or event is None:
                raise EcluseError(f"The entry at position {position} does not open.")
            if not self._scoping.concerns(event):
                raise EcluseError(f"The entry at position {position} is not of this incident.")
            text = msgspec.json.encode(event)
            commitment = row.commitment.hex()
            self._lines[position] = f"{position} {commitment} {sha256(text).hexdigest()}\n"
            opened.append(OpenedAct(position, self._entries.salt(row), row.sealed, text))
        return tuple(opened)

    def signed(self, manifest: bytes, public_key: bytes, sign: Callable[[bytes], bytes]) -> str:
        """Return the note over what was opened so far and a manifest (SHA-256, 32 bytes)."""
        acts = sha256("".join(self._lines[each] for each in sorted(self._lines)).encode())
        key = evidence_key(public_key)
        text = (
            f"{key.name}\nincident {self._scoping.statement.incident}\n"
            f"acts {acts.hexdigest()}\nmanifest {manifest.hex()}\n"
        )
        return assemble(text, key, sign(text.encode()))
