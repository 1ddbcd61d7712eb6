"""The breach of 2024, rehearsed on a running operator: thief, alarm, lock, scope, notices, evidence.

Malware sits on one phished counter's signed-in device. It copies every answer of an honest morning,
while gates and keyring are killed under it; then it sweeps through a leaked list without cards,
until the watch locks the account. What it saw is its own record; what the ledger says is held
against that, as each insurer reads it from its own notice.
"""

from __future__ import annotations

import asyncio
import csv
import random
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.acts.act import NoticesSend
from ecluse.breach.incident import Cause, Statement
from ecluse.breach.opening import open_notice
from ecluse.breach.scope import Certainty
from ecluse.client.officer import OfficerClient
from ecluse.cover.family import CareFamily
from ecluse.demo import regulator
from ecluse.demo.thief import Who, morning, sweep
from ecluse.errors import EcluseError
from ecluse.feeds import insurer_keys
from ecluse.local import incidents, officer
from ecluse.login import base64url
from ecluse.login.roles import AccountRole
from ecluse.siege.scene import Passkey
from ecluse.store.roles import Role
from ecluse.watch import rows


if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ecluse.breach.notices import Round
    from ecluse.demo.town import Town
    from ecluse.siege.scene import Clerk, Member, Scene
    from ecluse.watch.rows import ShownAlarm

#: Seconds within which the watch must have seen the sweep.
_PATIENCE = 60.0
#: A checkpoint follows an entry within a second.
_CHECKPOINT_SECONDS = 2

_FILES = """
SELECT amc, file FROM notice JOIN insurer USING (insurer) WHERE incident = $1 AND version = $2
"""


class Rehearsed(msgspec.Struct, frozen=True):
    """How a rehearsal went."""

    #: Distinct persons that the thief saw, by its own record.
    seen: int
    #: Distinct persons told of surely and possibly, as insurers read it from their notices.
    persons: int
    possible: int
    #: Of the sure ones, the share that the thief saw; of those that it saw, the share that is told.
    precision: float
    recall: float
    #: Answers that the thief lost in crashes, and crashes.
    lost: int
    crashes: int
    insurers_notified: int
    #: The regulator's archive was built, and its own verifier found no fault.
    evidence_verified: bool
    #: From the thief's first sweep to the alarm, from the alarm until insurers may fetch notices.
    sweep_to_alarm_s: float
    alarm_to_notices_s: float
    #: What happened, for people: seconds from the first theft, and a sentence.
    debrief: tuple[tuple[float, str], ...]


async def rehearse_in(town: Town, seed: int, told: Callable[[str, int, int], None]) -> Rehearsed:
    """Play the breach in a watched town; see `rehearse`."""
    async with town.scene() as scene:
        officers = [await hired(scene), await hired(scene)]
        return await rehearse(scene, officers, seed, told)


