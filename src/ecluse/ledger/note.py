"""C2SP signed notes (c2sp.org/signed-note) and the checkpoints written as them (pure).

A checkpoint (c2sp.org/tlog-checkpoint) is a note whose text is three lines: the log's origin, the
number of its entries, and the root hash of the tree over them. Its signature says: these entries,
in this order, and the log will never say otherwise.
"""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ecluse.ledger.errors import LedgerError
from ecluse.ledger.merkle import HASH_SIZE


_DASH = "\u2014 "
#: The kind of a log's own signature; a witness's has another (`ledger.cosignature`).
ED25519 = b"\x01"
_KEY_ID_SIZE = 4
#: The specification asks verifiers to accept 16 signatures and to stop somewhere.
_MOST_SIGNATURES = 100


class NoteError(LedgerError):
    """The text is no signed note, or not signed by the key it should be."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            problem, hint="Compare the note and the log's public key with where they came from."
        )


class Signature(NamedTuple):
    """One signature line."""

    name: str
    key_id: bytes
    signature: bytes


class Checkpoint(NamedTuple):
    """What a checkpoint's text says."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note text that is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


class VerifierKey(NamedTuple):
    """Whose signature to look for: the log's name, which is its origin line, and its key."""

    name: str
    #: Ed25519, 32 bytes.
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that a signature line names the key by."""
        return key_id(self.name, ED25519, self.public_key)

    def text(self) -> str:
        """Return the key in one line, for those who verify: name, key id, type and key."""
        return key_text(self.name, ED25519, self.public_key)

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read what `text` wrote.

        Raises:
            NoteError: Malformed, not an Ed25519 key, or the key id is another key's.
        """
        return cls(*read_key(text, ED25519))


def key_id(name: str, kind: bytes, public_key: bytes) -> bytes:
    """Return the four bytes that signature lines name a key by, given its kind of signature."""
    return sha256(name.encode() + b"\n" + kind + public_key).digest()[:_KEY_ID_SIZE]


def key_text(name: str, kind: bytes, public_key: bytes) -> str:
    """Return a key in one line (a vkey, c2sp.org/signed-note)."""
    return f"{name}+{key_id(name, kind, public_key).hex()}+{_base64(kind + public_key)}"


def read_key(text: str, kind: bytes) -> tuple[str, bytes]:
    """Return the name and the public key (32 bytes) that `key_text` wrote.

    Raises:
        NoteError: Malformed, a key for another kind of signature, or the key id is another key's.
    """
    parts = text.strip().split("+", 2)
    encoded = _bytes(parts[-1])
    if len(parts) != 3 or encoded is None or encoded[:1] != kind or len(encoded) != 33:
        raise NoteError("This is no Ed25519 verifier key of the kind that is asked for.")
    name, public_key = parts[0], encoded[1:]
    if not name or any(character.isspace() for character in name):
        raise NoteError("A verifier key's name is a word.")
    if key_id(name, kind, public_key).hex() != parts[1]:
        raise NoteError("The verifier key does not match its own id.")
    return name, public_key


def installation(public_key: bytes) -> str:
    """Return the name that an installation's logs bear: it follows from its checkpoint key."""
    return sha256(public_key).digest()[:8].hex()


def log_key(public_key: bytes, shard: int = 0) -> VerifierKey:
    """Return the name and key of a shard's log, from the installation's checkpoint key."""
    return VerifierKey(f"ecluse/{installation(public_key)}/shard{shard}", public_key)


def evidence_key(public_key: bytes) -> VerifierKey:
    """Return the name and key that evidence is signed by: no log bears that name."""
    return VerifierKey(f"ecluse/{installation(public_key)}/evidence", public_key)


def assemble(text: str, key: VerifierKey, signature: bytes) -> str:
    """Return the signed note of a text and the signature over it."""
    return f"{text}\n{signature_line(Signature(key.name, key.key_id, signature))}"


def signature_line(signature: Signature) -> str:
    """Return a signature as a line of a note, with its newline."""
    return f"{_DASH}{signature.name} {_base64(signature.key_id + signature.signature)}\n"


def parse(note: str) -> tuple[str, list[Signature]]:
    """Take a note apart, trusting nothing.

    Returns:
        The text, which its signatures are over, and the signatures in order.

    Raises:
        NoteError: Not in the form of a signed note.
    """
    if any(character < " " and character != "\n" for character in note):
        raise NoteError("A signed note holds a control character.")
    text, blank, lines = note.rpartition("\n\n")
    if not text or not blank or not lines.endswith("\n"):
        raise NoteError("A signed note is a text, an empty line, and signature lines.")
    return text + "\n", read_signatures(lines)


def read_signatures(lines: str) -> list[Signature]:
    """Read signature lines, each with its newline; a note ends with them.

    Raises:
        NoteError: Malformed, or too many.
    """
    if not lines.endswith("\n"):
        raise NoteError("A signature line ends with a newline.")
    signatures = [_signature(line) for line in lines[:-1].split("\n")]
    if len(signatures) > _MOST_SIGNATURES:
        raise NoteError(f"A signed note has more than {_MOST_SIGNATURES} signatures.")
    return signatures


def verified_text(note: str, key: VerifierKey) -> str:
    """Return the text of a note that `key` signed; other signatures do not matter.

    Raises:
        NoteError: Malformed, not signed by the key, or its signature does not hold.
    """
    text, signatures = parse(note)
    ours = [each for each in signatures if (each.name, each.key_id) == (key.name, key.key_id)]
    if not ours:
        raise NoteError("The note is not signed by this log's key.")
    verifier = Ed25519PublicKey.from_public_bytes(key.public_key)
    for each in ours:
        try:
            verifier.verify(each.signature, text.encode())
        except InvalidSignature:
            raise NoteError("The signature on the note does not hold.") from None
    return text


def read_checkpoint(text: str) -> Checkpoint:
    """Read a note's text as a checkpoint; extension lines are allowed and ignored.

    Raises:
        NoteError: Not in the form of a checkpoint.
    """
    lines = text.split("\n")
    if len(lines) < 4 or "" in lines[:-1] or lines[-1]:
        raise NoteError("A checkpoint is at least three lines: origin, size, root hash.")
    origin, size, root = lines[0], lines[1], _bytes(lines[2])
    if not (size.isascii() and size.isdigit()) or size != str(int(size)):
        raise NoteError("A checkpoint's size is a decimal number.")
    if root is None or len(root) != HASH_SIZE:
        raise NoteError("A checkpoint's root hash is 32 bytes in base64.")
    return Checkpoint(origin, int(size), root)


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint that the log `key` signed.

    Raises:
        NoteError: Not signed by the key, of another log, or no checkpoint.
    """
    checkpoint = read_checkpoint(verified_text(note, key))
    if checkpoint.origin != key.name:
        raise NoteError("The checkpoint is another log's.")
    return checkpoint


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    body = _bytes(encoded)
    if (
        not line.startswith(_DASH)
        or not name
        or "+" in name
        or any(character.isspace() for character in name)
        or body is None
        or len(body) <= _KEY_ID_SIZE
    ):
        raise NoteError("A signature line is a dash, a key's name, and a signature in base64.")
    return Signature(name, body[:_KEY_ID_SIZE], body[_KEY_ID_SIZE:])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes | None:
    """Decode standard base64; None unless it is exactly what encoding would have written."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _base64(data) == text else None
