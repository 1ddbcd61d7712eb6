"""What a witness makes of a submitted checkpoint (pure): what it has seen, and a request, in.

The order of questions is the specification's (c2sp.org/tlog-witness, add-checkpoint).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.ledger.merkle import EMPTY_ROOT, verify_consistency
from ecluse.ledger.note import NoteError, open_checkpoint, parse, read_checkpoint


if TYPE_CHECKING:
    from ecluse.ledger.note import Checkpoint, VerifierKey
    from ecluse.ledger.submission import Submission


class Seen(msgspec.Struct, frozen=True):
    """The latest checkpoint of a log that this witness cosigned."""

    size: int
    root: bytes
    #: The signed note, as it was submitted.
    note: str
    #: Seconds since the epoch.
    at: int


#: Of a log that this witness was told to follow and has not heard of yet.
NOTHING = Seen(0, EMPTY_ROOT, "", 0)


class Kind(StrEnum):
    """How a checkpoint that the log did sign contradicts what was cosigned."""

    #: As many entries, another root: the two notes prove it to anybody.
    FORK = "fork"
    #: Fewer entries: the log was rolled back, or somebody sent an old checkpoint again.
    SHORTER = "shorter"
    #: More entries, and no proof that they go on from those: a fork, or somebody sent nonsense.
    UNPROVED = "unproved"


class Answer(NamedTuple):
    """What is answered; with 200 the checkpoint is to be kept, and then cosigned."""

    status: int
    #: Of the submission, once it was found to be the log's.
    checkpoint: Checkpoint | None = None
    #: What speaks against the log, to be remembered with both notes.
    against: Kind | None = None


def origin(note: str) -> str:
    """Return the log that a note says it is of, before anything of it is believed.

    Raises:
        NoteError: It is no checkpoint.
    """
    return read_checkpoint(parse(note)[0]).origin


def judge(seen: Seen, submission: Submission, key: VerifierKey) -> Answer:
    """Decide about a checkpoint of a log that is followed.

    Args:
        seen: The latest that was cosigned of it.
        submission: What was sent.
        key: The log's.
    """
    try:
        offered = open_checkpoint(submission.note, key)
    except NoteError:
        return Answer(403)
    if submission.old > offered.size:
        return Answer(400, offered, _shorter(seen, offered))
    if offered.size == seen.size and offered.root != seen.root:
        # Whatever else the request says: the specification's 409, and a proof for everybody.
        return Answer(409 if seen.note else 422, offered, Kind.FORK if seen.note else None)
    if submission.old != seen.size:
        return Answer(409, offered, _shorter(seen, offered))
    if not _goes_on(seen, submission, offered):
        return Answer(422, offered, Kind.UNPROVED if seen.size else None)
    return Answer(200, offered)


def _shorter(seen: Seen, offered: Checkpoint) -> Kind | None:
    return Kind.SHORTER if offered.size < seen.size else None


def _goes_on(seen: Seen, submission: Submission, offered: Checkpoint) -> bool:
    if seen.size == 0:
        return not submission.hashes
    return verify_consistency(seen.size, offered.size, submission.hashes, seen.root, offered.root)
