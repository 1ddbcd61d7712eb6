"""What the keyring vouches for in an archive: acts of an open incident, and nobody's check."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ecluse.errors import EcluseError
from ecluse.keyring.client import BreachKeyring
from ecluse.ledger import note
from ecluse.ledger.entry import IncidentOpened, Lock
from keyring.lodge import check, sealed


if TYPE_CHECKING:
    from keyring.lodge import Doors, Lodge

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
THIEF, CLERK = b"a thief's number", b"a clerk's number"


async def written(lodge: Lodge, doors: Doors) -> int:
    """Write an incident, its account's lock, another's lock and a check; return the first's place."""
    events = (
        IncidentOpened(
            at=NOW,
            incident=1,
            cause="phishing",
            since=NOW - timedelta(hours=1),
            accounts=(THIEF,),
        ),
        Lock(at=NOW, account=THIEF, reason="stolen"),
        Lock(at=NOW, account=CLERK, reason="lost"),
        check(b"p" * 16, account=THIEF),
    )
    return await lodge.commit(*[await sealed(doors.gate, event) for event in events])


async def test_it_opens_the_incidents_acts_and_signs_what_they_say(lodge: Lodge) -> None:
    async with lodge.running() as doors, BreachKeyring(lodge.sockets) as breach:
        at = await written(lodge, doors)
        await breach.open_scope(at)
        acts = await breach.open_acts([at, at + 1])
        assert [json.loads(act.event)["type"] for act in acts] == ["incident_opened", "lock"]
        lines = "".join(
            f"{act.position} {hashlib.sha256(act.salt + act.sealed).hexdigest()}"
            f" {hashlib.sha256(act.event).hexdigest()}\n"
            for act in acts
        )
        key = note.evidence_key(await breach.public_key())
        text = note.verified_text(await breach.sign_evidence(bytes(32)), key)
        digest = hashlib.sha256(lines.encode()).hexdigest()
        assert text == f"{key.name}\nincident 1\nacts {digest}\nmanifest {bytes(32).hex()}\n"


@pytest.mark.parametrize("beyond", [2, 3, 99])
async def test_it_opens_no_check_no_other_accounts_act_and_nothing_that_is_not_there(
    lodge: Lodge, beyond: int
) -> None:
    async with lodge.running() as doors, BreachKeyring(lodge.sockets) as breach:
        at = await written(lodge, doors)
        await breach.open_scope(at)
        with pytest.raises(EcluseError, match="position"):
            await breach.open_acts([at + beyond])


async def test_it_signs_nothing_for_whoever_named_no_incident(lodge: Lodge) -> None:
    async with lodge.running(), BreachKeyring(lodge.sockets) as breach:
        with pytest.raises(EcluseError, match="No open incident"):
            await breach.sign_evidence(bytes(32))
