"""The tour: an honest day in every lane, then every theft, then the proof; without a person."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import httpx2
import msgspec
import pyrage

from ecluse.client.gate import GateClient, Person
from ecluse.client.replies import Covered
from ecluse.cover.family import CareFamily
from ecluse.feeds import insurer_keys
from ecluse.feeds.prepare import Announcement, Source, prepare
from ecluse.feeds.screen import ForbiddenDataError
from ecluse.keyring.client import LedgerKeyring
from ecluse.ledger import note
from ecluse.ledger.merkle import leaf_hash, verify_inclusion
from ecluse.ledger.proofs import InclusionProof
from ecluse.ledger.verify import Report, verify
from ecluse.siege import wire
from ecluse.siege.live import ALONE
from ecluse.siege.live.referee import Ground, play_all
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecluse.demo.stage import Cast
    from ecluse.siege.scene import Member, Scene


Facts: TypeAlias = dict[str, Any]

#: A checkpoint follows an entry within a second.
_CHECKPOINT_SECONDS = 2
#: Patients whom a new counter asks about again within a minute; the watch wonders at seven.
_KNOWN = 5


class Day(NamedTuple):
    """An honest clerk's checks: how many in each lane, whether all were answered as they should."""

    card: int
    #: Of these, how many by a member's phone.
    phone: int
    known: int
    typed: int
    right: bool
    #: Where their entries stand.
    positions: list[int]


async def run(scene: Scene, cast: Cast, progress: Callable[[str], None]) -> Facts:
    """Play the whole tour on a running operator.

    Args:
        scene: The operator and the people.
        cast: Who takes part.
        progress: Told what is being done.

    Returns:
        The keys of `ecluse demo --tour --json`, but for what setting the stage took.
    """
    progress("an honest day")
    day = await honest_day(scene, checks=100)
    ground = Ground(scene.operator, scene.policy, cast.members, scene.insurers_side, cast.rows)
    runs = await play_all(ALONE.values(), ground, 1, progress)
    progress("refusals")
    alike = await refusals_alike(scene, cast.without_right[0])
    progress("a forbidden feed")
    forbidden = await forbidden_feed_refused(scene.insurers_side)
    progress("the ledger")
    report = await verify_ledger(scene)
    proved = report.verified and await receipts_proved(scene, day.positions[:10])
    held = {
        promise: all(
            run.persons <= run.bound for run in runs if ALONE[run.strategy].promise == promise
        )
        for promise in {theft.promise for theft in ALONE.values()}
    }
    promises = {**held, "P4": alike, "P9": forbidden, "P10": proved}
    return {
        "checks": {
            "card": day.card,
            "phone": day.phone,
            "known": day.known,
            "typed": day.typed,
        },
        "answered_right": day.right,
        "thefts": [
            {"name": run.strategy, "persons": run.persons, "bound": run.bound} for run in runs
        ],
        "ledger": {"entries": report.entries, "verified": report.verified},
        "promises": dict(sorted(promises.items(), key=lambda item: int(item[0][1:]))),
    }


async def honest_day(scene: Scene, checks: int) -> Day:
    """Let a clerk check cards, some patients again, and a few people without; compare each answer.

    One of them shows a phone in place of the card. Again is by the reference that the card's answer
    brought.
    """
    clerk = await scene.hire()
    replies: list[Covered | None] = []
    for member in scene.members[:checks]:
        family = CareFamily(member.families[0])
        reply = await clerk.gate.check_card(member.card, care_date=scene.today, family=family)
        replies.append(reply if isinstance(reply, Covered) and reply.cover else None)
    equipped = scene.members[0]
    phone = await scene.equip(equipped)
    told = await clerk.gate.check_phone(
        phone.present(clerk.finess),
        care_date=scene.today,
        family=CareFamily(equipped.families[0]),
    )
    replies.append(told if isinstance(told, Covered) and told.cover else None)
    cards = len(replies)
    known = [
        await clerk.gate.check_reference(
            reply.reference, care_date=scene.today, family=CareFamily(member.families[0])
        )
        for reply, member in zip(replies[:_KNOWN], scene.members, strict=False)
        if reply is not None
    ]
    replies += [each if isinstance(each, Covered) and not each.cover else None for each in known]
    for member in scene.members[cards : cards + scene.policy.typed.account_hour]:
        asked = await clerk.gate.check_person(
            member.person,
            clerk.passkey.touch,
            care_date=scene.today,
            family=CareFamily(member.families[0]),
        )
        replies.append(asked if isinstance(asked, Covered) and not asked.cover else None)
    answered = [reply.receipt.position for reply in replies if reply is not None]
    typed = len(replies) - cards - len(known)
    return Day(cards, 1, len(known), typed, len(answered) == len(replies), answered)


