"""Pages as the keyring tells them, and cases to make documents of."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from ecluse.breach.dossier import Case, Change
from ecluse.breach.figures import figures
from ecluse.breach.incident import Cause
from ecluse.breach.scope import Certainty, Told
from ecluse.breach.timeline import Moment
from ecluse.keyring.scope import ScopeLine, ScopePage


AT = datetime(2026, 11, 25, 8, tzinfo=UTC)
PLACE = b"a pharmacy's id."
RUN = b"run1"


def line(
    position: int,
    *,
    subject: bytes = b"",
    lane: str = "typed",
    opened: tuple[tuple[int, int], ...] = ((1, 1),),
    run: bytes = RUN,
) -> ScopeLine:
    return ScopeLine(
        position,
        position.to_bytes(16),
        AT + timedelta(seconds=position),
        b"an account's id.",
        PLACE,
        lane,
        "pharmacy",
        subject or hashlib.sha256(position.to_bytes(8)).digest()[:16],
        opened,
        run,
    )


def page(
    *lines: ScopeLine, withheld: tuple[bytes, ...] = (), settled: dict[bytes, int] | None = None
) -> ScopePage:
    return ScopePage(0, b"", (), lines, withheld, settled or {}, (), 0)


def told(
    count: int, *, lanes: tuple[str, ...] = ("card", "typed"), possible: int = 0
) -> list[Told]:
    """Return answers about `count` persons, the first `possible` of them not surely given."""
    return [
        Told(
            number,
            AT + timedelta(minutes=number),
            b"an account's id.",
            PLACE,
            lanes[number % len(lanes)],
            ("pharmacy", "optics", "dental")[number % 3],
            number.to_bytes(16),
            1,
            Certainty.POSSIBLE if number < possible else Certainty.SURE,
            shared=False,
        )
        for number in range(count)
    ]


def case(answers: list[Told], *, change: Change | None = None, closed: bool = True) -> Case:
    return Case(
        incident=7,
        version=1 if change is None else change.version + 1,
        built=AT,
        amc="99001234",
        insurer="Mutuelle des Écluses",
        cause=Cause.MALWARE,
        discovered=AT,
        by_alarm=True,
        since=AT,
        until=None,
        figures=figures(answers, {PLACE: "21"}),
        withheld=41,
        cleared=43,
        begin=1009,
        end=123_457,
        root=bytes(range(32)),
        unread=0,
        moments=(Moment(AT, 1010, "contained", {"measure": "lock"}),),
        closed=closed,
        change=change,
    )
