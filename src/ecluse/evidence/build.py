"""Building an incident's archive: everything in it is read in one snapshot of the ledger.

The keyring opens the story's entries and signs over them and the manifest. Role: breach.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ecluse import __version__
from ecluse.breach import reading
from ecluse.errors import EcluseError
from ecluse.evidence.archive import MANIFEST, NOTE, Evidence, files, manifest, zipped
from ecluse.ledger import cosigned, note, proofs
from ecluse.ledger.entry import NoticesBuilt, PolicyInForce, ScopeTaken
from ecluse.policy.policy import PolicyError, parse


if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    import asyncpg

    from ecluse.breach.incident import Incident
    from ecluse.breach.reading import Reading
    from ecluse.breach.scope import Act
    from ecluse.keyring.client import BreachKeyring
    from ecluse.keyring.evidence import OpenedAct
    from ecluse.ledger.cosignature import WitnessKey
    from ecluse.ledger.reader import KnownRoots
    from ecluse.policy.shelf import Shelf

    Connection = asyncpg.Connection[Any]

_AMC = "SELECT insurer, amc FROM insurer WHERE insurer = ANY($1::smallint[])"
_CHECKPOINTS = """
SELECT size FROM ledger_checkpoint
 WHERE shard = 0 AND size > 0 AND (size = ANY($1::bigint[]) OR size = (
       SELECT max(size) FROM ledger_checkpoint WHERE shard = 0 AND size <= $2))
"""
#: Entries opened at a time.
_AT_ONCE = 500


class Built(msgspec.Struct, frozen=True):
    """What an archive holds."""

    incident: int
    #: Entries that the log had.
    size: int
    files: int
    acts: int
    checks: int
    policies: int
    #: Hex SHA-256 of policies that were in force and whose text is not at hand.
    policies_absent: tuple[str, ...]
    #: Positions of entries that do not open.
    unread: tuple[int, ...]
    #: Hex SHA-256 of the archive.
    sha256: str


class Kept(NamedTuple):
    """What is not in the ledger itself; the ledger holds the SHA-256 of each."""

    policies: Shelf
    #: Round to AMC number to hex SHA-256 of the notice.
    notices: Mapping[int, Mapping[str, str]]
    #: Entries of a checkpoint that whoever asks kept: a proof leads from it. 0 for none.
    since: int = 0


async def build(
    connection: Connection,
    keyring: BreachKeyring,
    incident: Incident,
    kept: Kept,
    now: datetime,
    *,
    told: Callable[[str, int, int], None],
) -> tuple[Built, bytes]:
    """Build an open incident's archive.

    Args:
        connection: Of the role `breach`, outside a transaction.
        keyring: Opens the entries, and signs.
        incident: Which.
        kept: The policies and notices of this installation.
        now: The time.
        told: What is being done, how much of it, of how much.

    Returns:
        What it holds, and the ZIP.

    Raises:
        BrokenLedgerError: The ledger is not what was signed.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        evidence = await _read(connection, keyring, incident, kept, now, told)
    made = files(evidence)
    made[MANIFEST] = manifest(made)
    made[NOTE] = (await keyring.sign_evidence(sha256(made[MANIFEST]).digest())).encode()
    file = zipped(made)
    absent = tuple(each for each, text in sorted(evidence.policies.items()) if text is None)
    built = Built(
        incident.incident,
        evidence.found.proof.end,
        len(made),
        len(evidence.acts),
        len(evidence.found.scope.lines),
        len(evidence.policies) - len(absent),
        absent,
        evidence.found.proof.unread,
        sha256(file).hexdigest(),
    )
    return built, file


async def _read(
    connection: Connection,
    keyring: BreachKeyring,
    incident: Incident,
    kept: Kept,
    now: datetime,
    told: Callable[[str, int, int], None],
) -> Evidence:
    found = await reading.read(
        connection,
        keyring,
        incident.position,
        whole=True,
        told=lambda done, of: told("ledger", done, of),
    )
    acts = tuple(
        act
        for act in found.scope.acts
        if act.event.at >= found.statement.since or isinstance(act.event, PolicyInForce)
    )
    positions = sorted(
        [act.position for act in acts] + [line.position for line in found.scope.lines]
    )
    known: KnownRoots = {}
    proved = {}
    for done, position in enumerate(positions, start=1):
        proved[position] = await proofs.inclusion(connection, position, known=known)
        told("proofs", done, len(positions))
    policies = {
        act.event.sha256.hex(): kept.policies.text(act.event.sha256)
        for act in acts
        if isinstance(act.event, PolicyInForce)
    }
    witnesses = named(policies.values())
    checkpoints = await _checkpoints(connection, found, acts, witnesses, now)
    begun = {*checkpoints, kept.since} - {0, found.proof.end}
    numbers = sorted(found.scope.by_insurer())
    rows = await connection.fetch(_AMC, numbers)
    versions = {act.event.version for act in acts if isinstance(act.event, NoticesBuilt)}
    if not versions <= set(kept.notices):
        raise EcluseError("Notices were built at the same time.", hint="Build the evidence again.")
    return Evidence(
        incident=incident,
        built=now,
        software=__version__,
        key=note.log_key(await keyring.public_key()).text(),
        found=found,
        acts=acts,
        opened=await _opened(keyring, acts),
        proofs=proved,
        checkpoints=checkpoints,
        consistency=[
            await proofs.consistency(connection, size, known=known) for size in sorted(begun)
        ],
        policies=policies,
        notices={each: kept.notices[each] for each in versions},
        insurers={row["insurer"]: row["amc"] for row in rows},
        witnesses=[each.text() for each in witnesses],
    )


async def _opened(keyring: BreachKeyring, acts: Sequence[Act]) -> dict[int, OpenedAct]:
    positions = [act.position for act in acts]
    opened: dict[int, OpenedAct] = {}
    for start in range(0, len(positions), _AT_ONCE):
        part = await keyring.open_acts(positions[start : start + _AT_ONCE])
        opened |= {each.position: each for each in part}
    return opened


async def _checkpoints(
    connection: Connection,
    found: Reading,
    acts: Sequence[Act],
    witnesses: Sequence[WitnessKey],
    now: datetime,
) -> dict[int, str]:
    """Return the checkpoints that count, each with the cosignatures that hold.

    The one before the statement, of each scope taken, the newest cosigned one, and the latest.
    """
    ends = [act.event.end for act in acts if isinstance(act.event, ScopeTaken)]
    rows = await connection.fetch(_CHECKPOINTS, ends, found.proof.statement)
    sizes = [row["size"] for row in rows] + [found.proof.end]
    wanted = await cosigned.notes(connection, sizes)
    lately = await cosigned.lately(connection) if witnesses else []
    log = note.read_checkpoint(note.parse(found.proof.checkpoint)[0]).origin
    newest = cosigned.newest(lately, log, witnesses, 1, now.timestamp())
    kept = {each.size: each.with_verified(witnesses, now.timestamp()) for each in wanted}
    return kept | ({newest.size: newest.note} if newest else {})


def named(policies: Iterable[bytes | None]) -> tuple[WitnessKey, ...]:
    """Return the witnesses that these policy files name, each once."""
    keys: dict[WitnessKey, None] = {}
    for text in policies:
        with suppress(PolicyError):  # Of another version, with other keys.
            known = parse(text).witness.witnesses() if text is not None else ()
            keys |= dict.fromkeys(each.key for each in known)
    return tuple(keys)