async def refusals_alike(scene: Scene, without_right: Member) -> bool:
    """Ask in every way that is refused; tell whether all replies are the same, byte for byte."""
    known, unknown = scene.members[-1].person, scene.members[-2].person
    strangers = [
        without_right.person,
        Person(known.nir, "19010101", known.birth_rank),
        Person(unknown.nir, unknown.birth_date, 9),
    ]
    clerk = await scene.hire()
    async with httpx2.AsyncClient(transport=(tap := wire.Tap()), timeout=30) as http:
        gate = GateClient(scene.pipe, http, device=clerk.gate.device, keyid=clerk.gate.keyid)
        # The last ones are over the hour's budget: what a thief would like to tell from a miss.
        for person in [*strangers, *(member.person for member in scene.members[-9:-3])]:
            await gate.check_person(
                person,
                clerk.passkey.touch,
                care_date=scene.today,
                family=CareFamily.PHARMACY,
            )
    refused = [reply for reply in tap.replies if b"refused" in reply.body]
    return len(set(refused)) == 1 and len(refused) > len(strangers)


async def forbidden_feed_refused(folder: Path) -> bool:
    """Have an insurer prepare a feed with a member's e-mail address in it."""
    keys = insurer_keys.create(folder / "keys-p9", amc="99999999", name="Mutuelle P9")
    source = next((folder / "insurers").iterdir())
    lines = (source / "roster.csv").read_text(encoding="utf-8").splitlines()[:50]
    roster = folder / "forbidden.csv"
    text = "\n".join([lines[0], *lines[1:-1], "jeanne.martin@example.org" + lines[-1]])
    roster.write_text(text + "\n", encoding="utf-8")
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    try:
        prepare(
            Source(roster, source / "packages.json"),
            keys,
            Announcement(1, date(2026, 1, 1)),
            recipient=recipient,
            out=folder / "feeds-p9",
        )
    except ForbiddenDataError:
        return True
    return False


async def verify_ledger(scene: Scene) -> Report:
    """Recompute the whole ledger from storage, once a checkpoint covers what was written."""
    await asyncio.sleep(_CHECKPOINT_SECONDS)
    installation = scene.operator.installation
    connection = await installation.database.connect(Role.LEDGER)
    try:
        async with LedgerKeyring(installation.sockets) as keyring:
            key = note.log_key(await keyring.public_key())
            return await verify(connection, key, salts=await keyring.salts())
    finally:
        await connection.close()


async def receipts_proved(scene: Scene, positions: list[int]) -> bool:
    """Ask for the proof of each position as an outsider, and check it against the checkpoint."""
    async with LedgerKeyring(scene.operator.installation.sockets) as keyring:
        key = note.log_key(await keyring.public_key())
    for position in positions:
        answer = await scene.http.get(f"{scene.pipe}/v1/ledger/proof/{position}")
        if not answer.is_success:
            return False
        proof = msgspec.json.decode(answer.content, type=InclusionProof)
        signed = note.open_checkpoint(proof.checkpoint, key)
        leaf = leaf_hash(proof.commitment)
        if not verify_inclusion(leaf, position, signed.size, proof.hashes, signed.root):
            return False
    return True
