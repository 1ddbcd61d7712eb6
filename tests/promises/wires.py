"""One connection to a server, byte by byte: what came back, and when the kernel had it."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import TYPE_CHECKING, NamedTuple

import httpx2


if TYPE_CHECKING:
    from collections.abc import Iterable


#: socket(7): the kernel's own clock at a segment's arrival, as ancillary data; a timespec.
_TIMESTAMPS = 35
_TIMESPEC = struct.Struct("@qq")
_CARRIED = frozenset({"content-type", "content-digest", "signature", "signature-input"})


class Reply(NamedTuple):
    """A reply as it came over the wire."""

    #: Status line, then header lines, without line ends.
    head: tuple[bytes, ...]
    body: bytes
    #: Nanoseconds from before the request was sent to the arrival of the first byte.
    took: int

    @property
    def raw(self) -> tuple[tuple[bytes, ...], bytes]:
        """All of it but the time: head without `Date`, and body."""
        return tuple(line for line in self.head if not line.lower().startswith(b"date:")), self.body


class Wire(httpx2.AsyncBaseTransport):
    """A transport over one kept connection to `port` on this machine.

    Whatever else runs here delays this process, not the kernel's clock: the times it keeps are
    those of somebody who listens right beside the server.
    """

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self.replies: list[Reply] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, keep its reply."""
        body = await request.aread()
        head = [f"{request.method} {request.url.raw_path.decode()} HTTP/1.1", "host: localhost"]
        head += [f"{name}: {value}" for name, value in _carried(request.headers.items())]
        sent = "\r\n".join([*head, f"content-length: {len(body)}", "", ""]).encode() + body
        began = time.time_ns()
        await asyncio.get_running_loop().sock_sendall(self._socket, sent)
        reply = await self._read(began)
        self.replies.append(reply)
        return httpx2.Response(int(reply.head[0].split()[1]), content=reply.body)

    async def _read(self, began: int) -> Reply:
        text, arrived = await self._receive()
        while b"\r\n\r\n" not in text:
            text += (await self._receive())[0]
        top, _, body = text.partition(b"\r\n\r\n")
        head = tuple(top.split(b"\r\n"))
        length = next(
            int(line.partition(b":")[2])
            for line in head
            if line.lower().startswith(b"content-length:")
        )
        while len(body) < length:
            body += (await self._receive())[0]
        return Reply(head, body, arrived - began)

    async def _receive(self) -> tuple[bytes, int]:
        loop = asyncio.get_running_loop()
        readable: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._socket, _resolve, readable)
        try:
            await readable
        finally:
            loop.remove_reader(self._socket)
        text, ancillary, _, _ = self._socket.recvmsg(65536, 256)
        if not text:
            raise httpx2.ReadError("the server closed the connection")
        seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2])
        return text, seconds * 10**9 + nanoseconds

    async def aclose(self) -> None:
        """Close the connection."""
        self._socket.close()


def _carried(headers: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in headers if name.lower() in _CARRIED)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
