"""The README's table of the five kinds of data stolen in 2024: a test for each of its rows.

These look at shapes: what an answer, a table or a roster has a place for at all. Whether anything
leaks in operation is tried by the tests of the promises.
"""

from __future__ import annotations

import asyncio
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import msgspec
import pytest

from ecluse.cover.family import CareFamily
from ecluse.cover.package import CoverLine, CoverPackage
from ecluse.cover.record import Cover, RecordError, open_record, seal
from ecluse.feeds import screen
from ecluse.feeds.roster import COLUMNS
from ecluse.gate.answer import REFUSED, Covered, NotCovered, Right, family_cover
from ecluse.gate.request import Asked, Kind
from ecluse.gate.state import Lane
from ecluse.ids.subject import person_identifier
from ecluse.keyring import prf
from ecluse.ledger.entry import Check
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from ecluse.store.database import Database

README = Path(__file__).resolve().parents[2] / "README.md"

STOLEN = [
    "the insurer's name",
    "the birth date",
    "the social security number (NIR)",
    "civil status",
    "cover details",
]

# Every column that could hold a readable word or day, and so must hold none about a member.
READABLE = {
    "account": {"label", "locked", "role", "rpps"},
    "act": {"content", "state"},
    # About accounts: `why` names nobody, `evidence` has each entry's moment, lane and outcome.
    "alarm": {"kind", "score", "positions", "why", "measure", "facts", "evidence"},
    "cover_package": {"code", "content"},
    "ecluse_migration": {"name"},
    "enrolment": {"amc", "fingerprint", "finess", "label", "role", "state"},
    "feed": {
        *("state", "rejects_file", "period_from", "period_to"),
        *("answers_from", "answers_until"),
    },
    "gauge": {"level", "fullest"},
    # What operators tell each other of alarms and professionals.
    "heard": {"object", "measure"},
    "peer": {"name", "collection", "most"},
    "told": {"object", "body"},
    # What an incident is about: accounts and times; and how many persons each insurer is told of.
    "incident": {"content"},
    "notice_round": {"summary"},
    # What an insurer's documents say: counts. What officers asked for, and counts again.
    "notice": {"documents"},
    # Amounts, the care family and why a claim waits: no act.
    "quote": {"ends", "priced"},
    "claim": {"family", "care_date", "outcome", "reason", "price", "amo", "due_now"},
    "claim_part": {"amount"},
    "breach_work": {"kind", "problem", "result"},
    "insurer": {"amc", "name", "age_recipient"},
    "lease_pool": {"scope"},
    "ledger_checkpoint": {"note"},
    # Of witnesses: their keys, and notes that hold sizes, hashes and signatures.
    "ledger_cosignature": {"witness", "line"},
    "ledger_refusal": {"witness", "kind", "cosigned", "offered"},
    "ledger_witness": {"witness", "problem"},
    "ledger_entry": {"month"},
    "organisation": {"finess", "name", "profession", "region"},
    "settlement": {"care_date"},
    "watch_minute": {"lane"},
}
COLUMNS_OF_WORDS = """
SELECT table_name, array_agg(column_name::text) AS columns FROM information_schema.columns
 WHERE table_schema = 'public'
   AND data_type NOT IN ('bytea', 'smallint', 'integer', 'bigint', 'boolean',
                         'timestamp with time zone')
 GROUP BY table_name
"""

KEY = bytes(range(32))
INDEX = bytes(16)
PACKAGE = CoverPackage(
    "CONFORT",
    "Garantie Confort",
    "Comfort",
    {
        CareFamily.OPTICS: (CoverLine("Monture", "Frame", "100 EUR"),),
        CareFamily.DENTAL: (CoverLine("Couronne", "Crown", "300% BR"),),
    },
)


def places(kind: object, name: str = "") -> set[str]:
    """Every place for a value in what a reply type becomes as JSON."""
    if kind in {type(None), ...}:
        return set()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return {
            place
            for field in msgspec.structs.fields(kind)
            for place in places(field.type, f"{name}.{field.encode_name}".lstrip("."))
        }
    within = {place for member in get_args(kind) for place in places(member, name)}
    return within or {name}


