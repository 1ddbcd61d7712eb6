"""The whole journey on a PostgreSQL that is not ours: Debian's, and the newest that there is."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecluse.client.replies import Covered
from ecluse.cover.family import CareFamily
from ecluse.demo import stage, tour
from ecluse.local.installation import Installation
from ecluse.local.processes import Operator
from ecluse.policy import policy as policies
from ecluse.siege.scene import Scene
from ecluse.store.binaries import Binaries, inspect, locate
from ecluse.store.roles import Role
from store.elsewhere import somebody_elses


if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=["Debian's", "the newest"])
def programs(request: pytest.FixtureRequest, debian: Path) -> Binaries:
    """PostgreSQL 15 on Debian 12 (what there is on another), and 18."""
    return inspect(debian) if request.param == "Debian's" else locate()


@pytest.fixture(scope="module")
def address(programs: Binaries) -> Iterator[str]:
    with somebody_elses(programs) as url:
        yield url


def test_the_whole_journey_runs_on_an_external_database(address: str) -> None:
    with tempfile.TemporaryDirectory(prefix="ecluse-test-") as home, stage.insurers_side() as side:
        installation = Installation(Path(home), database_url=address)
        assert asyncio.run(installation.database.prepare())
        assert asyncio.run(installation.database.prepare()) == []
        installation.make_keyring()
        with Operator(installation) as operator:
            stage.write_nation(side, 1000, 7, _quiet)
            rows = asyncio.run(stage.load_nation(installation, side, 1, _quiet))
            assert rows > 900
            finess = asyncio.run(stage.open_organisations(installation, side))
            cast = stage.cast(side, datetime.now(UTC).date(), finess, rows)
            asyncio.run(_a_day(operator, cast, side))


async def _a_day(operator: Operator, cast: stage.Cast, side: Path) -> None:
    async with Scene(operator, policies.read()[0], cast.members, cast.finess, side) as scene:
        clerk, member = await scene.hire(), scene.members[0]
        family = CareFamily(member.families[0])
        shown = await clerk.gate.check_card(member.card, care_date=scene.today, family=family)
        assert isinstance(shown, Covered)
        assert shown.cover
        typed = await clerk.gate.check_person(
            scene.members[1].person,
            clerk.passkey.touch,
            care_date=scene.today,
            family=CareFamily(scene.members[1].families[0]),
        )
        assert isinstance(typed, Covered)
        report = await tour.verify_ledger(scene)
        assert report.verified
        assert report.entries >= typed.receipt.position


def test_each_process_has_the_rights_that_it_needs_and_no_more(address: str) -> None:
    """On an external server as on the embedded one: the gate reads records and writes none."""

    async def ask() -> list[bool]:
        installation = Installation(Path(home), database_url=address)
        await installation.database.prepare()
        gate = await installation.database.connect(Role.GATE)
        sql = "SELECT has_table_privilege('cover_record', $1)"
        found = [await gate.fetchval(sql, right) for right in ("SELECT", "INSERT", "DELETE")]
        await gate.close()
        return found

    with tempfile.TemporaryDirectory(prefix="ecluse-test-") as home:
        assert asyncio.run(ask()) == [True, False, False]


def _quiet(*_: object) -> None:
    """Show no progress."""
