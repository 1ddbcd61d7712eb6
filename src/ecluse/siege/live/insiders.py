"""Those who work there: on the keyring's host, on the database, as an insurer, as an officer."""

from __future__ import annotations

import asyncio
import csv
import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import asyncpg

from ecluse.cards import code
from ecluse.client.gate import GateClient, GateError
from ecluse.client.replies import Refused
from ecluse.console import deeds
from ecluse.cover.family import CareFamily
from ecluse.feeds import insurer_keys
from ecluse.feeds.load import load
from ecluse.feeds.prepare import Announcement, Source, prepare
from ecluse.ids import nir
from ecluse.keyring import prf
from ecluse.keyring.client import FeedKeyring, OfficerKeyring
from ecluse.keyring.service import DEFAULT_LIMITS
from ecluse.local import officer
from ecluse.login.roles import OF_AN_ORGANISATION
from ecluse.siege.known import covered
from ecluse.siege.live.theft import Theft
from ecluse.siege.scene import Clerk, Passkey
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.feeds.insurer_keys import InsurerKeys
    from ecluse.feeds.report import Report
    from ecluse.siege.scene import Member, Scene


_SEALED = ("cover_record", "member_reference")
_LOOK = "SELECT count(*) FROM {table} WHERE idx = ANY($1::bytea[])"
_OPENED = """
UPDATE account SET locked = NULL, frozen_typed_until = DEFAULT, shrunk_until = DEFAULT, budget = ''
 WHERE account = $1
"""
_UNSPENT = "UPDATE organisation SET budget = '' WHERE finess = $1"
#: How often the administrator empties the budgets; nothing but the keyring's meter ends that.
_ROUNDS = 3
#: Persons asked about in each of them, and from a leaked list.
_TRIED, _LISTED = 6, 25


async def _keyring_operator(scene: Scene) -> int:
    """Take every key and the keyring's own role, and look for records of a whole list."""
    installation = scene.operator.installation
    keys = installation.open_vault().keys
    indexes = [
        prf.person_index(epoch.index, member.identifier)
        for epoch in keys.epochs
        for member in scene.members
    ]
    connection = await installation.database.connect(Role.KEYRING)
    found = 0
    try:
        for table in _SEALED:
            with suppress(asyncpg.InsufficientPrivilegeError):
                found += await connection.fetchval(_LOOK.format(table=table), indexes)
    finally:
        await connection.close()
    return found


async def _administrator(scene: Scene) -> int:
    """Write an account of one's own into the tables, and empty its budgets whenever they are spent."""
    finess = scene.finess[0]
    connection = await scene.operator.installation.database.connect(Role.OWNER)
    try:
        thief, mark = await _joins(scene, finess)
        await deeds.accept(
            connection,
            mark,
            datetime.now(UTC),
            roles=OF_AN_ORGANISATION,
            terms=deeds.Terms(timedelta(0)),
        )
        stolen, people = 0, covered(scene)
        for turn in range(_ROUNDS):
            thief = await _signed_in(scene, thief)
            scene.stolen.add(thief.account)
            stolen += await _typed(scene, thief, people[turn * _TRIED : (turn + 1) * _TRIED])
            await connection.execute(_OPENED, thief.account)
            await connection.execute(_UNSPENT, finess)
    finally:
        await connection.close()
    return stolen


async def _dishonest_officer(scene: Scene) -> int:
    """Open a counter of one's own, alone, and ask about a leaked list from it."""
    thief, mark = await _joins(scene, scene.finess[0])
    probation = timedelta(hours=scene.policy.probation.hours)
    await officer.accept(scene.operator.installation, mark, probation=probation)
    thief = await _signed_in(scene, thief)
    scene.stolen.add(thief.account)
    return await _typed(scene, thief, covered(scene)[:_LISTED])


async def _joins(scene: Scene, finess: str) -> tuple[Clerk, str]:
    passkey, gate = Passkey(scene.pages), GateClient(scene.pipe, scene.http)
    asked = await gate.enrol(finess, "Comptoir", passkey.create)
    return Clerk(passkey, gate, finess), asked.fingerprint


