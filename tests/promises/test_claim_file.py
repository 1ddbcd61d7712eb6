"""A file of claims: each fault named, every good claim in, once, whatever dies in between."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from counts import runs
from ecluse.client.practice import AsyncPracticeClient
from ecluse.client.replies import Covered
from ecluse.cover.family import CareFamily
from ecluse.store.roles import Role
from towns import open_town


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from towns import Town

CLAIMS = runs(10_000)
REFERENCES = 40


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """A town whose gate is killed."""
    with open_town(members=600) as opened:
        yield opened


async def references(town: Town, kept: Path) -> tuple[list[str], str]:
    """Install software whose key is `kept`, check cards with it; return the references and day."""
    async with town.scene() as scene:
        key = await scene.install()
        found = []
        members = [each for each in scene.members if "pharmacy" in each.families]
        async with AsyncPracticeClient(key) as client:
            for member in members[:REFERENCES]:
                told = await client.check_card(
                    member.card, care_date=scene.today, family=CareFamily.PHARMACY
                )
                assert isinstance(told.reply, Covered)
                found.append(told.reply.reference)
        shutil.copy(key.path, kept)
        return found, scene.today.isoformat()


def line(reference: str, day: str, price: Decimal, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    act = {"kind": "medicine_major", "price": str(price), "base": str(price)}
    return {"reference": reference, "care_date": day, "acts": [act], **more}


def planted(good: list[dict[str, Any]], number: int) -> tuple[str, str]:
    """Return a faulty line, and what is to be said of it."""
    base = good[number]
    act = base["acts"][0]
    return [
        ("{not json", "malformed"),
        (json.dumps({**base, "acts": [{**act, "price": "-1"}]}), "price"),
        (json.dumps({**base, "iban": "FR76"}), "iban"),
        (json.dumps({**base, "reference": "A" * 22}), "no_reference"),
        (json.dumps({**base, "acts": [{**act, "kind": "frame"}]}), "other_family"),
        (json.dumps({**base, "care_date": "2020-01-01"}), "other_day"),
        (json.dumps({**base, "acts": [{**act, "price": "999"}], "amc": "900"}), "over"),
        (json.dumps(base), "the same claim as line"),
    ][number % 8]


def taken(town: Town) -> list[tuple[str, Decimal]]:
    """Return what stands in the database: outcome and price of every claim."""

    async def read() -> list[tuple[str, Decimal]]:
        owner = await town.operator.installation.database.connect(Role.OWNER)
        rows = await owner.fetch("SELECT outcome, price FROM claim")
        await owner.close()
        return [(row["outcome"], row["price"]) for row in rows]

    return asyncio.run(read())


def test_a_crash_in_the_middle_loses_and_doubles_none(town: Town, tmp_path: Path) -> None:
    key = tmp_path / "till.key"
    found, day = asyncio.run(references(town, key))
    faulty = CLAIMS // 100
    good = [
        line(found[number % len(found)], day, Decimal(100 + number) / 100)
        for number in range(CLAIMS - faulty)
    ]
    faults = [planted(good, number) for number in range(faulty)]
    lines = [json.dumps(each) for each in good]
    # A line that repeats an earlier one is the fault, so all of them follow.
    file = tmp_path / "claims.jsonl"
    file.write_text("\n".join([*lines, *(text for text, _ in faults)]) + "\n")
    command = [
        sys.executable,
        "-m",
        "ecluse",
        "claim",
        "send",
        str(file),
        "--json",
        "--key",
        str(key),
    ]

    sending = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while len(taken(town)) < CLAIMS // 10:
        assert time.monotonic() < until
        time.sleep(0.05)
    town.operator.gate.kill()
    os.kill(sending.pid, signal.SIGKILL)
    sending.wait()
    assert 0 < len(taken(town)) < len(good)
    town.operator.gate.start()

    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    told = json.loads(done.stdout)
    assert told["accepted"] == len(good)
    named = {each["line"]: each for each in told["faults"]}
    assert sorted(named) == list(range(len(good) + 1, CLAIMS + 1))
    for (_, reason), number in zip(faults, sorted(named), strict=True):
        assert reason in f"{named[number]['column']} {named[number]['reason']}"

    standing = taken(town)
    accepted = sorted(price for outcome, price in standing if outcome == "accepted")
    assert accepted == sorted(Decimal(100 + number) / 100 for number in range(len(good)))
    # Once more: nothing new.
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert json.loads(again.stdout)["accepted"] == len(good)
    assert sorted(taken(town)) == sorted(standing)
