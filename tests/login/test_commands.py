from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from ecluse.cli.login import app
from ecluse.errors import EcluseError
from ecluse.keyring.client import KeyringUnreachableError
from ecluse.local.installation import Installation
from ecluse.local.processes import Process
from ecluse.login import accounts, enrolment
from ecluse.login.passkey import Passkey
from ecluse.login.ticket import Claims
from ecluse.store.database import Database
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ORGANISATION = ["--name", "Pharmacie du Pont", "--profession", "21", "--region", "84"]


@pytest.fixture
def installation(database_template: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The installation that commands find by themselves."""
    monkeypatch.setenv("ECLUSE_HOME", str(database_template.home))
    monkeypatch.delenv("ECLUSE_DATABASE_URL", raising=False)
    found = Database.from_environment()
    asyncio.run(found.prepare())
    return found


@pytest.fixture
def keyring(installation: Database) -> Iterator[None]:
    """The keyring's own process: an officer's act is not done without its ledger entry."""
    here = Installation(installation.home)
    here.make_keyring()
    process = Process(here, "keyring", "serve", "keyring")
    process.start()
    yield
    process.stop()


def run(arguments: Sequence[str]) -> dict[str, object]:
    outcome = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    facts: dict[str, object] = json.loads(outcome.stdout)
    return facts


def rows(facts: dict[str, object]) -> list[dict[str, Any]]:
    listed = facts["accounts"]
    assert isinstance(listed, list)
    return listed


def waiting() -> set[str]:
    listed = run(["pending"])["pending"]
    assert isinstance(listed, list)
    return {one["fingerprint"] for one in listed}


def ask(installation: Database, finess: str) -> tuple[str, bytes]:
    account = os.urandom(16)
    passkey = Passkey(account, os.urandom(32), os.urandom(77), 0)

    async def asked() -> str:
        connection = await installation.connect(Role.GATE)
        try:
            claims = Claims(account, finess, "Comptoir 1")
            return await enrolment.ask(connection, claims, passkey, datetime.now(UTC))
        finally:
            await connection.close()

    return asyncio.run(asked()), account


async def load(installation: Database, account: bytes) -> accounts.Account | None:
    connection = await installation.connect(Role.GATE)
    try:
        return await accounts.load(connection, account)
    finally:
        await connection.close()


@pytest.mark.usefixtures("keyring")
def test_an_officer_adds_lists_and_accepts(installation: Database) -> None:
    added = run(
        ["organisation", "add", "--finess", "01 000 001 6", "--professionals", "3", *ORGANISATION]
    )
    assert added["finess"] == "010000016"
    mark, number = ask(installation, "010000016")
    assert mark in waiting()

    accepted = run(["accept", mark.lower().replace("-", " ")])

    assert (accepted["state"], accepted["label"]) == ("accepted", "Comptoir 1")
    account = asyncio.run(load(installation, number))
    assert account is not None
    assert account.probation_until > datetime.now(UTC)

    [listed] = rows(run(["accounts", "--finess", "010000016"]))
    assert (listed["label"], listed["locked"]) == ("Comptoir 1", None)
    run(["lock", listed["account"], "--reason", "lost"])
    assert run(["signout", listed["account"]])["devices"] == 0
    [locked] = rows(run(["accounts", "--finess", "010000016"]))
    assert locked["locked"] == "lost"
    assert rows(run(["accounts"])) == []


def test_nothing_is_accepted_that_the_ledger_cannot_tell_of(installation: Database) -> None:
    mark, number = ask(installation, "010000016")
    with pytest.raises(KeyringUnreachableError):
        run(["accept", mark])
    assert asyncio.run(load(installation, number)) is None
    assert mark in waiting()


@pytest.mark.usefixtures("keyring")
def test_an_officer_refuses(installation: Database) -> None:
    mark, number = ask(installation, "010000016")
    assert run(["refuse", mark]) == {"fingerprint": mark, "state": "refused"}
    assert asyncio.run(load(installation, number)) is None


@pytest.mark.usefixtures("keyring")
@pytest.mark.parametrize(
    "arguments",
    [
        ["officer", "accept", "0000-0000-0000", "--role", "security"],
        ["officer", "accept", "0000-0000-0000", "--role", "protection"],
        ["accounts", "--finess", "010000017"],
        ["lock", "AAAAAAAAAAAAAAAAAAAAAA=", "--reason", "lost"],
        ["accept", "0000-0000-0000"],
        ["refuse", "0000-0000-0000"],
        ["accept", "not a fingerprint"],
        ["organisation", "add", "--finess", "010000017", "--professionals", "3", *ORGANISATION],
    ],
)
def test_it_says_what_is_wrong(installation: Database, arguments: list[str]) -> None:
    with pytest.raises(EcluseError) as refusal:
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert refusal.value.hint
