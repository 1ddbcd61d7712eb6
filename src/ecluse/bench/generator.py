"""The load generator: a process of its own that sends requests made beforehand, and little else.

`python -m ecluse.bench.generator` reads an `Order` (msgpack) from standard input and writes a `Told`
to standard output. It signs nothing and parses next to nothing, so that what it takes of the two
cores is small; it says how much.

Closed loop: each connection sends its next request when the answer to the last one is there. Paced:
request i is due at i / rate whatever came before, waits if no connection is free, and its time is
counted from when it was due: what a slow server holds up is not left out (coordinated omission).
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, cast

import msgspec
import uvloop


if TYPE_CHECKING:
    from collections.abc import Iterator

#: What stands in every answer to a check of a covered member.
COVERED = b'"outcome":"covered"'


class Order(msgspec.Struct):
    """What to send where, for how long."""

    port: int
    connections: int
    seconds: float
    #: Whole HTTP/1.1 requests, each sent once at most.
    requests: list[bytes]
    #: Requests a second; None sends as fast as answers come.
    rate: float | None = None


class Told(msgspec.Struct):
    """What came of it."""

    #: Answers within the time that said covered, and those that said anything else.
    covered: int
    others: int
    #: Seconds from the first request to the last answer counted.
    seconds: float
    p50_ms: float
    p99_ms: float
    #: Seconds of processor time that the generator itself took.
    processor: float
    #: The first answer that said something else.
    other: str = ""


class _Run:
    """One order being carried out."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.began = time.perf_counter()
        self.ends = self.began + order.seconds
        self.last = self.began
        self.times: list[float] = []
        self.covered = 0
        self.others: list[bytes] = []
        self.done = asyncio.get_running_loop().create_future()
        self._requests: Iterator[bytes] = iter(order.requests)
        self._due: deque[float] = deque()
        self._free: list[_Connection] = []
        self._busy = 0
        self._numbers = 0

    def start(self, connections: list[_Connection]) -> None:
        self._free = connections
        if self.order.rate is None:
            while self._free:
                self._send(self.began)
        else:
            self._pace(self.order.rate)

    def answered(self, connection: _Connection, answer: bytes) -> None:
        self.last = now = time.perf_counter()
        self.times.append(now - connection.due)
        if COVERED in answer:
            self.covered += 1
        else:
            self.others.append(answer)
        self._busy -= 1
        self._free.append(connection)
        if self._due:
            self._send(self._due.popleft())
        elif self.order.rate is None and now < self.ends:
            self._send(now)
        self._finish_if_over(now)

    def _send(self, due: float) -> None:
        request = next(self._requests, None)
        connection = self._free.pop()
        if request is None:
            self.ends = min(self.ends, self.last)
            return
        self._busy += 1
        connection.send(request, due)

    def _pace(self, rate: float) -> None:
        """Send what is due by now, and come back within a millisecond or two."""
        now = time.perf_counter()
        while (due := self.began + self._numbers / rate) <= now and due < self.ends:
            self._numbers += 1
            if self._free:
                self._send(due)
            else:
                self._due.append(due)
        if now < self.ends:
            asyncio.get_running_loop().call_later(0.001, self._pace, rate)
        else:
            self._finish_if_over(now)

    def _finish_if_over(self, now: float) -> None:
        if now >= self.ends and not self._busy and not self._due and not self.done.done():
            self.done.set_result(None)


class _Connection(asyncio.Protocol):
    """One kept-alive connection with at most one request on it."""

    def __init__(self) -> None:
        self.due = 0.0
        self.run: _Run | None = None
        self._transport: asyncio.Transport | None = None
        self._read = b""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's in everything but their class.
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, due: float) -> None:
        self.due = due
        if self._transport is not None:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head = self._read.find(b"\r\n\r\n")
        if head < 0 or self.run is None:
            return
        length = self._read.find(b"content-length: ", 0, head) + 16
        size = int(self._read[length : self._read.index(b"\r\n", length)])
        if len(self._read) >= head + 4 + size:
            answer, self._read = self._read, b""
            self.run.answered(self, answer)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        self.closed.set_result(None)
        if self.run is not None and not self.run.done.done():
            self.run.done.set_exception(ConnectionError("the gate closed a connection"))


async def carry_out(order: Order) -> Told:
    """Carry out one order."""
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(_Connection, "127.0.0.1", order.port))[1]
        for _ in range(order.connections)
    ]
    run = _Run(order)
    for connection in connections:
        connection.run = run
    run.start(list(connections))
    await run.done
    for connection in connections:
        connection.close()
    await asyncio.gather(*(connection.closed for connection in connections))
    times = sorted(run.times)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Told(
        run.covered,
        len(run.others),
        run.last - run.began,
        1000 * percentile(times, 50),
        1000 * percentile(times, 99),
        used.ru_utime + used.ru_stime,
        run.others[0].decode(errors="replace") if run.others else "",
    )


def percentile(ordered: list[float], part: int) -> float:
    """Return the value that `part` percent of the ordered values do not exceed (nearest rank)."""
    return ordered[max(0, -(-len(ordered) * part // 100) - 1)]


def main() -> None:
    """Carry out the order on standard input."""
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)
    before = resource.getrusage(resource.RUSAGE_SELF)
    told = uvloop.run(carry_out(order))
    told.processor -= before.ru_utime + before.ru_stime
    sys.stdout.buffer.write(msgspec.msgpack.encode(told))


if __name__ == "__main__":
    main()
