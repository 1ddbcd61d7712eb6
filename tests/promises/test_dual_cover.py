"""A person with two covers: either card tells of both, a reference and a number of one to bill.

And the entry of such an answer names both insurers, as long as any other entry.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, NamedTuple

import polars as pl
import pytest

from ecluse.cards import code
from ecluse.client.gate import Person
from ecluse.client.replies import Covered, Refused
from ecluse.cover.package import CoverPackage, parse_packages
from ecluse.ledger.entry import Check
from ecluse.store.roles import Role
from promises import openly


if TYPE_CHECKING:
    from ecluse.client.replies import CheckReply
    from ecluse.cover.family import CareFamily
    from ecluse.siege.scene import Scene
    from towns import Town

pytestmark = pytest.mark.attack


class Twice(NamedTuple):
    """Who has a first payer and a second cover, both of which pay for `family` today."""

    person: Person
    cards: tuple[str, str]
    amcs: tuple[str, str]
    packages: tuple[CoverPackage, CoverPackage]
    family: CareFamily


def twice(town: Town, today: str) -> Twice:
    """Find one in the rosters that the insurers sent."""
    folders = sorted((town.insurers_side / "insurers").iterdir())
    rows = pl.concat(
        pl.read_csv(folder / "roster.csv", infer_schema=False).with_columns(amc=pl.lit(folder.name))
        for folder in folders
    ).filter(
        (pl.col("valid_from") <= today)
        & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= today))
    )
    packages = {
        (folder.name, package.code): package
        for folder in folders
        for package in parse_packages((folder / "packages.json").read_bytes())
    }
    who = ["nir", "birth_date", "birth_rank"]
    first, second = (rows.filter(pl.col("priority") == rank) for rank in ("1", "2"))
    for row in first.join(second, on=who, suffix="_2").iter_rows(named=True):
        paid = packages[row["amc"], row["package"]], packages[row["amc_2"], row["package_2"]]
        for family in paid[0].families.keys() & paid[1].families.keys():
            return Twice(
                Person(row["nir"], row["birth_date"], int(row["birth_rank"])),
                (row["card"], row["card_2"]),
                (row["amc"], row["amc_2"]),
                paid,
                family,
            )
    raise AssertionError("nobody in this nation has two covers")


def told_of_both(answer: CheckReply, them: Twice) -> Covered:
    assert isinstance(answer, Covered)
    assert answer.cover is not None
    (also,) = answer.also
    assert (answer.insurer.amc, also.insurer.amc) == them.amcs
    assert also.priority == 2
    for cover, package in zip((answer.cover, also.cover), them.packages, strict=True):
        assert (cover.family, cover.package.label_fr) == (them.family, package.label_fr)
        assert len(cover.lines) == len(package.families[them.family])
    return answer


async def lengths(town: Town, positions: list[int]) -> set[int]:
    connection = await town.operator.installation.database.connect(Role.OWNER)
    try:
        rows = await connection.fetch(
            "SELECT octet_length(sealed) AS length FROM ledger_entry WHERE position = ANY($1)",
            positions,
        )
    finally:
        await connection.close()
    return {row["length"] for row in rows}


async def played(scene: Scene, town: Town) -> None:
    them, clerk = twice(town, scene.today.isoformat()), await scene.hire()

    async def card(text: str) -> CheckReply:
        return await clerk.gate.check_card(text, care_date=scene.today, family=them.family)

    told_of_both(await card(them.cards[0]), them)
    second = told_of_both(await card(them.cards[1]), them)
    known = await clerk.gate.check_reference(
        second.reference, care_date=scene.today, family=them.family
    )
    typed = await clerk.gate.check_person(
        them.person, clerk.passkey.touch, care_date=scene.today, family=them.family
    )
    assert isinstance(known, Covered)
    assert isinstance(typed, Covered)
    assert (known.insurer.amc, known.cover, known.also) == (them.amcs[1], None, [])
    assert (typed.insurer.amc, typed.cover, typed.also) == (them.amcs[0], None, [])

    assert isinstance(await card(code.encode(os.urandom(code.SECRET_SIZE))), Refused)
    entries = await openly.read(town.operator.installation)
    checks = {at: each.event for at, each in entries.items() if isinstance(each.event, Check)}
    account = checks[second.receipt.position].account
    mine = {at: check for at, check in checks.items() if check.account == account}
    named = [len({insurer for insurer, _ in check.opened}) for check in mine.values()]
    assert named == [2, 2, 1, 2, 0]
    assert len(await lengths(town, list(mine))) == 1


def test_both_covers_are_told_by_card_alone_and_both_insurers_stand_in_the_entry(
    town: Town,
) -> None:
    async def run() -> None:
        async with town.scene() as scene:
            await played(scene, town)

    asyncio.run(run())