def test_the_readme_has_the_five_rows() -> None:
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| \[`", README.read_text("utf-8"), re.MULTILINE)
    assert rows[:5] == STOLEN


def test_the_insurers_name_stands_in_an_answer_with_a_right_and_nowhere_else() -> None:
    assert "insurer.name" in places(Covered)
    assert places(NotCovered) == {"lane", "receipt.position", "receipt.checkpoint"}
    assert REFUSED == b'{"outcome":"refused"}'


def test_an_answer_has_no_place_for_a_number_a_birth_or_a_name_of_a_person() -> None:
    one = {
        "insurer.amc",
        "insurer.name",
        "cover.family",
        "cover.package.handle",
        "cover.package.label_fr",
        "cover.package.label_en",
        "cover.valid_from",
        "cover.valid_to",
        "cover.lines.act_fr",
        "cover.lines.act_en",
        "cover.lines.basis",
    }
    check = {"lane", "reference", "receipt.position", "receipt.checkpoint"}
    also = {"also.priority", *(f"also.{place}" for place in one)}
    assert places(Covered) == one | check | also


def test_no_table_has_a_readable_column_about_a_member(database: Database) -> None:
    async def columns() -> dict[str, set[str]]:
        connection = await database.connect(Role.OWNER)
        try:
            rows = await connection.fetch(COLUMNS_OF_WORDS)
        finally:
            await connection.close()
        return {row["table_name"]: set(row["columns"]) for row in rows}

    assert asyncio.run(columns()) == READABLE


def test_an_entry_of_the_ledger_names_its_subject_by_index_only() -> None:
    words = {
        field.name
        for field in msgspec.structs.fields(Check)
        if field.type is str or field.type is date
    }
    assert words == {"lane", "kind", "family", "care_date", "reason", "policy"}


def test_number_birth_and_rank_find_a_record_together_and_only_with_the_key() -> None:
    person = person_identifier("2550814168025", "19550812", 1)
    changed = [
        person_identifier("2550814168026", "19550812", 1),
        person_identifier("2550814168025", "19550813", 1),
        person_identifier("2550814168025", "19550812", 2),
    ]
    index = prf.person_index(KEY, person)
    assert len({index, *(prf.person_index(KEY, other) for other in changed)}) == 4
    assert prf.person_index(bytes(32), person) != index


@pytest.mark.parametrize(
    "column",
    ["nom", "prenom", "nom_naissance", "civilite", "sexe", "lieu_naissance", "etat_civil", "name"],
)
def test_a_feed_with_a_column_of_civil_status_is_refused(column: str) -> None:
    assert screen.header(list(COLUMNS)) is None
    assert screen.header([*COLUMNS, column]) is not None
    assert screen.header([column if name == "card" else name for name in COLUMNS]) is not None


def test_cover_at_rest_opens_under_its_own_key_and_row_only() -> None:
    cover = Cover("CONFORT", [("2026-01-01", None)], 1)
    sealed = seal(cover, key=KEY, index=INDEX, insurer=3, feed=7, epoch=1)
    assert b"CONFORT" not in sealed
    assert open_record(sealed, key=KEY, index=INDEX, insurer=3, feed=7, epoch=1) == cover
    with pytest.raises(RecordError):
        open_record(sealed, key=bytes(32), index=INDEX, insurer=3, feed=7, epoch=1)
    with pytest.raises(RecordError):
        open_record(sealed, key=KEY, index=bytes([1] * 16), insurer=3, feed=7, epoch=1)


def test_an_answer_holds_the_care_family_asked_for_and_no_other() -> None:
    asked = Asked(
        bytes(16), Lane.CARD, Kind.CARD, bytes(16), None, date(2026, 11, 23), CareFamily.OPTICS
    )
    told = family_cover(asked, Right(3, 1, PACKAGE, None, 1), "handle")
    written = msgspec.json.encode(told)
    assert b"Monture" in written
    assert b"Couronne" not in written
