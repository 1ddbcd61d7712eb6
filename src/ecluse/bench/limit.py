"""The limit that checks are measured against: pgbench with the frozen script, on the same server."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from ecluse.bench.generator import percentile
from ecluse.bench.workshop import BenchError
from ecluse.store.binaries import locate
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecluse.store.database import Database


CLIENTS = 16
_HERE = Path(__file__).parent
_ROWS = {
    "members": "SELECT LEAST((SELECT count(*) FROM cover_record), (SELECT count(*) FROM card_pointer))",
    "accounts": "SELECT count(*) FROM account",
    "organisations": "SELECT count(*) FROM organisation",
}
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


class Paced(NamedTuple):
    """Latencies of a paced run, counted from when a transaction was due."""

    p50_ms: float
    p99_ms: float


class Limit:
    """Pgbench with its own copy of the tables."""

    def __init__(self, database: Database, program: Path, rows: Mapping[str, int]) -> None:
        self._database = database
        self._program = program
        self._rows = rows
        self._runs = 0

    @classmethod
    async def make(cls, database: Database) -> Limit:
        """Copy the tables, as they are, for pgbench to work on."""
        owner = await database.connect(Role.OWNER)
        try:
            await owner.execute((_HERE / "check_tables.sql").read_text("utf-8"))
            rows = {name: int(await owner.fetchval(sql)) for name, sql in _ROWS.items()}
            await owner.execute("VACUUM ANALYZE")
        finally:
            await owner.close()
        return cls(database, locate().program("pgbench"), rows)

    async def run(self, seconds: float) -> float:
        """Return transactions a second, as many as there can be."""
        told = _TPS.search(await self._pgbench(seconds))
        if told is None:
            raise BenchError("pgbench did not tell how many transactions it made.")
        return float(told[1])

    async def pace(self, seconds: float, rate: float) -> Paced:
        """Return the latencies at `rate` transactions a second."""
        with tempfile.TemporaryDirectory(prefix="ecluse-pgbench-") as folder:
            await self._pgbench(seconds, f"--rate={rate}", "-l", f"--log-prefix={folder}/log")
            times = sorted(_milliseconds(Path(folder)))
        return Paced(percentile(times, 50), percentile(times, 99))

    async def _pgbench(self, seconds: float, *more: str) -> str:
        self._runs += 1
        given = {**self._rows, "n": self._runs * 100_000_000}
        process = await asyncio.create_subprocess_exec(
            *(self._program, "--no-vacuum", "--protocol=prepared", f"--client={CLIENTS}"),
            *(f"--time={max(1, round(seconds))}", f"--file={_HERE / 'check.sql'}", *more),
            *(f"--define={name}={value}" for name, value in given.items()),
            env=os.environ | {"PGOPTIONS": "-c search_path=pgbench_check"} | self._where(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, complaints = await process.communicate()
        if process.returncode != 0:
            words = complaints.decode(errors="replace").strip().splitlines()
            raise BenchError("pgbench failed.", hint=words[-1] if words else "It said nothing.")
        return printed.decode()

    def _where(self) -> dict[str, str]:
        """Return the owner's address as libpq's environment: no password stands in an argument."""
        parts = urlsplit(self._database.dsn(Role.OWNER))
        options = dict(parse_qsl(parts.query))
        return {
            "PGHOST": options["host"],
            "PGPORT": options["port"],
            "PGUSER": parts.username or "",
            "PGPASSWORD": parts.password or "",
            "PGDATABASE": parts.path.strip("/"),
        }


def _milliseconds(folder: Path) -> Iterator[float]:
    """Yield each transaction's time since it was due: the third field of pgbench's log."""
    for log in folder.iterdir():
        for line in log.read_text("ascii").splitlines():
            yield int(line.split()[2]) / 1000
