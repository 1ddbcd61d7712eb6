"""Notices: for each insurer concerned one file that it alone can open, built from one reading.

A round is built for all insurers at once; two persons approve it at the console before any insurer
may fetch its own. A later round is a supplement: it says to each what changed, also to an insurer
of whose members nobody is left. Role: breach.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ecluse.breach import reading, timeline
from ecluse.breach.dossier import Case, Change
from ecluse.breach.figures import Figures, figures
from ecluse.breach.package import documents, package
from ecluse.breach.scope import Certainty, distinct
from ecluse.ledger.append import append
from ecluse.ledger.entry import NoticesBuilt, ScopeTaken


if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import asyncpg

    from ecluse.breach.incident import Incident
    from ecluse.breach.reading import Reading
    from ecluse.breach.render import Press
    from ecluse.breach.scope import Told
    from ecluse.keyring.client import BreachKeyring

_INSURERS = """
SELECT insurer, amc, name, age_recipient FROM insurer WHERE insurer = ANY($1::smallint[])
"""
_REFERENCES = "SELECT idx, feed, sealed FROM references_of($1, $2, $3)"
_PROFESSIONS = """
SELECT organisation, profession FROM organisation WHERE organisation = ANY($1::bytea[])
"""
_BEFORE = """
SELECT version, statement, end_entry FROM notice_round
 WHERE incident = $1 ORDER BY version DESC LIMIT 1
