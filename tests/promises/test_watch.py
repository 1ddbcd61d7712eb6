"""The watch at a real operator's: a thief through the public door, and the honest beside them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from crashes import kill
from ecluse.acts.act import BrakeEnd, UnlockAccount
from ecluse.client.gate import GateClient, GateError
from ecluse.cover.family import CareFamily
from ecluse.ledger.entry import AlarmRaised, Contained, Unlock
from ecluse.login import base64url
from ecluse.policy.watch import Measure
from ecluse.siege.known import covered
from ecluse.store.roles import Role
from ecluse.watch import rows
from ecluse.watch.containment import Containment, Standing
from officers import Bureau, Person
from promises import openly, typed
from promises.swept import alarms, sweep


if TYPE_CHECKING:
    from ecluse.client.console import Alarm
    from ecluse.siege.scene import Clerk, Member, Scene
    from promises.swept import Caught
    from towns import Town

pytestmark = pytest.mark.attack


async def back(scene: Scene, clerk: Clerk) -> Clerk:
    """Have the account's owner sign in again, on a new device."""
    gate = GateClient(scene.pipe, scene.http)
    await gate.login(clerk.passkey.touch)
    return replace(clerk, gate=gate)


async def asks(scene: Scene, clerk: Clerk, member: Member) -> str:
    """Return what a clerk is answered with a card, by name, or the error's code."""
    try:
        reply = await clerk.gate.check_card(
            member.card, care_date=scene.today, family=CareFamily(member.families[0])
        )
    except GateError as error:
        return error.code
    return type(reply).__name__


def test_a_sweep_ends_within_ten_checks_and_a_minute_and_nobody_else_notices(
    watched: Town,
) -> None:
    async def story() -> None:
        async with watched.scene() as scene:
            member, other = covered(scene)[20], covered(scene)[21]
            neighbour = await scene.hire()
            caught = await sweep(watched, scene)
            assert caught.checks <= 10
            assert caught.seconds <= 60
            assert caught.alarm.measure == "lock"
            # A gate remembers a device for some seconds, and that the account is locked for none.
            assert await asks(scene, caught.clerk, member) in {"Refused", "device_expired"}
            assert await asks(scene, await back(scene, caught.clerk), member) == "Refused"
            assert await asks(scene, neighbour, member) == "Covered"
            tried = await typed.attempt(scene, neighbour, other)
            answer = await typed.ask(scene, tried, scene.pipe)
            assert answer is not None
            assert answer.json()["outcome"] == "covered"
            await told(watched, caught)

    asyncio.run(story())


async def told(town: Town, caught: Caught) -> None:
    """The ledger has the alarm and what followed, on the entries of the sweep itself."""
    entries = await openly.read(town.operator.installation)
    account = typed.account(caught.clerk)
    (raised,) = [
        e.event
        for e in entries.values()
        if isinstance(e.event, AlarmRaised)
        and (e.event.account, e.event.kind) == (account, "sweep")
    ]
    (contained,) = [
        e.event
        for e in entries.values()
        if isinstance(e.event, Contained) and e.event.alarm == raised.alarm
    ]
    assert raised.why == caught.alarm.why
    assert (contained.account, contained.measure, contained.until) == (account, "lock", None)
    assert contained.devices == 1
    assert {entries[position].event.account for position in raised.positions} == {account}  # type: ignore[union-attr]


def test_two_officers_read_why_and_open_it_again(
    watched: Town, officers: tuple[Person, Person]
) -> None:
    async def story() -> None:
        async with watched.scene() as scene, Bureau(watched.operator) as bureau:
            member = covered(scene)[22]
            ada, ben = bureau.again(officers[0]), bureau.again(officers[1])
            caught = await sweep(watched, scene)
            shown: Alarm = next(
                each for each in await ada.console.alarms() if each.alarm == caught.alarm.alarm
            )
            assert shown.why == caught.alarm.why
            assert shown.open
            rests = await ada.console.evidence(shown.alarm)
            assert [each.position for each in rests] == shown.positions
            assert {(each.account, each.lane, each.released) for each in rests} == {
                (shown.account, "typed", False)
            }
            assert "unknown" in {each.reason for each in rests}
            await at_a_glance(ada)
            owner = await back(scene, caught.clerk)
            act = await ada.propose(UnlockAccount(shown.account))
            assert await asks(scene, owner, member) == "Refused"
            await ben.second(act)
            assert await asks(scene, owner, member) == "Covered"
            again = {each.alarm: each.open for each in await ada.console.alarms()}
            assert not again[shown.alarm]
        events = [e.event for e in (await openly.read(watched.operator.installation)).values()]
        assert [e.reason for e in events if isinstance(e, Unlock)] == [rows.LOCKED]

    asyncio.run(story())