async def rehearse(
    scene: Scene,
    officers: Sequence[Officer],
    seed: int,
    told: Callable[[str, int, int], None],
) -> Rehearsed:
    """Play the breach on a watched operator, and hold the ledger's word against the thief's.

    Args:
        scene: The operator, members of every insurer, and the insurers' side.
        officers: Two, who approve the notices.
        seed: Who is asked about, and when processes die.
        told: What is being done, how much of it, of how much.
    """
    chance, story = random.Random(seed), _Story()  # noqa: S311 - a play's, no secret
    victim, neighbour = await scene.hire(scene.finess[0]), await scene.hire(scene.finess[1])
    began = datetime.now(UTC)
    story.tell("Malware is on one counter's signed-in device and copies what it is answered.")
    patients = _covered(scene.members)
    chance.shuffle(patients)
    day, others = patients[: len(patients) * 3 // 4], patients[len(patients) * 3 // 4 :]
    loot = await morning(scene, victim, day, chance, told)
    story.tell(
        f"It saw {len(loot.seen)} persons' answers; {loot.crashes} processes died meanwhile and"
        f" {loot.lost} answers with them."
    )
    swept = time.monotonic()
    seen = loot.seen | await sweep(scene, victim, others)
    story.tell("It sweeps through a leaked list without cards.")
    alarm = await _alarmed(scene, victim)
    to_alarm, alarmed = time.monotonic() - swept, time.monotonic()
    story.tell(f"The watch locks the account: {alarm.why}")
    await _go_on(scene, neighbour, others)
    incident = await incidents.open_incident(
        scene.operator.installation,
        Statement(since=began - timedelta(seconds=1), accounts=(victim.account,)),
        Cause.MALWARE,
        base64url.decode(alarm.alarm),
    )
    story.tell(f"Incident {incident.incident} is open.")
    await asyncio.sleep(_CHECKPOINT_SECONDS)
    built = await incidents.build_notices(scene.operator.installation, incident.incident, told)
    story.tell(
        f"Notices for {len(built.insurers)} insurers are built: {built.sure} persons surely,"
        f" {built.possible} possibly."
    )
    await _approved(officers, built)
    to_notices = time.monotonic() - alarmed
    story.tell("Two officers have read and approved them; every insurer may fetch its own.")
    await asyncio.sleep(_CHECKPOINT_SECONDS)
    evidence, archive = await incidents.build_evidence(
        scene.operator.installation, incident.incident, told
    )
    verdict = await regulator.verify(archive, await incidents.log_key(scene.operator.installation))
    story.tell(f"The regulator's archive holds {evidence.acts} acts. {verdict.said.strip()}")
    sure, possible = await _as_insurers_read(scene, built)
    return Rehearsed(
        seen=len(seen),
        persons=len(sure),
        possible=len(possible),
        precision=len(sure & seen) / len(sure) if sure else 1.0,
        recall=len(seen & (sure | possible)) / len(seen) if seen else 1.0,
        lost=loot.lost,
        crashes=loot.crashes,
        insurers_notified=len(built.insurers),
        evidence_verified=verdict.verified,
        sweep_to_alarm_s=round(to_alarm, 1),
        alarm_to_notices_s=round(to_notices, 1),
        debrief=tuple(story.told),
    )


class Officer(NamedTuple):
    """A security officer at the console."""

    console: OfficerClient
    passkey: Passkey


class _Story:
    """What happened, with the clock."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.told: list[tuple[float, str]] = []

    def tell(self, sentence: str) -> None:
        """Note what happened just now."""
        self.told.append((round(time.monotonic() - self._began, 1), sentence))


async def _alarmed(scene: Scene, victim: Clerk) -> ShownAlarm:
    """Wait for the watch's alarm that locks the account.

    Raises:
        EcluseError: None came.
    """
    number = base64url.encode(victim.account)
    connection = await scene.operator.installation.database.connect(Role.WATCH)
    until = time.monotonic() + _PATIENCE
    try:
        while time.monotonic() < until:
            for alarm in await rows.alarms(connection, datetime.now(UTC) - timedelta(hours=1)):
                if alarm.account == number and alarm.measure == "lock":
                    return alarm
            await asyncio.sleep(0.1)
    finally:
        await connection.close()
    raise EcluseError("The watch did not lock the account.", hint="See log/watch.log.")


async def hired(scene: Scene) -> Officer:
    """Hire a security officer; the first two are accepted by the operator's command."""
    passkey = Passkey(scene.pages)
    console = OfficerClient(scene.pipe, scene.http)
    asked = await console.join_as(AccountRole.SECURITY, "an officer", passkey.create)
    await officer.accept_first_officer(scene.operator.installation, asked.fingerprint)
    await console.login(passkey.touch)
    return Officer(console, passkey)


async def _approved(officers: Sequence[Officer], built: Round) -> None:
    """Have two officers agree on a round, each with a touch of the passkey."""
    first, second = officers
    content = NoticesSend(built.incident, built.version, built.digest)
    act = await first.console.propose(content, first.passkey.touch)
    await second.console.second(act, second.passkey.touch)


async def _go_on(scene: Scene, neighbour: Clerk, patients: Sequence[Member]) -> None:
    """Let an honest counter work on: what it is answered is nobody's business but its own."""
    for member in patients[-3:]:
        await neighbour.gate.check_card(
            member.card, care_date=scene.today, family=CareFamily(member.families[0])
        )


async def _as_insurers_read(scene: Scene, built: Round) -> tuple[set[Who], set[Who]]:
    """Have every insurer open its notice with its own keys; return whom all of them find in it."""
    connection = await scene.operator.installation.database.connect(Role.OFFICER)
    try:
        files = {
            row["amc"]: row["file"]
            for row in await connection.fetch(_FILES, built.incident, built.version)
        }
    finally:
        await connection.close()
    sure, every = set[Who](), set[Who]()
    for amc, file in files.items():
        rows = open_notice(file, insurer_keys.read(scene.insurers_side / "keys" / amc)).rows
        who = _roster(scene.insurers_side / "insurers" / amc, {row["member_ref"] for row in rows})
        every |= {who[row["member_ref"]] for row in rows}
        sure |= {who[row["member_ref"]] for row in rows if row["answer"] == Certainty.SURE}
    return sure, every - sure


def _roster(folder: Path, members: set[str]) -> dict[str, Who]:
    """Return who an insurer's members are, by its own numbers."""
    with (folder / "roster.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["member_ref"]: (row["nir"], row["birth_date"], int(row["birth_rank"]))
            for row in csv.DictReader(file)
            if row["member_ref"] in members
        }


def _covered(members: Sequence[Member]) -> list[Member]:
    """Return those who have a right at a pharmacy today."""
    return [member for member in members if CareFamily.PHARMACY in member.families]
