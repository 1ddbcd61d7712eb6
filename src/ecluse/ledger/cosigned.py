"""What witnesses cosigned, how each stands and what one refused, as rows of the database.

Role: ledger, but for the functions that say who else. Nothing read here is believed for lying here:
whoever relies on a cosignature verifies it (`ledger.cosignature`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.ledger.cosignature import verified
from ecluse.ledger.note import parse, read_checkpoint, read_signatures


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.ledger.cosignature import Cosignature, WitnessKey
    from ecluse.ledger.storage import Connection


#: A witness that was not asked for so long is asked no more.
ASKED = timedelta(days=1)
#: Newest cosignatures among which one that counts is looked for.
_LATELY = 200

_STANDING = (
    "SELECT witness, size, asked_at, cosigned_at, problem FROM ledger_witness WHERE shard = $1"
)
_COSIGNED = """
INSERT INTO ledger_cosignature (shard, size, witness, at, line) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (shard, size, witness) DO UPDATE SET at = excluded.at, line = excluded.line
"""
_ASKED = """
INSERT INTO ledger_witness (shard, witness, size, asked_at, cosigned_at, problem)
VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (shard, witness) DO UPDATE
   SET size = excluded.size, asked_at = excluded.asked_at, problem = excluded.problem,
       cosigned_at = coalesce(excluded.cosigned_at, ledger_witness.cosigned_at)
