from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from ecluse.bench import limit
from ecluse.bench.generator import COVERED, Order, carry_out, percentile
from ecluse.cli import app


if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.mark.quiet
def test_a_small_bench_answers_checks_and_returns_what_scripts_rely_on() -> None:
    done = CliRunner().invoke(
        app,
        ["bench", "check", "--members", "2000", "--seconds", "1", "--rounds", "1", "--json"],
    )
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["checks_per_s"] > 0
    assert facts["pgbench_per_s"] > 0
    assert facts["ratio_to_pgbench"] > 0
    assert 0 < facts["p50_ms"] <= facts["p99_ms"]
    assert 0 < facts["p50_ms_half_load"] <= facts["p99_ms_half_load"]
    assert facts["pgbench_p99_ms_half_load"] > 0
    assert facts["peak_rss_mb"] > 0
    assert facts["database_rss_mb"] > 0
    assert facts["machine"]["processors"] > 0
    assert set(facts["processor_us_per_check"]) == {"gate", "keyring", "ledger", "postgresql"}


def test_a_paced_run_counts_from_when_a_request_was_due() -> None:
    """A server that holds one request up: those that wait behind it count as slow."""

    async def play() -> float:
        async with _server(b"{" + COVERED + b"}", stall=0.9) as port:
            order = Order(port, 1, 1.0, [b"GET / HTTP/1.1\r\n\r\n"] * 200, rate=100)
            told = await carry_out(order)
        assert told.covered == 100
        return told.p50_ms

    assert asyncio.run(play()) > 100


def test_an_answer_that_says_anything_else_is_not_counted_as_covered() -> None:
    async def play() -> tuple[int, int]:
        async with _server(b'{"outcome":"refused"}') as port:
            told = await carry_out(Order(port, 2, 5.0, [b"GET / HTTP/1.1\r\n\r\n"] * 7))
        return told.covered, told.others

    assert asyncio.run(play()) == (0, 7)


@asynccontextmanager
async def _server(body: bytes, stall: float = 0) -> AsyncIterator[int]:
    """A server that says the same to everybody, after `stall` seconds for the first request."""
    head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n".encode()

    handlers = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(stall)
            writer.write(head + body)
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(head + body)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await asyncio.gather(*(task for task in handlers if task))


@pytest.mark.parametrize(
    ("part", "value"), [(50, 5.0), (99, 10.0), (10, 1.0), (11, 2.0), (100, 10.0)]
)
def test_percentiles_are_values_that_were_measured(part: int, value: float) -> None:
    assert percentile([float(number) for number in range(1, 11)], part) == value


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("check.sql", "4afb03c61081b917d3d7b0327de473f51fabb688ffcf520a0f5f7b43b06130d2"),
        ("check_tables.sql", "5e0956443d2c3dc3811292ba0d4bc9eef9dbd7e59fd9b6cf7a0407655147ad96"),
    ],
)
def test_the_script_of_the_limit_is_the_one_that_was_frozen(name: str, digest: str) -> None:
    """A change makes figures incomparable with those before it."""
    script = Path(limit.__file__).with_name(name)
    assert hashlib.sha256(script.read_bytes()).hexdigest() == digest
