"""Prices: acts through the pure rules, and a bill of ten lines over HTTP beside a check.

One counter, one request at a time, in alternating rounds of one run. Both are signed by the asker,
and both are counted with that.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from ecluse.bench.rounds import alternate
from ecluse.bench.workshop import BenchError
from ecluse.client.exchange import claim_body
from ecluse.client.replies import Covered
from ecluse.cover.act import Act, ActKind, Bill
from ecluse.cover.family import CareFamily
from ecluse.cover.price import price
from ecluse.population.packages import packages


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ecluse.cover.package import CoverPackage
    from ecluse.demo.town import Town
    from ecluse.siege.scene import Clerk, Member


LINES = 10
#: Requests of each kind in a round.
_REQUESTS = 150
_KINDS = (
    ActKind.MEDICINE_MAJOR,
    ActKind.MEDICINE_MODERATE,
    ActKind.MEDICINE_LOW,
    ActKind.MEDICINE_IRREPLACEABLE,
)


def bill(number: int = 0) -> Bill:
    """Return a pharmacy's bill of ten lines, each number's with prices of its own."""
    acts = tuple(
        Act(_KINDS[line % len(_KINDS)], amount, amount)
        for line in range(LINES)
        for amount in (Decimal(500 + 100 * line + number) / 100,)
    )
    return Bill(datetime.now(UTC).date(), acts)


def two_payers() -> list[CoverPackage]:
    """Return two invented packages that pay at a pharmacy, always the same ones."""
    made = packages(np.random.default_rng(1))
    return [each for each in made if each.covers(CareFamily.PHARMACY)][:2]


def acts_per_s(seconds: float) -> float:
    """Return acts priced a second by one processor, under two payers."""
    bills, payers = [bill(number) for number in range(50)], two_payers()
    done, began = 0, time.process_time()
    while time.process_time() - began < seconds:
        for each in bills:
            price(each, payers)
        done += len(bills) * LINES
    return done / (time.process_time() - began)


async def measure(
    town: Town, *, seconds: float, rounds: int, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Measure on a running operator; return the keys of `ecluse bench price --json`."""
    async with town.scene() as scene:
        clerk = await scene.hire()
        members = [each for each in scene.members if CareFamily.PHARMACY in each.families]
        counter = _Counter(clerk, members)
        await counter.check(0)

        async def rules(_: int) -> float:
            return acts_per_s(seconds)

        figures = await alternate(
            {
                "acts": rules,
                "check": counter.check,
                "price": counter.price,
                "claim": counter.claim,
            },
            rounds,
            lambda name, number: progress(f"Round {number + 1} of {rounds}: {name}"),
        )
    return {
        "acts_per_s_per_core": round(figures.median("acts")),
        "lines": LINES,
        # Rates were measured; a ratio of times is the other way round.
        "ratio_to_check": round(figures.ratio("check", "price"), 3),
        "claim_ratio_to_check": round(figures.ratio("check", "claim"), 3),
        "spread": round(figures.spread("check", "price"), 3),
        **{
            f"{name}_ms": round(1000 / figures.median(name), 2)
            for name in ("check", "price", "claim")
        },
        "rounds": rounds,
        "requests": _REQUESTS,
        "by_round": figures.taken,
    }


class _Counter:
    """One counter that asks, prices and claims."""

    def __init__(self, clerk: Clerk, members: list[Member]) -> None:
        self._clerk = clerk
        self._members = members
        self._answers: list[Covered] = []
        self._claims = 0

    async def check(self, _: int) -> float:
        self._answers.clear()
        return await self._timed(self._check)

    async def price(self, _: int) -> float:
        return await self._timed(self._price)

    async def claim(self, _: int) -> float:
        return await self._timed(self._claim)

    async def _timed(self, ask: Callable[[int], Awaitable[None]]) -> float:
        """Return requests a second, from the median of their times."""
        times = []
        for number in range(_REQUESTS):
            began = time.perf_counter()
            await ask(number)
            times.append(time.perf_counter() - began)
        return 1 / median(times)

    async def _check(self, number: int) -> None:
        member = self._members[number % len(self._members)]
        reply = await self._clerk.gate.check_card(
            member.card, care_date=datetime.now(UTC).date(), family=CareFamily.PHARMACY
        )
        if not isinstance(reply, Covered):
            raise BenchError("A check was not answered `covered`.")
        self._answers.append(reply)

    async def _price(self, number: int) -> None:
        await self._clerk.gate.price(bill(number), self._answers[number % len(self._answers)])

    async def _claim(self, number: int) -> None:
        self._claims += 1
        answer = self._answers[number % len(self._answers)]
        (told,) = await self._clerk.gate.claim(claim_body(answer.reference, bill(self._claims)))
        if told.outcome != "accepted":
            raise BenchError(f"A claim was not accepted: {told.reason}.")
