"""Which cover answers a check, and how little of it leaves."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.cover.family import CareFamily
from ecluse.cover.package import CoverLine, CoverPackage
from ecluse.cover.record import Cover
from ecluse.gate.answer import (
    REFUSED,
    Covered,
    Insurer,
    NotCovered,
    OpenedRecord,
    Receipt,
    Right,
    family_cover,
    rights,
)
from ecluse.gate.request import Asked, Kind
from ecluse.gate.state import Lane


def line(act: str) -> tuple[CoverLine, ...]:
    return (CoverLine(act, act, "100% BR"),)


PACKAGE = CoverPackage(
    "BASE",
    "Base",
    "Basic",
    {CareFamily.PHARMACY: line("Medicines"), CareFamily.DENTAL: line("Crowns")},
)
OPTICS = CoverPackage("EYES", "Yeux", "Eyes", {CareFamily.OPTICS: line("Lenses")})


def asks(care: date | str, family: CareFamily = CareFamily.PHARMACY) -> Asked:
    care_date = date.fromisoformat(care) if isinstance(care, str) else care
    return Asked(bytes(16), Lane.CARD, Kind.CARD, bytes(16), None, care_date, family)


def record(
    insurer: int,
    *periods: tuple[str, str | None],
    priority: int = 1,
    package: CoverPackage | None = PACKAGE,
    feed: int = 1,
) -> OpenedRecord:
    return OpenedRecord(insurer, feed, package, Cover("BASE", list(periods), priority))


def right(asked: Asked, records: list[OpenedRecord]) -> Right | None:
    """Return the first payer's."""
    return next(iter(rights(asked, records)), None)


YEAR = ("2026-01-01", "2026-12-31")


@pytest.mark.parametrize(
    ("care", "covered"),
    [
        ("2025-12-31", False),
        ("2026-01-01", True),
        ("2026-06-15", True),
        ("2026-12-31", True),
        ("2027-01-01", False),
    ],
)
def test_both_ends_of_a_period_are_covered(care: str, covered: bool) -> None:
    assert (right(asks(care), [record(1, YEAR)]) is not None) == covered


def test_the_date_of_care_counts_and_not_today() -> None:
    found = right(asks("2019-05-01"), [record(1, ("2019-01-01", "2019-12-31"), YEAR)])
    assert found is not None
    assert found.valid_to == date(2019, 12, 31)


def test_a_period_without_end_covers_for_ever() -> None:
    found = right(asks("9999-12-31"), [record(1, ("2026-01-01", None))])
    assert found is not None
    assert found.valid_to is None


def test_a_gap_between_periods_is_not_covered() -> None:
    periods = ("2026-01-01", "2026-03-31"), ("2026-05-01", None)
    assert right(asks("2026-04-15"), [record(1, *periods)]) is None


def test_the_first_payer_answers() -> None:
    records = [record(1, YEAR, priority=2), record(2, YEAR, priority=1)]
    found = right(asks("2026-06-15"), records)
    assert found is not None
    assert found.insurer == 2


def test_the_second_payer_answers_where_the_first_covers_nothing() -> None:
    ended, eyes = record(1, ("2025-01-01", "2025-12-31")), record(2, YEAR, package=OPTICS)
    second = record(3, YEAR, priority=2)
    found = right(asks("2026-06-15"), [second, ended, eyes])
    assert found is not None
    assert found.insurer == 3


def test_every_insurer_that_covers_answers_the_first_payer_first() -> None:
    records = [record(1, YEAR, priority=2), record(2, YEAR), record(3, YEAR, package=OPTICS)]
    found = rights(asks("2026-06-15"), records, card=1)
    assert [(each.insurer, each.priority) for each in found] == [(2, 1), (1, 2)]


def test_a_card_whose_insurer_covers_other_care_still_speaks_for_its_bearer() -> None:
    records = [record(1, YEAR), record(2, YEAR, package=OPTICS)]
    assert [each.insurer for each in rights(asks("2026-06-15"), records, card=2)] == [1]


def test_a_card_whose_cover_has_ended_tells_of_no_other_insurer() -> None:
    old, new = record(1, ("2020-01-01", "2025-12-31")), record(2, ("2026-01-01", None))
    assert rights(asks("2026-06-15"), [old, new], card=1) == []
    left = record(1, ("2026-01-01", None), package=None, feed=2)
    assert rights(asks("2026-06-15"), [record(1, YEAR), left, new], card=1) == []
    assert [each.insurer for each in rights(asks("2026-06-15"), [old, new], card=2)] == [2]


def test_a_family_that_the_package_leaves_out_is_not_covered() -> None:
    assert right(asks("2026-06-15", CareFamily.HEARING), [record(1, YEAR)]) is None