"""
_REFUSED = """
INSERT INTO ledger_refusal (shard, digest, witness, kind, cosigned, offered, at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (shard, digest) DO NOTHING
"""
_LATEST = """
SELECT note, size, ARRAY(SELECT line FROM ledger_cosignature AS s
                          WHERE s.shard = c.shard AND s.size = c.size ORDER BY witness) AS lines
  FROM ledger_checkpoint AS c WHERE shard = $1 AND size = ANY($2::bigint[]) ORDER BY size DESC
"""
_SIZES = """
SELECT size FROM ledger_cosignature WHERE shard = $1 ORDER BY shard DESC, size DESC LIMIT $2
"""
_NEWEST = "SELECT max(size) FROM ledger_checkpoint WHERE shard = $1"
_REFUSALS = """
SELECT witness, kind, cosigned, offered, at FROM ledger_refusal JOIN ledger_witness
 USING (shard, witness) WHERE shard = $1 AND asked_at > $2 ORDER BY at, digest
"""
_UNTOLD = """
UPDATE ledger_refusal SET told_at = $2 WHERE shard = $1 AND told_at IS NULL
RETURNING witness, kind, cosigned, offered, at
"""


class Kind(StrEnum):
    """How this log is not the one that a witness saw."""

    FORKED = "forked"
    """As long or longer, and with other entries."""
    ROLLED_BACK = "rolled_back"
    """Shorter."""


class Standing(msgspec.Struct, frozen=True):
    """How a witness stands."""

    #: Its verifier key.
    witness: str
    #: Entries of the checkpoint that it cosigned last, as far as is known here.
    size: int
    asked_at: datetime
    cosigned_at: datetime | None
    #: Of the last attempt; empty when it cosigned.
    problem: str


class Refusal(msgspec.Struct, frozen=True):
    """A witness's evidence against this log: two notes that the log's key signed."""

    witness: str
    kind: Kind
    cosigned: str
    offered: str
    at: datetime


class Cosigned(NamedTuple):
    """A checkpoint and the cosignatures that lie here, unverified."""

    size: int
    #: As the log signed it.
    note: str
    #: Signature lines of witnesses.
    lines: tuple[str, ...]

    @property
    def whole(self) -> str:
        """The note with the cosignatures."""
        return self.note + "".join(self.lines)

    def verified(self, keys: Sequence[WitnessKey], now: float) -> list[Cosignature]:
        """Return the cosignatures that hold, by keys that are known."""
        text, _ = parse(self.note)
        signatures = read_signatures("".join(self.lines)) if self.lines else []
        return verified(text, signatures, keys, now)

    def with_verified(self, keys: Sequence[WitnessKey], now: float) -> str:
        """Return the note with those alone."""
        return self.note + "".join(each.line for each in self.verified(keys, now))


class Newest(NamedTuple):
    """The newest checkpoint with enough cosignatures that hold."""

    size: int
    #: The log's note and those cosignatures.
    note: str
    #: Since when so many held: seconds since the epoch, by the witnesses' clocks.
    at: int


def newest(
    lately: Sequence[Cosigned], log: str, keys: Sequence[WitnessKey], needed: int, now: float
) -> Newest | None:
    """Return the newest checkpoint with enough cosignatures that hold; None for none (pure).

    Args:
        lately: Checkpoints, the newest first; nothing in them is believed.
        log: The log's name.
        keys: Whose cosignatures count.
        needed: How many; one at least is always asked for.
        now: Seconds since the epoch.
    """
    enough = max(1, needed)
    for each in lately:
        text, _ = parse(each.note)
        if read_checkpoint(text).origin != log:
            continue
        made = each.verified(keys, now)
        times = sorted((one.at for one in made), reverse=True)
        if len(times) >= enough:
            lines = "".join(one.line for one in made)
            return Newest(each.size, each.note + lines, times[enough - 1])
    return None


async def standings(connection: Connection, shard: int = 0) -> dict[str, Standing]:
    """Return how each witness stands that was ever asked, by its key. Role: officer too."""
    rows = await connection.fetch(_STANDING, shard)
    return {row["witness"]: Standing(**row) for row in rows}


async def keep(connection: Connection, shard: int, size: int, made: Cosignature) -> None:
    """Keep a verified cosignature of the checkpoint over `size` entries."""
    at = datetime.fromtimestamp(made.at, UTC)
    await connection.execute(_COSIGNED, shard, size, made.key.text(), at, made.line)


async def asked(
    connection: Connection,
    shard: int,
    key: WitnessKey,
    size: int,
    now: datetime,
    problem: str = "",
) -> None:
    """Note that a witness was asked, what it cosigned last, and what was wrong if anything."""
    cosigned_at = None if problem else now
    await connection.execute(_ASKED, shard, key.text(), size, now, cosigned_at, problem)


async def refused(connection: Connection, shard: int, refusal: Refusal) -> None:
    """Keep evidence, once."""
    whole = f"{refusal.witness}\0{refusal.cosigned}\0{refusal.offered}"
    await connection.execute(
        _REFUSED,
        shard,
        sha256(whole.encode()).digest(),
        refusal.witness,
        refusal.kind,
        refusal.cosigned,
        refusal.offered,
        refusal.at,
    )


async def refusals(connection: Connection, now: datetime, shard: int = 0) -> list[Refusal]:
    """Return the evidence of witnesses that were asked within a day, the oldest first.

    That of others is history: after a restore that the ledger tells of, a policy that no longer
    names them ends their say. Role: officer too.
    """
    return [_refusal(**row) for row in await connection.fetch(_REFUSALS, shard, now - ASKED)]


async def untold(connection: Connection, now: datetime, shard: int = 0) -> list[Refusal]:
    """Return the evidence that the ledger does not tell of yet, and count it as told. Role: gate."""
    return [_refusal(**row) for row in await connection.fetch(_UNTOLD, shard, now)]


async def lately(connection: Connection, shard: int = 0) -> list[Cosigned]:
    """Return the newest checkpoints that anybody cosigned, the newest first. Role: gate too."""
    sizes = {row["size"] for row in await connection.fetch(_SIZES, shard, _LATELY)}
    return await notes(connection, sorted(sizes), shard)


async def latest(connection: Connection, shard: int = 0) -> Cosigned | None:
    """Return the latest checkpoint with the cosignatures that it has. Role: gate too."""
    found = await notes(connection, [await connection.fetchval(_NEWEST, shard)], shard)
    return found[0] if found else None


async def notes(
    connection: Connection, sizes: Sequence[int | None], shard: int = 0
) -> list[Cosigned]:
    """Return checkpoints over so many entries with their cosignatures. Role: gate, breach too."""
    return [
        Cosigned(row["size"], row["note"], tuple(row["lines"]))
        for row in await connection.fetch(_LATEST, shard, sizes)
    ]


def _refusal(kind: str, **row: object) -> Refusal:
    return msgspec.convert({**row, "kind": kind}, Refusal)
