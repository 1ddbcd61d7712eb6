"""The theft of 2024: one phished password, and then page after page."""

from __future__ import annotations

import asyncio
import re
import time
from itertools import count
from typing import TYPE_CHECKING

import httpx2
import msgspec

from ecluse.errors import EcluseError
from ecluse.siege.baseline.portal import Portal
from ecluse.siege.serving import served


if TYPE_CHECKING:
    from collections.abc import Iterator


NAME = "portal_2024"
HOLDS = "one password, phished"
MOVES = "opens the page of one member after the other"
#: Members of the portal that is really scraped; more than a try reads.
_MEMBERS = 50_000
_CONNECTIONS = 8
_DAY = 86_400
_FIELDS = ("insurer", "nir", "birth_date", "civil_status", "cover")
_SHOWN = re.compile(r'<dd id="(\w+)">([^<\n]+)')


class Run(msgspec.Struct, frozen=True):
    """What one run came to: what was read, and what that gives in the same time as the others."""

    strategy: str
    seed: int
    accounts: int
    days: int
    members: int
    #: Nothing holds it back but the file's end.
    bound: int
    #: At the measured rate, in `days` days.
    persons: int
    fields: tuple[str, ...]
    #: Really read, in so many seconds; the thief and the portal shared one core.
    persons_read: int
    seconds: float
    pages_per_s: float
    #: At that rate.
    hours_for_all: float
    first_alarm_checks: None
    first_alarm_s: None
    contained_s: None
    command: str


async def scrape(members: int, days: int, seconds: float, seed: int) -> Run:
    """Rob the portal for so many seconds; say what that comes to on `members` and `days`.

    Raises:
        EcluseError: It does not open, or shows something else than it should.
    """
    portal = Portal(_MEMBERS, seed)
    seen: set[str] = set()
    async with (
        served(portal.application) as origin,
        httpx2.AsyncClient(base_url=origin, trust_env=False, timeout=30) as http,
    ):
        phished = {"user": "officine", "password": portal.password}
        opened = await http.post("/login", data=phished)
        if opened.status_code != httpx2.codes.SEE_OTHER:
            raise EcluseError("The baseline's portal does not open with its password.")
        numbers, began = iter(count(1)), time.monotonic()
        until = began + seconds
        readers = [_read(http, numbers, until, seen) for _ in range(_CONNECTIONS)]
        await asyncio.gather(*readers)
        took = time.monotonic() - began
    rate = len(seen) / took
    return Run(
        strategy=NAME,
        seed=seed,
        accounts=1,
        days=days,
        members=members,
        bound=members,
        persons=min(members, int(rate * days * _DAY)),
        fields=_FIELDS,
        persons_read=len(seen),
        seconds=round(took, 2),
        pages_per_s=round(rate, 1),
        hours_for_all=round(members / rate / 3600, 1),
        first_alarm_checks=None,
        first_alarm_s=None,
        contained_s=None,
        command=f"ecluse siege --strategy {NAME} --days {days} --members {members}"
        f" --seed {seed} --json",
    )


async def _read(
    http: httpx2.AsyncClient, numbers: Iterator[int], until: float, seen: set[str]
) -> None:
    while time.monotonic() < until:
        answer = await http.get(f"/members/{next(numbers)}")
        if answer.status_code == httpx2.codes.NOT_FOUND:
            return
        told = dict(_SHOWN.findall(answer.text))
        if tuple(told) != _FIELDS:
            raise EcluseError("The baseline's portal shows another page than a member's.")
        seen.add(f"{told['nir']} {told['birth_date']}")
