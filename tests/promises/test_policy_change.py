"""A policy is in force when two officers agreed on its file, at every gate, and not otherwise."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

import policies
from ecluse.ledger.entry import ActDone, PolicyInForce
from ecluse.local.processes import Process, free_ports
from promises import openly
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecluse.siege.scene import Clerk
    from towns import Town


@pytest.fixture(scope="module")
def ruled() -> Iterator[Town]:
    """A town with two gates under the default policy."""
    with open_town(gates=2) as town:
        yield town


async def caps(clerks: list[Clerk]) -> set[int]:
    """Return what the clerks' gates say that a day's cap is: one device asks one gate."""
    return {(await clerk.gate.me()).typed.day.cap for clerk in clerks}


async def until(clerks: list[Clerk], cap: int) -> None:
    """Wait until every gate states this cap."""
    for _ in range(200):
        if await caps(clerks) == {cap}:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError


async def changes(town: Town) -> list[bytes]:
    """Return the policies that the ledger says came into force."""
    entries = await openly.read(town.operator.installation)
    events = [entry.event for entry in entries.values()]
    found = [event.sha256 for event in events if isinstance(event, PolicyInForce)]
    acts = [event for event in events if isinstance(event, ActDone)]
    assert len(acts) == len(found) - 1
    return found


@pytest.mark.attack
def test_a_policy_that_two_officers_agreed_on_comes_into_force_at_every_gate_once(
    ruled: Town, tmp_path: Path
) -> None:
    async def day() -> None:
        installation = ruled.operator.installation
        before = await changes(ruled)
        async with ruled.scene() as scene:
            # Several devices, so that both gates are asked.
            clerks = [await scene.hire() for _ in range(6)]
            await until(clerks, 10)
            path = policies.write(tmp_path / "seven.toml", typed={"account_day": 7})
            installation.policies.put(path.read_bytes())
            await asyncio.sleep(2.5)
            assert await caps(clerks) == {10}
            digest = await policies.agree(installation, path.read_bytes())
            await until(clerks, 7)
            assert await changes(ruled) == [*before, digest]
            assert installation.policies.in_force.read_bytes() == path.read_bytes()
            assert (await openly.verified(installation)).verified

    asyncio.run(day())


@pytest.mark.attack
def test_no_option_and_no_edited_file_puts_a_policy_in_force(ruled: Town, tmp_path: Path) -> None:
    installation, ports = ruled.operator.installation, ruled.operator.ports
    wide = policies.write(tmp_path / "wide.toml", typed={"account_day": 5000})
    port = free_ports().gate
    sly = Process(
        installation,
        "sly",
        *("serve", "gate", "--port", str(port), "--policy", str(wide)),
        *("--public-origin", ports.pipe_origin, "--pages-origin", ports.pages_origin),
    )

    async def day() -> None:
        before = await changes(ruled)
        async with ruled.scene() as scene:
            clerks = [await scene.hire() for _ in range(6)]
            stated = await caps(clerks)
            installation.policies.in_force.write_bytes(wide.read_bytes())
            await asyncio.to_thread(ruled.operator.gate.stop)
            await asyncio.to_thread(ruled.operator.gate.start)
            await asyncio.to_thread(sly.start)
            assert await caps(clerks) == stated
            assert 5000 not in stated
        assert await changes(ruled) == before

    try:
        asyncio.run(day())
    finally:
        sly.stop()
    words = (installation.logs / "sly.log").read_text()
    assert "is not agreed on" in words


@pytest.mark.attack
def test_an_altered_file_is_not_the_one_that_was_agreed_on(ruled: Town, tmp_path: Path) -> None:
    async def day() -> None:
        installation = ruled.operator.installation
        async with ruled.scene() as scene:
            clerk = await scene.hire()
            stated = await caps([clerk])
            before = await changes(ruled)
            path = policies.write(tmp_path / "six.toml", typed={"account_day": 6})
            digest = await asyncio.to_thread(installation.policies.put, path.read_bytes())
            lying = installation.policies.folder / f"{digest.hex()}.toml"
            wide = policies.write(tmp_path / "wide.toml", typed={"account_day": 5000})
            lying.write_bytes(wide.read_bytes())
            await policies.second(installation, digest)
            await asyncio.sleep(2.5)
            assert await caps([clerk]) == stated
            assert await changes(ruled) == before
            lying.write_bytes(path.read_bytes())
            await until([clerk], 6)

    asyncio.run(day())
