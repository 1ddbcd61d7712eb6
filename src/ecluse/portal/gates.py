"""The gates behind a pipe: which of them a request is carried to, and which one next.

One device's requests go to one gate as long as it lives: that gate remembers its last answers, so a
lost one can be fetched again. A gate that failed is left alone for a moment.
"""

from __future__ import annotations

import hashlib
import re
import time
from typing import TYPE_CHECKING

import httpx2

from ecluse.portal.origin import checked_origin


if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


CONNECTIONS = httpx2.Limits(max_connections=256, max_keepalive_connections=64)
#: Seconds for which a gate that failed comes last.
RESTING = 2.0

#: Nothing of the request went out: the gate is not there.
NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout)
#: The gate may have read the request and went away before any byte of an answer.
DIED = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)

_KEYID = re.compile(rb';keyid="([^"]*)"')


class Upstream:
    """One gate: its address and the connections to it.

    It sits on the bare transport: a client object would add a cookie jar, redirects and proxies.
    """

    def __init__(self, address: str) -> None:
        socket = address if address.startswith("/") else None
        self.address = address
        self.url = httpx2.URL("http://gate" if socket else checked_origin(address))
        self.transport = httpx2.AsyncHTTPTransport(uds=socket, limits=CONNECTIONS, trust_env=False)
        self.failed_at = float("-inf")


class Gates:
    """All gates of one operator."""

    def __init__(
        self, addresses: Sequence[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._upstreams = [Upstream(address) for address in addresses]
        self._clock = clock
        self._turn = 0

    def order(self, signature_input: bytes) -> list[Upstream]:
        """Return the gates in the order in which to try them.

        Args:
            signature_input: The request's header (RFC 9421, section 4.1); empty when it has none.
                Requests without a device's name in it take turns.
        """
        named = _KEYID.search(signature_input)
        self._turn += 1
        device = named[1] if named else b"%d" % self._turn
        now = self._clock()
        return sorted(
            self._upstreams,
            key=lambda each: (each.failed_at > now - RESTING, _weight(each.address, device)),
        )

    def failed(self, upstream: Upstream) -> None:
        """Leave a gate alone for a moment."""
        upstream.failed_at = self._clock()

    async def aclose(self) -> None:
        """Close every connection."""
        for upstream in self._upstreams:
            await upstream.transport.aclose()


def _weight(address: str, device: bytes) -> bytes:
    """Rank gates for one device (rendezvous hashing): a gate that goes moves only its own devices."""
    return hashlib.blake2b(device, key=hashlib.sha256(address.encode()).digest()).digest()
