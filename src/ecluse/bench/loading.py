"""Feeds brought into force by `ecluse feed load` itself, and looked for as a check would."""

from __future__ import annotations

import asyncio
import csv
import os
import resource
import sys
import time
from datetime import date
from typing import TYPE_CHECKING

import asyncpg

from ecluse.bench.workshop import BenchError
from ecluse.feeds import insurer_keys
from ecluse.feeds.prepare import Announcement, Source, prepare
from ecluse.feeds.seal import TABLES
from ecluse.ids.subject import person_identifier
from ecluse.keyring.client import GateKeyring, OfficerKeyring
from ecluse.keyring.messages import Asked
from ecluse.local import officer
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from pathlib import Path

    from ecluse.bench.memory import Peak
    from ecluse.local.installation import Installation

_AMC, _NAME = "99000001", "Mutuelle du banc d'essai"
_FOUND = """
SELECT count(*) FROM cover_record AS record JOIN feed USING (insurer, feed)
 WHERE record.idx = ANY($1::bytea[]) AND record.feed = $2 AND feed.state = 'in_force'
"""


class Loading:
    """One insurer's feeds, each of the same members, and deltas of the same changes between them.

    Args:
        installation: prepared, its keyring at work.
        folder: the insurer's own.
        full: a roster.
        delta: what changes in it.
        peak: looks at the loader's memory.
    """

    def __init__(
        self, installation: Installation, folder: Path, full: Source, delta: Source, peak: Peak
    ) -> None:
        self._installation = installation
        self._folder = folder
        self._full = full
        self._delta = delta
        self._peak = peak
        self._keys = insurer_keys.create(folder / "keys", amc=_AMC, name=_NAME)
        self._feed = 0
        #: The latest full feed's manifest.
        self.manifest = folder
        #: Seconds that each full feed took to prepare.
        self.preparing: list[float] = []
        #: Seconds of processor that the latest load's own process took.
        self.processor = 0.0

    async def introduce(self) -> None:
        """Have the operator take the insurer's feeds."""
        await officer.add_insurer(self._installation, self._keys.public)

    async def empty(self) -> None:
        """Forget every feed, as if none had ever been loaded."""
        connection = await self._installation.database.connect(Role.OWNER)
        try:
            await connection.execute(f"TRUNCATE {', '.join(TABLES)}, cover_package, feed")
        finally:
            await connection.close()

    async def settle(self) -> None:
        """Have PostgreSQL write what it still has to, so that nobody pays for what went before."""
        server = self._installation.database.server
        if server is None:
            raise BenchError("A bench runs on its own PostgreSQL.")
        connection = await asyncpg.connect(server.superuser_dsn(self._installation.database.name))
        try:
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()

    async def load(self, *, delta: bool = False) -> float:
        """Prepare the next feed, then load it; return the seconds from the start to a find.

        Args:
            delta: the changes alone, on what is in force.

        Raises:
            BenchError: it is not in force, or a check does not find its last member.
        """
        source = self._delta if delta else self._full
        manifest = await self._prepare(source, base=self._feed if delta else None)
        identifier = _last_member(source.roster)
        await self.settle()
        began = time.monotonic()
        await self._command("feed", "load", str(manifest), "--json")
        if await self._find(identifier) != 1:
            raise BenchError("A member of the feed that was loaded is not found.")
        return time.monotonic() - began

    async def _prepare(self, source: Source, base: int | None) -> Path:
        async with OfficerKeyring(self._installation.sockets) as officers:
            recipient = await officers.loader_recipient()
        self._feed += 1
        began = time.monotonic()
        prepared = await asyncio.to_thread(
            prepare,
            source,
            self._keys,
            Announcement(self._feed, date(2026, 1, 1), base=base),
            recipient=recipient,
            out=self._folder / "feeds",
        )
        if base is None:
            self.manifest = prepared.manifest
            self.preparing.append(time.monotonic() - began)
        return prepared.manifest

    async def _command(self, *arguments: str) -> None:
        before = _children()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ecluse", *arguments),
            env={**os.environ, "ECLUSE_HOME": str(self._installation.folder)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self._peak.also(process.pid)
        _, said = await process.communicate()
        self.processor = _children() - before
        if process.returncode:
            words = said.decode(errors="replace").strip().splitlines()
            raise BenchError("`ecluse feed load` failed.", hint=words[-1] if words else "")

    async def _find(self, identifier: bytes) -> int:
        async with GateKeyring(self._installation.sockets) as keyring:
            asked = Asked(os.urandom(16), "typed", os.urandom(16), os.urandom(16), identifier)
            (located,) = await keyring.locate([asked])
        connection = await self._installation.database.connect(Role.GATE)
        try:
            indexes = [index for _, index in located.candidates]
            found: int = await connection.fetchval(_FOUND, indexes, self._feed)
        finally:
            await connection.close()
        return found


def _children() -> float:
    """Return the seconds of processor that processes started here and ended took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _last_member(roster: Path) -> bytes:
    """Return the identifier of the roster's last member."""
    with roster.open("rb") as file:
        file.seek(-min(1024, roster.stat().st_size), os.SEEK_END)
        _, nir, birth_date, birth_rank, *_ = next(
            csv.reader([file.read().decode().splitlines()[-1]])
        )
    return person_identifier(nir[:13], birth_date, int(birth_rank))
