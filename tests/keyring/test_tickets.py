"""Tickets: taken once, for seconds, and answered by nothing but the check they were made for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.keyring.tickets import Ticket, Tickets
from ecluse.keyring.wrap import Target
from keyring.lodge import PHARMACY, check


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD, NEW = Target(1, b"old index.......", bytes(32)), Target(2, b"new index.......", bytes(32))
TICKET = Ticket(
    "typed", PHARMACY, (OLD, NEW), None, bytes(16), since=10, not_before=NOW.timestamp()
)
CHECK = check(NEW.idx, at=NOW)


@pytest.mark.parametrize("target", [OLD, NEW])
def test_any_live_epochs_target_may_be_the_one_found(target: Target) -> None:
    event = msgspec.structs.replace(CHECK, subject=target.idx)
    assert TICKET.answered_by(event, 10) == target


@pytest.mark.parametrize(("position", "answered"), [(0, False), (9, False), (10, True), (11, True)])
def test_an_entry_that_was_there_before_answers_nothing(position: int, answered: bool) -> None:
    assert (TICKET.answered_by(CHECK, position) is not None) == answered


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": bytes(16)},
        {"outcome": "refused"},
        {"lane": "card"},
        {"organisation": bytes(16)},
        {"at": datetime(2026, 11, 23, 11, 59, 59, tzinfo=UTC)},
        {"opened": ((1, 1), (65_536, 1))},
        {"opened": ((1, -1),)},
    ],
    ids=str,
)
def test_another_check_answers_nothing(changes: dict[str, Any]) -> None:
    assert TICKET.answered_by(msgspec.structs.replace(CHECK, **changes), 10) is None


@pytest.mark.parametrize(
    ("insurer", "opened", "answered"),
    [
        (None, ((1, 1), (2, 5)), True),
        (1, ((1, 1),), True),
        (1, ((1, 1), (2, 1)), False),
        (0, ((0, 1),), True),
        (0, ((1, 1),), False),
        (1, (), True),
    ],
)
def test_a_reference_opens_the_records_of_its_cards_insurer_only(
    insurer: int | None, opened: tuple[tuple[int, int], ...], answered: bool
) -> None:
    ticket = TICKET._replace(insurer=insurer)
    event = msgspec.structs.replace(CHECK, opened=opened)
    assert (ticket.answered_by(event, 10) is not None) == answered


def test_a_ticket_is_taken_once() -> None:
    tickets = Tickets()
    tickets.put(b"entry", TICKET, 0.0)
    assert tickets.take(b"other", 1.0) is None
    assert tickets.take(b"entry", 1.0) == TICKET
    assert tickets.take(b"entry", 1.0) is None


def test_a_ticket_made_anew_does_not_keep_older_ones_alive() -> None:
    tickets = Tickets(lifetime=10.0)
    tickets.put(b"again", TICKET, 0.0)
    tickets.put(b"once", TICKET, 4.0)
    tickets.put(b"again", TICKET, 8.0)
    assert tickets.take(b"once", 15.0) is None
    assert tickets.take(b"again", 15.0) == TICKET


def test_the_oldest_go_when_there_are_too_many() -> None:
    tickets = Tickets(most=2)
    for number in range(3):
        tickets.put(bytes([number]), TICKET, 0.0)
    assert tickets.take(b"\0", 0.0) is None
    assert tickets.take(b"\1", 0.0) == TICKET
    assert tickets.take(b"\2", 0.0) == TICKET


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from([b"a", b"b", b"c"]),
            st.sampled_from([0.0, 1.0, 4.0, 10.0]),
        ),
        max_size=30,
    )
)
def test_no_ticket_outlives_its_seconds(steps: list[tuple[bool, bytes, float]]) -> None:
    tickets, now, put = Tickets(lifetime=10.0), 0.0, dict[bytes, float]()
    for puts, entry, wait in steps:
        now += wait
        if puts:
            tickets.put(entry, TICKET, now)
            put[entry] = now
        else:
            alive = entry in put and put[entry] > now - 10.0
            assert (tickets.take(entry, now) is not None) == alive
            put.pop(entry, None)