async def _signed_in(scene: Scene, thief: Clerk) -> Clerk:
    """Sign in, on a new device: the watch may have ended the one before."""
    gate = GateClient(scene.pipe, scene.http)
    await gate.login(thief.passkey.touch)
    return replace(thief, gate=gate)


async def _typed(scene: Scene, thief: Clerk, members: list[Member]) -> int:
    told = 0
    for member in members:
        with suppress(GateError):
            reply = await thief.gate.check_person(
                member.person,
                thief.passkey.touch,
                care_date=scene.today,
                family=CareFamily.PHARMACY,
            )
            told += not isinstance(reply, Refused)
    return told


async def _dishonest_insurer(scene: Scene) -> int:
    """Claim other insurers' members in a feed; count those whom its report tells from inventions."""
    installation, amc = scene.operator.installation, f"99{scene.draw.randrange(10**6):06}"
    others = min((scene.insurers_side / "insurers").iterdir())
    header, *lines = (others / "roster.csv").read_text("utf-8").splitlines()
    claimed = list(csv.DictReader([header, *scene.draw.sample(lines, _LISTED)]))
    for row in claimed:
        row["card"] = code.encode(secrets.token_bytes(code.SECRET_SIZE))
    invented = [row | {"nir": _elsewhere(scene, row["nir"])} for row in claimed]
    with TemporaryDirectory(prefix="ecluse-insurer-") as folder:
        at = Path(folder)
        keys = insurer_keys.create(at / "keys", amc=amc, name="Mutuelle indiscrète")
        await officer.add_insurer(installation, keys.public)
        reports = [
            await _fed(scene, keys, Source(_written(at, rows), others / "packages.json"), number)
            for number, rows in enumerate((claimed, invented), start=1)
        ]
    true, false = ((each.accepted, each.rejected) for each in reports)
    return 0 if true == false else _LISTED


def _written(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "roster.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _elsewhere(scene: Scene, number: str) -> str:
    """Return a number like this one that nobody was given."""
    made = f"{number[:10]}{scene.draw.randint(900, 999)}"
    return made + nir.key(made)


async def _fed(scene: Scene, keys: InsurerKeys, source: Source, number: int) -> Report:
    installation = scene.operator.installation
    async with OfficerKeyring(installation.sockets) as officers:
        recipient = await officers.loader_recipient()
    prepared = await asyncio.to_thread(
        prepare,
        source,
        keys,
        Announcement(number, date(2026, 1, 1)),
        recipient=recipient,
        out=source.roster.parent / "feeds",
    )
    async with FeedKeyring(installation.sockets) as keyring:
        return await load(prepared.manifest, keyring, installation.database)


_METER = DEFAULT_LIMITS["typed"] or 0
THEFTS = (
    Theft(
        "keyring_operator",
        "P5",
        "every key, the keyring's database role, and a leaked list",
        "looks for each person's record",
        _keyring_operator,
        remains="who was asked about, when and by whom, for identities that it tries; no cover",
    ),
    Theft(
        "database_administrator",
        "P3",
        "the database as its owner, and a leaked list",
        f"writes an account of its own, and empties its budgets {_ROUNDS} times",
        _administrator,
        lambda _: _METER,
        remains=f"the keyring's meter: {_METER:,} typed persons a day, whose identities it has"
        " already, each with an entry; an account that no entry tells of",
    ),
    Theft(
        "dishonest_insurer",
        "P1",
        "an insurer's feeds, and a leaked list",
        "claims other insurers' members, and compares what it is told about them and inventions",
        _dishonest_insurer,
        remains="its own lines, and how many were taken; not who else insures anybody",
    ),
    Theft(
        "dishonest_officer",
        "P3",
        "an officer's rights, alone, and a leaked list",
        "opens a counter of its own, and asks about the list",
        _dishonest_officer,
        lambda scene: scene.policy.probation.of(scene.policy.typed.account_day),
        remains="so many persons a day for each counter that it dares to open, each with an entry",
    ),
)
