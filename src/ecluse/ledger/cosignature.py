"""What a witness adds to a checkpoint: `cosignature/v1` of c2sp.org/tlog-cosignature (pure).

It says: as of this second, the largest tree that I have seen of this log is this one, and it began
with every tree that I have seen of it before. The key has a kind of its own, 0x04, so that it is
never taken for a log's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ecluse.ledger.note import Signature, key_id, key_text, read_key, signature_line


if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


_KIND = b"\x04"
_TIME_SIZE = 8
_SIZE = _TIME_SIZE + 64


class WitnessKey(NamedTuple):
    """Whose cosignature to look for."""

    #: A URL without its scheme, by custom.
    name: str
    #: Ed25519, 32 bytes.
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that a signature line names the key by."""
        return key_id(self.name, _KIND, self.public_key)

    def text(self) -> str:
        """Return the key in one line: name, key id, type and key."""
        return key_text(self.name, _KIND, self.public_key)

    @classmethod
    def parse(cls, text: str) -> WitnessKey:
        """Read what `text` wrote.

        Raises:
            NoteError: Malformed, a log's key, or the key id is another key's.
        """
        return cls(*read_key(text, _KIND))


class Witness(NamedTuple):
    """Where somebody who cosigns listens, and its key."""

    #: Without a slash at its end.
    url: str
    key: WitnessKey


class Cosignature(NamedTuple):
    """One that holds."""

    key: WitnessKey
    #: When it was made, by the witness's clock: seconds since the epoch.
    at: int
    #: Its line of the note.
    line: str


def cosign(text: str, key: WitnessKey, private: Ed25519PrivateKey, at: int) -> Cosignature:
    """Cosign a checkpoint's text at a second since the epoch."""
    signed = at.to_bytes(_TIME_SIZE, "big") + private.sign(_message(text, at))
    return Cosignature(key, at, signature_line(Signature(key.name, key.key_id, signed)))


def verified(
    text: str, signatures: Iterable[Signature], keys: Sequence[WitnessKey], now: float
) -> list[Cosignature]:
    """Return the cosignatures of a checkpoint's text that hold: each key's latest one.

    Args:
        text: The checkpoint's, as the log signed it.
        signatures: Of the note, or of a witness's answer; those of other keys do not matter.
        keys: Whose cosignatures count.
        now: Seconds since the epoch: what a witness dates after it counts for nothing.
    """
    wanted = {(key.name, key.key_id): key for key in keys}
    found: dict[WitnessKey, Cosignature] = {}
    for each in signatures:
        key = wanted.get((each.name, each.key_id))
        if key is None or len(each.signature) != _SIZE:
            continue
        at = int.from_bytes(each.signature[:_TIME_SIZE], "big")
        if at > now or (key in found and found[key].at >= at):
            continue
        if _holds(text, at, each.signature[_TIME_SIZE:], key.public_key):
            found[key] = Cosignature(key, at, signature_line(each))
    return list(found.values())


def _holds(text: str, at: int, signature: bytes, public_key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, _message(text, at))
    except InvalidSignature:
        return False
    return True


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()
