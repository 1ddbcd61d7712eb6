"""P6: what the page server should send stands in the ledger, and anybody at the operator compares."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from ecluse.cli import app
from ecluse.errors import EcluseError
from ecluse.local.processes import Process
from ecluse.store.roles import Role
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.testing import Result

    from towns import Town


@pytest.fixture(scope="module")
def own_town() -> Iterator[Town]:
    """A town of its own: releases change what everybody compares with."""
    with open_town(members=1000) as opened:
        yield opened


@pytest.fixture(autouse=True)
def at_home(own_town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECLUSE_HOME", str(own_town.operator.installation.folder))


def pages(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["pages", *arguments, "--json"])


def test_nothing_is_verified_before_a_release_stands_in_the_ledger(own_town: Town) -> None:
    refused = pages("verify", own_town.operator.ports.pages_origin)
    assert isinstance(refused.exception, EcluseError)
    assert "No release" in refused.exception.problem


def test_the_operators_own_pages_are_as_released_and_a_captured_server_is_named(
    own_town: Town,
) -> None:
    ports = own_town.operator.ports
    released = pages("release", "--pipe-origin", ports.pipe_origin)
    assert released.exit_code == 0, released.output
    honest = pages("verify", ports.pages_origin)
    assert (honest.exit_code, json.loads(honest.stdout)["verified"]) == (0, True)

    # The server that sends every request to the thief's own pipe.
    captured = Process(
        own_town.operator.installation,
        "captured",
        *("serve", "pages", "--port", str(ports.pages + 1)),
        *("--pipe-origin", "https://thief.example"),
    )
    captured.start()
    try:
        found = pages("verify", f"http://localhost:{ports.pages + 1}")
    finally:
        captured.stop()
    assert found.exit_code == 1
    assert [fault["path"] for fault in json.loads(found.stdout)["faults"]] == ["/config.json"]


def test_the_ledger_is_believed_and_not_the_table_beside_it(own_town: Town) -> None:
    """A row that points at another entry, of any other kind, gives no release."""
    asyncio.run(_point_at(own_town, 0))
    refused = pages("verify", own_town.operator.ports.pages_origin)
    assert isinstance(refused.exception, EcluseError)
    assert "No release of the pages stands there" in refused.exception.problem


async def _point_at(town: Town, position: int) -> None:
    owner = await town.operator.installation.database.connect(Role.OWNER)
    await owner.execute("UPDATE platform SET page_release = $1", position)
    await owner.close()