async def at_a_glance(officer: Person) -> None:
    """The last hour's checks are counted, and so are the accounts that asked without a card."""
    live = await officer.console.live()
    while not live.levels:
        await asyncio.sleep(0.2)
        live = await officer.console.live()
    refused = [each for each in live.minutes if each.lane == "typed" and not each.released]
    assert sum(each.checks for each in refused) >= 9
    assert [each.level for each in live.levels] == ["account", "organisation", "region", "platform"]
    assert live.now.locked >= 1


def test_two_officers_end_a_brake_and_no_later_one(
    watched: Town, officers: tuple[Person, Person]
) -> None:
    async def story() -> None:
        async with Bureau(watched.operator) as bureau:
            ada, ben = bureau.again(officers[0]), bureau.again(officers[1])
            first = await braked(watched, 1)
            assert (await ada.console.live()).now.braked_until == first
            act = await ada.propose(BrakeEnd(first))
            second = await braked(watched, 2)
            with pytest.raises(GateError, match="prolonged"):
                await ben.second(act)
            await ben.console.withdraw(act.act)
            await ben.second(await ada.propose(BrakeEnd(second)))
            assert (await ada.console.live()).now.braked_until is None

    asyncio.run(story())


async def braked(town: Town, hours: int) -> datetime:
    """Brake the typed lane, as the watch does at a campaign; return until when."""
    until = datetime.now(UTC) + timedelta(hours=hours)
    connection = await town.operator.installation.database.connect(Role.WATCH)
    try:
        done = Containment(b"", Measure.BRAKE, until.timestamp(), "a campaign", Standing())
        await rows.apply(connection, done, datetime.now(UTC))
    finally:
        await connection.close()
    return until


def test_a_watch_that_was_killed_goes_on_where_it_was(watched: Town) -> None:
    watch = watched.operator.watch
    assert watch is not None

    async def story() -> None:
        async with watched.scene() as scene:
            thief = await scene.hire()
            for number, member in enumerate(covered(scene)[:9]):
                if number == 5:
                    await caught_up(watched)
                    kill(watch.pid)
                tried = await typed.attempt(scene, thief, member, wrong=True)
                await typed.ask(scene, tried, scene.pipe)
            watch.start()
            await caught_up(watched)
            account = base64url.encode(typed.account(thief))
            mine = [a for a in await alarms(watched.operator.installation) if a.account == account]
            assert sorted(each.kind for each in mine) == ["sweep"]

    asyncio.run(story())


async def caught_up(town: Town) -> None:
    """Wait until the watch has read all that stands."""
    connection = await town.operator.installation.database.connect(Role.WATCH)
    try:
        async with asyncio.timeout(30):
            while True:
                now = await connection.fetchrow(
                    "SELECT position, size FROM watch_state, ledger_head"
                )
                if now is not None and now["position"] >= now["size"]:
                    return
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


def test_the_watch_closes_and_can_open_nothing(watched: Town) -> None:
    async def story() -> None:
        async with watched.scene() as scene:
            caught = await sweep(watched, scene)
        account = typed.account(caught.clerk)
        connection = await watched.operator.installation.database.connect(Role.WATCH)
        done = await connection.execute(
            "UPDATE account SET locked = NULL WHERE account = $1", account
        )
        await connection.close()
        assert done == "UPDATE 0"

    asyncio.run(story())


@pytest.mark.parametrize("command", ["alarms", "status"])
def test_the_commands_tell_what_is_so(watched: Town, command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ecluse", "watch", command, "--json"],
        env={**os.environ, "ECLUSE_HOME": str(watched.operator.installation.folder)},
        capture_output=True,
        check=True,
    )
    facts = json.loads(done.stdout)
    if command == "alarms":
        assert facts["alarms"]
        assert all(each["why"].endswith(".") and each["positions"] for each in facts["alarms"])
    else:
        assert facts["locked"] >= 1
        assert facts["position"] > 0
        assert facts["braked_until"] is None
