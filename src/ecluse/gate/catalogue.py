"""Insurers and their cover packages: small, about nobody in particular, kept in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from ecluse.cover.package import CoverPackage
from ecluse.errors import EcluseError
from ecluse.gate.answer import Insurer
from ecluse.login import base64url


if TYPE_CHECKING:
    import asyncpg

    from ecluse.cover.family import CareFamily
    from ecluse.gate.tokens import Tokens


#: Of an insurer, the latest text of each of its packages.
_CURRENT = """
SELECT DISTINCT ON (code) insurer, code, content
  FROM cover_package JOIN feed USING (insurer, feed) JOIN insurer USING (insurer)
 WHERE amc = $1 AND feed.state = 'in_force' ORDER BY code, feed DESC
"""


class NoPackageError(EcluseError):
    """A handle stands for no package of this insurer (HTTP 404)."""


class Catalogue:
    """What the gate has read of insurers and packages; a feed's packages never change."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
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

    def handle(self, insurer: int, package: CoverPackage, family: CareFamily) -> str:
        """Return what stands in an answer for what it told of a package: 16 bytes, base64url."""
        return base64url.encode(self._tokens.package(insurer, package.code, family))

    async def told(self, pool: asyncpg.Pool[Any], amc: str, handle: str) -> CoverPackage:
        """Return what an answer with this handle told of a package, as it stands now: one family.

        Raises:
            NoPackageError: None did for this insurer, or the package is no more.
        """
        for row in await pool.fetch(_CURRENT, amc):
            package = self._decoder.decode(row["content"])
            for family, lines in package.families.items():
                if self.handle(row["insurer"], package, family) == handle:
                    return replace(package, families={family: lines})
        raise NoPackageError(
            "No answer told of this package.", hint="Check the card again, then its price."
        )
