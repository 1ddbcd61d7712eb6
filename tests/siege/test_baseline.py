from __future__ import annotations

import asyncio

import httpx2

from ecluse.siege.baseline.portal import Portal
from ecluse.siege.baseline.scrape import scrape
from ecluse.siege.serving import served


def test_one_password_reads_page_after_page_and_nothing_stops_it() -> None:
    run = asyncio.run(scrape(members=33_000_000, days=1, seconds=0.5, seed=1))
    assert run.persons_read > 20
    assert run.persons == min(run.members, int(run.persons_read / run.seconds * 86_400)) or (
        abs(run.persons - run.pages_per_s * 86_400) < 0.02 * run.persons
    )
    assert run.bound == run.members
    assert set(run.fields) >= {"nir", "birth_date", "civil_status", "insurer", "cover"}


def test_without_its_password_the_baseline_shows_nobody() -> None:
    async def try_it() -> tuple[int, int]:
        portal = Portal(1000, 1)
        async with (
            served(portal.application) as origin,
            httpx2.AsyncClient(base_url=origin, trust_env=False) as http,
        ):
            wrong = await http.post("/login", data={"user": "officine", "password": "no"})
            page = await http.get("/members/1")
        return wrong.status_code, page.status_code

    assert asyncio.run(try_it()) == (401, 303)
