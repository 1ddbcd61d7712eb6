"""The rows of an insurer's invented members, which the keyring adds to a full feed's first chunk.

The keyring alone says who they are; the loader gives them what a row has besides, so that theirs
look like any other: the cover of one of the chunk's rows that is in force, and a member reference
that the insurer alone could tell from its own, which is never shown one.
"""

from __future__ import annotations

import os
import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ecluse.feeds.reference import SEALED_SIZE


if TYPE_CHECKING:
    from ecluse.feeds.rows import Accepted
    from ecluse.keyring.bulk import Evaluated


_INDEX_SIZE = 16
_BETWEEN = re.compile(rb"[,\x1f]")


def filled(accepted: Accepted, evaluated: Evaluated) -> Accepted:
    """Return a chunk's rows with one more for each that the keyring evaluated beyond them."""
    more = len(evaluated.indexes) // _INDEX_SIZE - len(accepted.covers)
    if not more:
        return accepted
    today = datetime.now(UTC).date().isoformat().encode()
    covers = [cover for cover in accepted.covers if _in_force(cover, today)] or accepted.covers
    return accepted._replace(
        covers=[*accepted.covers, *(secrets.choice(covers) for _ in range(more))],
        references=accepted.references + os.urandom(SEALED_SIZE * more),
    )


def _in_force(cover: bytes, today: bytes) -> bool:
    _, first, last, *_ = _BETWEEN.split(cover)
    return first <= today and (not last or last >= today)
