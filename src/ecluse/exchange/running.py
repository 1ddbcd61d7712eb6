"""The exchange at work: tells, hears, and outlives restarts of database, keyring and peers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2

from ecluse.errors import EcluseError
from ecluse.exchange import hearing, rows
from ecluse.exchange.hearing import Ear, PeerSilentError
from ecluse.exchange.peers import peers
from ecluse.exchange.telling import tell
from ecluse.store.errors import FAILURES


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import asyncpg

    from ecluse.exchange.hearing import Page
    from ecluse.exchange.peers import Peer
    from ecluse.keyring.client import ExchangeKeyring
    from ecluse.policy.policy import Policy
    from ecluse.policy.shelf import Shelf


#: Seconds from one round to the next, and before trying again when something went away.
INTERVAL = 2.0

_LOCK = 0x4543_4558  # "ECEX": our class of advisory locks
_POLICY = "SELECT policy FROM platform"


class Terms(NamedTuple):
    """What an exchange is told when it starts."""

    #: The operator's, as peers read it.
    name: str
    #: Until the one that the database names is found; where policies lie.
    policy: Policy
    shelf: Shelf


async def keep_exchange(
    connect: Callable[[], Awaitable[asyncpg.Connection[Any]]],
    keyring: ExchangeKeyring,
    terms: Terms,
    report: Callable[[Exception], None],
) -> None:
    """Tell and hear until cancelled. One at a time: a second one waits.

    Args:
        connect: Opens a connection of the role `exchange`.
        keyring: Signs, and seals entries.
        terms: Name and policy.
        report: Told of each interruption, and of each peer that does not answer.
    """
    async with httpx2.AsyncClient(trust_env=False) as http:
        ear = Ear(http, keyring)
        while True:
            try:
                connection = await connect()
                try:
                    await connection.execute("SELECT pg_advisory_lock($1, 0)", _LOCK)
                    while True:
                        await _round(connection, keyring, ear, terms, report)
                        await asyncio.sleep(INTERVAL)
                finally:
                    connection.terminate()
            except (*FAILURES, EcluseError) as error:
                report(error)
                await asyncio.sleep(INTERVAL)


async def _round(
    connection: asyncpg.Connection[Any],
    keyring: ExchangeKeyring,
    ear: Ear,
    terms: Terms,
    report: Callable[[Exception], None],
) -> None:
    policy = terms.shelf.find(await connection.fetchval(_POLICY)) or terms.policy
    known = await peers(connection)
    if known:
        await tell(connection, keyring, terms.name, policy)
    hour_ago = datetime.now(UTC) - hearing.HOUR
    patient = [
        peer
        for peer in known
        if await rows.heard_since(connection, peer.peer, hour_ago) < hearing.MOST_AN_HOUR
    ]
    for peer, page in zip(
        patient, await asyncio.gather(*(_read(ear, each, report) for each in patient)), strict=True
    ):
        if page is not None:
            await hearing.hear(connection, keyring, peer, page, policy.exchange)


async def _read(ear: Ear, peer: Peer, report: Callable[[Exception], None]) -> Page | None:
    """Read a peer; report it when it falls silent, and not again until it has answered."""
    try:
        page = await ear.read(peer)
    except PeerSilentError as error:
        if peer.peer not in ear.silent:
            report(error)
        ear.silent.add(peer.peer)
        return None
    ear.silent.discard(peer.peer)
    return page
