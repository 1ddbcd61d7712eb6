"""What is sent to a witness: the body of `add-checkpoint`, c2sp.org/tlog-witness (pure)."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from ecluse.ledger.errors import LedgerError
from ecluse.ledger.merkle import HASH_SIZE


#: The specification's own limit: a consistency proof in a tree over 2^63 leaves.
_MOST_HASHES = 63
#: Of a whole body, in bytes: the proof, and a note with the signatures of a crowd of witnesses.
MOST_BYTES = 64 * 1024


class SubmissionError(LedgerError):
    """The body is not what the protocol says (HTTP 400)."""

    def __init__(self) -> None:
        super().__init__("This is no body of add-checkpoint.", hint="See c2sp.org/tlog-witness.")


class Submission(NamedTuple):
    """A checkpoint, and the proof that it goes on from an earlier one."""

    #: Entries of the checkpoint that the witness cosigned last; 0 before its first.
    old: int
    #: RFC 6962, 2.1.2; nothing from an empty tree.
    hashes: tuple[bytes, ...]
    #: A signed note.
    note: str

    def body(self) -> bytes:
        """Return it as it is sent."""
        lines = [f"old {self.old}", *(base64.b64encode(each).decode() for each in self.hashes)]
        return ("".join(f"{line}\n" for line in lines) + "\n" + self.note).encode()

    @classmethod
    def parse(cls, body: bytes) -> Submission:
        """Read what `body` wrote; the note itself is not looked at.

        Raises:
            SubmissionError: Malformed.
        """
        try:
            head, blank, note = body.decode().partition("\n\n")
        except UnicodeDecodeError:
            raise SubmissionError from None
        first, *proof = head.split("\n")
        size = first.removeprefix("old ")
        digits = size.isascii() and size.isdigit()
        if not blank or len(proof) > _MOST_HASHES or first != f"old {size}" or not digits:
            raise SubmissionError
        if len(size) > 1 and size.startswith("0"):
            raise SubmissionError
        return cls(int(size), tuple(_hash(line) for line in proof), note)


def _hash(line: str) -> bytes:
    try:
        found = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raise SubmissionError from None
    if len(found) != HASH_SIZE or base64.b64encode(found).decode() != line:
        raise SubmissionError
    return found
