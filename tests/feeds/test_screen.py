"""P9: forbidden data refuses a feed wherever it hides, and nothing else does."""

from __future__ import annotations

import json
import random
from datetime import date
from typing import TYPE_CHECKING

import pytest

from ecluse.feeds import insurer_keys, screen
from ecluse.feeds.prepare import Announcement, Source, prepare
from feeds import rosters
from feeds.planted import EVERYTHING, IN_PACKAGES, PLACES, VALUES, Planted


if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecluse.feeds.insurer_keys import InsurerKeys
    from feeds.world import World

pytestmark = pytest.mark.attack


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> InsurerKeys:
    return insurer_keys.create(
        tmp_path_factory.mktemp("insurer") / "keys", amc="99000001", name="M"
    )


def prepared(keys: InsurerKeys, roster: Path) -> int:
    """Prepare a feed; return how many rows will be taken."""
    return prepare(
        Source(roster, roster.with_name("packages.json")),
        keys,
        Announcement(1, date(2026, 1, 1)),
        recipient=keys.public.age_recipient,
        out=roster.parent / "out",
    ).accepted


@pytest.mark.parametrize("planted", EVERYTHING, ids=lambda planted: planted.name)
def test_the_insurer_learns_early_where_it_is(
    planted: Planted, keys: InsurerKeys, tmp_path: Path
) -> None:
    roster = rosters.write(tmp_path, planted.text, planted.packages)
    with pytest.raises(screen.ForbiddenDataError) as refused:
        prepared(keys, roster)
    finding = refused.value.finding
    assert (finding.line, finding.column) == (planted.line, planted.column)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("planted", [*VALUES, *PLACES], ids=lambda planted: planted.name)
def test_the_operator_refuses_it_from_software_that_screens_nothing(
    planted: Planted, world: World
) -> None:
    insurer = world.insurer()
    report = world.load(world.send(insurer, world.wire(insurer, planted.text)))
    assert not report.in_force
    assert "refused" in report.reason
    assert world.fetch("SELECT state FROM feed WHERE insurer = $1", insurer.number) == [
        ("refused",)
    ]
    assert world.fetch("SELECT 1 FROM member_reference WHERE insurer = $1", insurer.number) == []


@pytest.mark.parametrize("planted", IN_PACKAGES, ids=lambda planted: planted.name)
def test_the_operator_refuses_it_in_packages(planted: Planted, world: World) -> None:
    insurer = world.insurer()
    wire = world.wire(insurer, rosters.text(rosters.rows(20)))
    manifest = world.send(insurer, wire, packages=json.loads(planted.packages or ""))
    report = world.load(manifest)
    assert not report.in_force
    assert planted.column in report.reason


FORMS: dict[str, Callable[[random.Random, int], str]] = {
    "a letter and digits": lambda _, n: f"M{n:07}",
    "digits": lambda _, n: f"{n + 10**7}",
    "ten digits that count up from zero": lambda _, n: f"{n:010}",
    "ten digits behind a branch's 01": lambda _, n: f"01{n:08}",
    "ten digits behind a zero": lambda chance, _: f"0{chance.randrange(10**9):09}",
    "ten digits": lambda chance, _: f"{chance.randrange(10**10):010}",
    "ten digits in pairs": lambda chance, _: " ".join(
        f"{chance.randrange(100):02}" for _ in "12345"
    ),
    "thirteen digits": lambda chance, _: f"{chance.randrange(10**13):013}",
    "fifteen digits": lambda chance, _: f"{chance.randrange(10**15):015}",
    "sixteen digits": lambda chance, _: f"{chance.randrange(10**16):016}",
    "sixteen digits that begin like a card's": lambda chance, _: f"4{chance.randrange(10**15):015}",
    "digits in fours": lambda chance, _: "-".join(f"{chance.randrange(10**4):04}" for _ in "1234"),
    "like an IBAN": lambda chance, _: f"FR{chance.randrange(10**25):025}",
    "like a Belgian IBAN": lambda chance, _: f"BE{chance.randrange(10**14):014}",
    "like a RIB": lambda chance, _: f"{chance.randrange(10**23):023}",
    "like an act code": lambda _, n: f"CONF{n:03}",
    "letters and digits at random": lambda chance, _: "".join(
        chance.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=12)
    ),
    "thirty-two hexadecimal digits": lambda chance, _: f"{chance.getrandbits(128):032x}",
    "thirty-five characters": lambda chance, n: f"GRP/{chance.randrange(10**15):015}/{n:015}",
    "the family's number and a rank": lambda _, n: f"{1234567 + n // 3}-{n % 3 + 1}",
    "the NIR": lambda _, n: rosters.row(n).nir,
    "dotted": lambda chance, n: f"{n % 90 + 10}.{chance.randrange(10**6):06}",
    "with a year": lambda _, n: f"2026-{n:06}",
    "with a comma": lambda _, n: f'"DOE,{n:05}"',
    "with a quote": lambda _, n: f'"N""{n:05}"',
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("form", FORMS)
def test_no_honest_feed_is_refused(form: str, seed: int, keys: InsurerKeys, tmp_path: Path) -> None:
    chance = random.Random(f"{form} {seed}")  # noqa: S311 - a fixed roster, no secret
    count = (7, 60, 150, 400)[seed]
    lines = [
        row.but(member_ref=FORMS[form](chance, n)) for n, row in enumerate(rosters.rows(count))
    ]
    assert prepared(keys, rosters.write(tmp_path, rosters.text(lines))) == count


@pytest.mark.parametrize(
    ("column", "mistake"),
    [
        ("nir", "1 85 05 78 006 084 36"),
        ("nir", "1 85 05 78 00 60 84 36"),
        ("nir", "374066519205109"),
        ("nir", "1740665192051"),
        ("birth_date", "12/05/1985"),
        ("birth_date", "1985-05-12"),
        ("valid_from", "01/01/2026 00:00"),
        ("valid_to", "2026-12-31T00:00:00+01:00"),
        ("valid_to", "01.01.2026 00"),
        ("birth_rank", "1.0"),
        ("card", "ECL BCDE FGHI JKLN OPRS"),
        ("package", "CONFORT PLUS"),
        ("package", "P10.1B"),
        ("priority", "premier"),
    ],
)
def test_a_mistake_is_a_reject_and_not_an_accusation(
    column: str, mistake: str, keys: InsurerKeys, tmp_path: Path
) -> None:
    lines = rosters.rows(50)
    lines[10] = lines[10].but(**{column: mistake})
    assert prepared(keys, rosters.write(tmp_path, rosters.text(lines))) == 49


def test_a_phone_book_in_place_of_member_numbers_is_refused(
    keys: InsurerKeys, tmp_path: Path
) -> None:
    chance = random.Random(1)  # noqa: S311 - a fixed roster, no secret
    lines = [
        row.but(member_ref=f"0{chance.choice('1666779')}{chance.randrange(10**8):08}")
        for row in rosters.rows(200)
    ]
    with pytest.raises(screen.ForbiddenDataError):
        prepared(keys, rosters.write(tmp_path, rosters.text(lines)))
