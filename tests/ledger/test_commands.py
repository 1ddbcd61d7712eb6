"""`ecluse ledger` as scripts call it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from ecluse.cli.ledger import app
from ecluse.errors import EcluseError
from ecluse.ledger.note import open_checkpoint
from ecluse.store.roles import Role
from ledger.conftest import EMPTY
from ledger.writing import LOG_KEY, cover, fill


if TYPE_CHECKING:
    from typer.testing import Result

    from ecluse.store.database import Database

SIZE = 300


@pytest.fixture
def log(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An installation whose ledger holds 300 entries, with no keyring running."""

    async def write() -> None:
        owner = await database.connect(Role.OWNER)
        await owner.execute(EMPTY)
        await owner.close()
        gate, ledger = await database.connect(Role.GATE), await database.connect(Role.LEDGER)
        await fill(gate, 0, SIZE)
        await cover(ledger)
        await gate.close()
        await ledger.close()

    asyncio.run(write())
    monkeypatch.setenv("ECLUSE_HOME", str(database.home))
    monkeypatch.setenv("ECLUSE_DATABASE_URL", database.dsn(Role.OWNER))
    return database


def alter(database: Database, statement: str) -> None:
    async def act() -> None:
        owner = await database.connect(Role.OWNER)
        await owner.execute(statement)
        await owner.close()

    asyncio.run(act())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def facts(answer: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_verify_says_what_it_went_through_and_exits_0(log: Database) -> None:
    answer = run("verify", "--key", LOG_KEY.text(), "--json")
    assert answer.exit_code == 0
    found = facts(answer)
    assert (found["entries"], found["verified"], found["faults"]) == (SIZE, True, [])
    assert found["root"] == facts(run("checkpoint", "--json"))["root"]


def test_verify_names_the_fault_and_exits_1(log: Database) -> None:
    alter(log, "DELETE FROM ledger_entry WHERE position = 41")
    answer = run("verify", "--key", LOG_KEY.text(), "--json")
    assert answer.exit_code == 1
    found = facts(answer)
    assert found["verified"] is False
    assert found["faults"][0]["position"] == 41
    told = run("verify", "--key", LOG_KEY.text())
    assert told.exit_code == 1
    assert "FAULT position 41: The entry is missing" in told.stdout


def test_verify_without_a_key_needs_the_keyring(log: Database) -> None:
    answer = run("verify", "--json")
    assert isinstance(answer.exception, EcluseError)
    assert answer.exception.hint


def test_checkpoint_prints_the_signed_note_itself(log: Database) -> None:
    checkpoint = open_checkpoint(run("checkpoint").stdout, LOG_KEY)
    assert checkpoint.size == SIZE
    found = facts(run("checkpoint", "--json"))
    assert (found["origin"], found["size"]) == (LOG_KEY.name, SIZE)


def test_proof_has_the_keys_of_the_gate_s_answer(log: Database) -> None:
    found = facts(run("proof", "7", "--json"))
    assert (found["position"], found["size"]) == (7, SIZE)
    assert {"commitment", "hashes"} <= set(found)
    assert found["commitment"] in run("proof", "7").stdout


def test_proof_of_an_entry_that_is_not_there_is_an_error_that_says_so(log: Database) -> None:
    answer = run("proof", str(SIZE), "--json")
    assert isinstance(answer.exception, EcluseError)
    assert "No checkpoint covers position 300 yet" in answer.exception.problem


def test_consistency_has_the_keys_of_the_gate_s_answer(log: Database) -> None:
    found = facts(run("consistency", "7", "--json"))
    assert (found["old"], found["size"]) == (7, SIZE)
    assert found["hashes"][0] in run("consistency", "7").stdout
    assert open_checkpoint(found["checkpoint"], LOG_KEY).size == SIZE


def test_consistency_with_a_longer_ledger_is_an_error_that_says_so(log: Database) -> None:
    answer = run("consistency", str(SIZE + 1), "--json")
    assert isinstance(answer.exception, EcluseError)
    assert "No checkpoint covers position 300 yet" in answer.exception.problem