def test_a_record_whose_package_is_not_there_covers_nothing() -> None:
    assert right(asks("2026-06-15"), [record(1, YEAR, package=None)]) is None


def test_the_latest_feed_that_has_begun_decides() -> None:
    full = record(1, ("2020-01-01", None), feed=1)
    change = record(1, ("2026-07-01", None), feed=2, package=OPTICS)
    assert right(asks("2026-07-01"), [change, full]) is None
    assert right(asks("2026-07-01", CareFamily.OPTICS), [change, full]) is not None
    before = right(asks("2026-06-30"), [change, full])
    assert before is not None
    assert (before.package, before.valid_to) == (PACKAGE, date(2026, 6, 30))


def test_who_left_is_not_covered_from_the_day_after_on() -> None:
    full = record(1, ("2020-01-01", None), feed=1)
    leave = record(1, ("2026-07-01", None), feed=2, package=None)
    assert right(asks("2026-06-30"), [full, leave]) is not None
    assert right(asks("2026-07-01"), [full, leave]) is None
    back = record(1, ("2026-09-01", "2026-12-31"), feed=3)
    assert right(asks("2026-08-31"), [full, leave, back]) is None
    assert right(asks("2026-09-01"), [full, leave, back]) is not None
    assert right(asks("2027-01-01"), [full, leave, back]) is None


def test_a_later_feed_overrules_what_an_earlier_one_said_of_days_to_come() -> None:
    full = record(1, ("2020-01-01", None), feed=1)
    announced = record(1, ("2026-07-01", None), feed=2, package=OPTICS)
    withdrawn = record(1, ("2020-01-01", None), feed=3)
    found = right(asks("2026-06-30"), [full, announced, withdrawn])
    assert found is not None
    assert found.valid_to is None


def test_nobody_on_file_is_covered_by_nothing() -> None:
    assert right(asks("2026-06-15"), []) is None


days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
spans = st.tuples(days, st.none() | days)


@given(
    days,
    st.sampled_from(CareFamily),
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.integers(1, 2),
            st.lists(spans, max_size=3),
            st.sampled_from([PACKAGE, OPTICS, None]),
        ),
        max_size=5,
        unique_by=lambda given_record: given_record[0],
    ),
)
def test_the_answer_is_all_that_apply_the_best_ranked_first(
    care: date,
    family: CareFamily,
    given_records: list[tuple[int, int, list[tuple[date, date | None]], CoverPackage | None]],
) -> None:
    records = [
        record(
            insurer,
            *((first.isoformat(), last.isoformat() if last else None) for first, last in periods),
            priority=priority,
            package=package,
        )
        for insurer, priority, periods, package in given_records
    ]
    applying = sorted(
        (priority, insurer)
        for insurer, priority, periods, package in given_records
        if package is not None and family in package.families
        if any(first <= care and (last is None or care <= last) for first, last in periods)
    )
    found = rights(asks(care, family), records)
    assert [(each.priority, each.insurer) for each in found] == applying


def test_an_answer_holds_the_asked_family_and_no_other() -> None:
    asked = asks("2026-06-15", CareFamily.DENTAL)
    found = right(asked, [record(1, YEAR)])
    assert found is not None
    told = msgspec.json.encode(family_cover(asked, found, "handle"))
    assert b"Crowns" in told
    assert b"Medicines" not in told
    assert b"BASE" not in told


def test_an_answer_holds_the_date_of_care_and_not_the_day_that_cover_began() -> None:
    born = ("2026-03-09", None)
    asked = asks("2026-06-15")
    found = right(asked, [record(1, born)])
    assert found is not None
    told = family_cover(asked, found, "handle")
    assert (told.valid_from, told.valid_to) == (date(2026, 6, 15), None)
    assert b"2026-03-09" not in msgspec.json.encode(told)


def test_the_three_answers_have_the_keys_that_scripts_rely_on() -> None:
    receipt = Receipt(7, "note")
    typed = Covered(Lane.TYPED, Insurer("75004407", "Mutuelle"), "ref", receipt)
    assert msgspec.json.decode(msgspec.json.encode(typed)) == {
        "outcome": "covered",
        "lane": "typed",
        "insurer": {"amc": "75004407", "name": "Mutuelle"},
        "reference": "ref",
        "receipt": {"position": 7, "checkpoint": "note"},
    }
    assert msgspec.json.decode(msgspec.json.encode(NotCovered(receipt))) == {
        "outcome": "not_covered",
        "lane": "card",
        "receipt": {"position": 7, "checkpoint": "note"},
    }
    assert msgspec.json.decode(REFUSED) == {"outcome": "refused"}