"""
_ROUND = """
INSERT INTO notice_round
  (incident, version, statement, first_entry, end_entry, digest, summary, built_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_NOTICE = """
INSERT INTO notice (incident, version, insurer, file, sha256, documents)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('ecluse/notices', 0))"
#: Member references asked for at a time.
_AT_ONCE = 5000


class Round(msgspec.Struct, frozen=True):
    """One round of notices, for all insurers at once; counts alone."""

    incident: int
    version: int
    built: datetime
    #: Hex SHA-256 over the files: what two persons approve.
    digest: str
    sure: int
    possible: int
    #: Answers read that were withheld, or of cleared accounts.
    withheld: int
    cleared: int
    #: AMC number to this insurer's counts.
    insurers: dict[str, Figures]


class _Insurer(NamedTuple):
    number: int
    amc: str
    name: str
    recipient: str


class _Before(NamedTuple):
    """The round before: its version, and what it told of each insurer."""

    version: int
    told: Mapping[int, Sequence[Told]]


async def build(
    connection: asyncpg.Connection[Any],
    keyring: BreachKeyring,
    incident: Incident,
    press: Press,
    now: datetime,
    *,
    told: Callable[[str, int, int], None],
) -> Round:
    """Read the scope and build the next round of an incident's notices.

    Args:
        connection: Of the role `breach`.
        keyring: Opens entries, seals what was done.
        incident: Which.
        press: Prints.
        now: The time.
        told: What is being done, how much of it, of how much.

    Raises:
        BrokenLedgerError: The ledger is not what was signed.
    """
    before = await _round_before(connection, keyring, incident.incident)
    found = await reading.read(
        connection, keyring, incident.position, told=lambda done, of: told("ledger", done, of)
    )
    by_insurer = found.scope.by_insurer()
    insurers = await _insurers(connection, {*by_insurer, *(before.told if before else ())})
    professions = await professions_of(connection, found)
    version = before.version + 1 if before else 1
    files, counted, shown = {}, {}, {}
    for done, insurer in enumerate(insurers, start=1):
        mine = by_insurer.get(insurer.number, ())
        counted[insurer.amc] = figures(mine, professions)
        case = _case(incident, version, now, insurer, counted[insurer.amc], found, before, mine)
        references = await _references(connection, insurer.number, mine)
        shown[insurer.number] = msgspec.json.encode(documents(case)).decode()
        files[insurer.number] = package(
            case, mine, references, professions, press, insurer.recipient
        )
        told("notices", done, len(insurers))
    built = Round(
        incident.incident,
        version,
        now,
        _digest({insurer.amc: files[insurer.number] for insurer in insurers}).hex(),
        len(found.scope.persons(Certainty.SURE)),
        len(found.scope.persons(Certainty.POSSIBLE)),
        found.scope.withheld,
        found.scope.cleared,
        counted,
    )
    await _keep(connection, keyring, built, found, files, shown)
    return built


def _case(
    incident: Incident,
    version: int,
    now: datetime,
    insurer: _Insurer,
    counted: Figures,
    found: Reading,
    before: _Before | None,
    mine: Sequence[Told],
) -> Case:
    return Case(
        incident=incident.incident,
        version=version,
        built=now,
        amc=insurer.amc,
        insurer=insurer.name,
        cause=incident.cause,
        discovered=incident.discovered_at,
        by_alarm=bool(incident.alarm),
        since=found.statement.since,
        until=found.statement.until,
        figures=counted,
        withheld=found.scope.withheld,
        cleared=found.scope.cleared,
        begin=found.proof.begin,
        end=found.proof.end,
        root=found.proof.root,
        unread=len(found.proof.unread),
        moments=timeline.timeline(found.scope.acts),
        closed=timeline.closed(found.scope),
        change=None if before is None else _change(before, insurer.number, mine),
    )


def _change(before: _Before, insurer: int, mine: Sequence[Told]) -> Change:
    was, are = distinct(before.told.get(insurer, ())), distinct(mine)
    return Change(before.version, len(was), len(are - was), len(was - are))


async def _round_before(
    connection: asyncpg.Connection[Any], keyring: BreachKeyring, incident: int
) -> _Before | None:
    """Read what the latest round told, from the ledger as it was read then."""
    row = await connection.fetchrow(_BEFORE, incident)
    if row is None:
        return None
    found = await reading.read(connection, keyring, row["statement"], end=row["end_entry"])
    return _Before(row["version"], found.scope.by_insurer())


async def _insurers(connection: asyncpg.Connection[Any], numbers: set[int]) -> list[_Insurer]:
    rows = await connection.fetch(_INSURERS, sorted(numbers))
    return sorted(_Insurer(*row.values()) for row in rows)


async def professions_of(connection: asyncpg.Connection[Any], found: Reading) -> dict[bytes, str]:
    """Return the TRE_G15 code of each organisation that was answered."""
    places = {line.organisation for line in found.scope.lines}
    rows = await connection.fetch(_PROFESSIONS, sorted(places))
    return {row["organisation"]: row["profession"] for row in rows}


async def _references(
    connection: asyncpg.Connection[Any], insurer: int, told: Sequence[Told]
) -> dict[tuple[bytes, int], bytes]:
    """Return the sealed reference of each member, by index and feed."""
    wanted = sorted({(each.subject, each.feed) for each in told})
    found: dict[tuple[bytes, int], bytes] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        rows = await connection.fetch(
            _REFERENCES,
            [subject for subject, _ in part],
            [insurer] * len(part),
            [feed for _, feed in part],
        )
        found |= {(row["idx"], row["feed"]): row["sealed"] for row in rows}
    return found


async def _keep(
    connection: asyncpg.Connection[Any],
    keyring: BreachKeyring,
    built: Round,
    found: Reading,
    files: Mapping[int, bytes],
    shown: Mapping[int, str],
) -> None:
    """Write a round down, with its entries."""
    digest = bytes.fromhex(built.digest)
    scope = ScopeTaken(
        at=built.built,
        incident=built.incident,
        statement=found.proof.statement,
        begin=found.proof.begin,
        end=found.proof.end,
        root=found.proof.root,
        sure=built.sure,
        possible=built.possible,
    )
    notices = NoticesBuilt(
        at=built.built,
        incident=built.incident,
        version=built.version,
        digest=digest,
        insurers=len(files),
    )
    async with connection.transaction():
        await connection.execute(_LOCK)
        await connection.execute(
            _ROUND,
            built.incident,
            built.version,
            found.proof.statement,
            found.proof.begin,
            found.proof.end,
            digest,
            msgspec.json.encode(built).decode(),
            built.built,
        )
        for insurer, file in files.items():
            sha256 = hashlib.sha256(file).digest()
            row = built.incident, built.version, insurer, file, sha256, shown[insurer]
            await connection.execute(_NOTICE, *row)
        entries = [await keyring.seal_entry(event) for event in (scope, notices)]
        await append(connection, entries, built.built)


def _digest(files: Mapping[str, bytes]) -> bytes:
    """Return SHA-256 over (AMC number, SHA-256 of the file) of every insurer, in order."""
    lines = [f"{amc} {hashlib.sha256(files[amc]).hexdigest()}\n" for amc in sorted(files)]
    return hashlib.sha256("".join(lines).encode()).digest()
