"""What the keyring tells the breach part: what an open incident in the ledger names, and no more."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from ecluse.errors import EcluseError
from ecluse.keyring.client import BreachKeyring
from ecluse.keyring.scope import ScopeLine, ScopePage
from ecluse.ledger.entry import (
    Check,
    Event,
    GateEnded,
    IncidentChanged,
    IncidentClosed,
    IncidentOpened,
    Lock,
    RunMark,
    ScopeTaken,
    Withheld,
    decode,
)
from keyring.lodge import check, sealed


if TYPE_CHECKING:
    from keyring.lodge import Doors, Lodge

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
THIEF, CLERK = b"a thief's number", b"a clerk's number"
RUN = RunMark(b"run1", 5)


def opened(**changes: object) -> IncidentOpened:
    facts = {"since": NOW - HOUR, "accounts": (THIEF,), **changes}
    return IncidentOpened(at=NOW, incident=1, cause="phishing", **facts)  # type: ignore[arg-type]


async def write(lodge: Lodge, doors: Doors, *events: Event) -> int:
    """Append events as whoever may; return the position of the first."""
    return await lodge.commit(*[await sealed(doors.gate, event) for event in events])


async def told(lodge: Lodge, statement: int, end: int) -> ScopePage:
    async with BreachKeyring(lodge.sockets) as breach:
        await breach.open_scope(statement)
        return await breach.scope(0, end)


def test_a_line_has_nothing_that_a_notice_does_not_need() -> None:
    told_of = {field.name for field in msgspec.structs.fields(ScopeLine)}
    secret = {"reference", "device", "check", "care_date", "kind", "structure", "policy", "reason"}
    assert secret < {field.name for field in msgspec.structs.fields(Check)}
    assert not told_of & secret


async def test_it_tells_of_the_named_in_the_window_and_of_nobody_else(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        named = check(b"p" * 16, account=THIEF, run=RUN.pack())
        others = [
            check(b"q" * 16, account=CLERK),
            check(b"r" * 16, account=THIEF, at=NOW - 2 * HOUR),
            check(b"s" * 16, account=THIEF, outcome="refused", opened=()),
        ]
        statement = await write(lodge, doors, opened(until=NOW + HOUR))
        first = await write(lodge, doors, named, *others)
        page = await told(lodge, statement, first + 4)
        (line,) = page.lines
        assert (line.position, line.subject, line.opened) == (first, named.subject, named.opened)
        assert (line.account, line.lane, line.family) == (THIEF, "typed", "pharmacy")
        assert (line.run, page.settled) == (RUN.name, {RUN.name: RUN.settled})


@pytest.mark.parametrize(
    "name", [{"organisations": (b"a pharmacy's id.",)}, {"devices": (bytes(32),)}]
)
async def test_an_organisation_or_a_device_may_be_named(
    lodge: Lodge, name: dict[str, tuple[bytes, ...]]
) -> None:
    async with lodge.running() as doors:
        statement = await write(lodge, doors, opened(accounts=(), **name))
        at = await write(
            lodge,
            doors,
            check(b"p" * 16, account=CLERK),
            check(b"q" * 16, account=CLERK, organisation=b"another pharmacy", device=b"d" * 32),
        )
        assert [line.position for line in (await told(lodge, statement, at + 2)).lines] == [at]


async def test_a_cleared_account_is_counted_and_not_told(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        place = (b"a pharmacy's id.",)
        await write(lodge, doors, opened(accounts=(), organisations=place))
        changed = IncidentChanged(
            at=NOW, incident=1, since=NOW - HOUR, organisations=place, cleared=(CLERK,)
        )
        statement = await write(lodge, doors, changed)
        at = await write(
            lodge, doors, check(b"p" * 16, account=THIEF), check(b"q" * 16, account=CLERK)
        )
        page = await told(lodge, statement, at + 2)
        assert ([line.position for line in page.lines], page.cleared) == ([at], 1)


async def test_withheld_answers_are_told_of_its_own_lines_alone(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        statement = await write(lodge, doors, opened())
        mine = await sealed(doors.gate, check(b"p" * 16, account=THIEF))
        other = await sealed(doors.gate, check(b"q" * 16, account=CLERK))
        at = await lodge.commit(mine, other)
        await write(
            lodge,
            doors,
            Withheld(at=NOW, entry=other.entry, reason="keyring"),
            Withheld(at=NOW, entry=mine.entry, reason="keyring"),
            GateEnded(at=NOW, run=RunMark(b"run2", 9).pack()),
        )
        page = await told(lodge, statement, at + 5)
        assert page.withheld == (mine.entry,)
        assert page.settled == {b"run2": 9}


async def test_what_was_done_about_the_named_is_told_and_about_others_not(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        statement = await write(lodge, doors, opened())
        at = await write(
            lodge,
            doors,
            Lock(at=NOW, account=THIEF, reason="watch"),
            Lock(at=NOW, account=CLERK, reason="left"),
        )
        acts = [
            (position, decode(event))
            for position, event in (await told(lodge, statement, at + 2)).acts
        ]
        assert [(position, type(event).__name__) for position, event in acts] == [
            (statement, "IncidentOpened"),
            (at, "Lock"),
        ]


async def test_nothing_is_told_without_an_open_incident_in_the_ledger(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        at = await write(lodge, doors, check(b"p" * 16, account=THIEF))
        # One that was sealed and never committed is none.
        await doors.officer.seal_entry(opened())
        async with BreachKeyring(lodge.sockets) as breach:
            with pytest.raises(EcluseError, match="No open incident"):
                await breach.scope(0, 10)
            for position in (at, at + 1, 99):
                with pytest.raises(EcluseError, match="No open incident"):
                    await breach.open_scope(position)
                with pytest.raises(EcluseError, match="No open incident"):
                    await breach.scope(0, 10)


async def test_nothing_is_told_of_a_closed_incident_not_even_after_a_restart(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        statement = await write(lodge, doors, opened())
        assert (await told(lodge, statement, 1)).next == 1
        closing = await doors.officer.seal_entry(IncidentClosed(at=NOW, incident=1))
        await lodge.commit(closing)
        with pytest.raises(EcluseError, match="No open incident"):
            await told(lodge, statement, 1)
    async with lodge.running():
        with pytest.raises(EcluseError, match="No open incident"):
            await told(lodge, statement, 1)


async def test_the_breach_part_cannot_say_that_there_is_an_incident(lodge: Lodge) -> None:
    async with lodge.running(), BreachKeyring(lodge.sockets) as breach:
        for event in (
            opened(),
            IncidentClosed(at=NOW, incident=1),
            Lock(at=NOW, account=THIEF, reason=""),
        ):
            with pytest.raises(EcluseError, match="does not allow that ledger entry"):
                await breach.seal_entry(event)
        taken = ScopeTaken(
            at=NOW, incident=1, statement=0, begin=0, end=1, root=bytes(32), sure=1, possible=0
        )
        assert (await breach.seal_entry(taken)).sealed


async def test_a_page_names_what_was_read_and_what_does_not_open(lodge: Lodge) -> None:
    async with lodge.running() as doors:
        statement = await write(lodge, doors, opened())
        good = await sealed(doors.gate, check(b"p" * 16, account=THIEF))
        foul = msgspec.structs.replace(good, entry=os.urandom(16))
        at = await lodge.commit(good, foul)
        page = await told(lodge, statement, at + 2)
        rows = await lodge.owner.fetch("SELECT commitment FROM ledger_entry ORDER BY position")
        whole = b"".join(row["commitment"] for row in rows[: at + 2])
        assert page.read == hashlib.sha256(whole).digest()
        assert (page.unread, page.next) == ((at + 1,), at + 2)
