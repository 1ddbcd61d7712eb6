"""Insurers and their cover packages: small, about nobody in particular, kept in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ecluse.cover.package import CoverPackage
from ecluse.gate.answer import Insurer


if TYPE_CHECKING:
    import asyncpg


class Catalogue:
    """What the gate has read of insurers and packages; a feed's packages never change."""

    def __init__(self) -> None:
        self._insurers: dict[int, Insurer] = {}
        self._packages: dict[tuple[int, int], dict[str, CoverPackage]] = {}
        self._decoder = msgspec.json.Decoder(CoverPackage)

    async def insurers(self, pool: asyncpg.Pool[Any]) -> dict[str, int]:
        """Read the insurers; return their numbers by AMC number."""
        rows = await pool.fetch("SELECT insurer, amc, name FROM insurer")
        self._insurers = {row["insurer"]: Insurer(row["amc"], row["name"]) for row in rows}
        return {row["amc"]: row["insurer"] for row in rows}

    async def insurer(self, pool: asyncpg.Pool[Any], number: int) -> Insurer:
        """Return one insurer, reading again when it is new."""
        if number not in self._insurers:
            await self.insurers(pool)
        return self._insurers[number]

    async def package(
        self, pool: asyncpg.Pool[Any], insurer: int, feed: int, code: str
    ) -> CoverPackage | None:
        """Return a package of a feed, reading that feed's packages when they are new."""
        if (insurer, feed) not in self._packages:
            rows = await pool.fetch(
                "SELECT code, content FROM cover_package WHERE insurer = $1 AND feed = $2",
                insurer,
                feed,
            )
            self._packages[insurer, feed] = {
                row["code"]: self._decoder.decode(row["content"]) for row in rows
            }
        return self._packages[insurer, feed].get(code)
