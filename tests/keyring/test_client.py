"""The callers' side: what a call is told when the keyring goes away, and after it came back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ecluse.keyring import messages as m
from ecluse.keyring.client import GateKeyring, KeyringUnreachableError
from keyring.lodge import person, typed


if TYPE_CHECKING:
    from pathlib import Path

    from keyring.lodge import Lodge


pytestmark = pytest.mark.anyio


async def test_without_a_keyring_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeyringUnreachableError, match="does not answer"):
        await GateKeyring(tmp_path).hello()
    with pytest.raises(KeyringUnreachableError):
        async with GateKeyring(tmp_path):
            pass


async def test_it_finds_a_keyring_that_was_restarted(lodge: Lodge) -> None:
    gate = GateKeyring(lodge.sockets)
    for _ in range(2):
        async with lodge.running():
            assert not (await gate.hello()).restored
        with pytest.raises(KeyringUnreachableError):
            await gate.hello()
    await gate.close()


async def test_calls_under_way_fail_when_the_keyring_dies(tmp_path: Path) -> None:
    """A stand-in reads the calls and is gone before it answers any."""
    called = asyncio.Event()

    async def read_and_die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await m.read_frame(reader)
        await m.read_frame(reader)
        called.set()
        writer.close()

    server = await asyncio.start_unix_server(read_and_die, tmp_path / "keyring-gate.sock")
    async with GateKeyring(tmp_path) as gate:
        calls = [gate.hello(), gate.locate([typed(person(1), bytes(16))])]
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert called.is_set()
        assert [type(each) for each in ended] == [KeyringUnreachableError] * 2
    server.close()


async def test_closing_fails_what_is_under_way(tmp_path: Path) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(say_nothing, tmp_path / "keyring-gate.sock")
    gate = GateKeyring(tmp_path)
    call = asyncio.create_task(gate.hello())
    await asyncio.sleep(0.05)
    await gate.close()
    with pytest.raises(KeyringUnreachableError):
        await call
    server.close()
