"""What an operator's command does about other operators, each with its ledger entry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from ecluse.exchange import app, peers
from ecluse.exchange.peers import Card
from ecluse.keyring.client import OfficerKeyring
from ecluse.ledger.entry import ProfessionalNamed
from ecluse.local.officer import carry_out, connected
from ecluse.login import accounts, jwk


if TYPE_CHECKING:
    from ecluse.exchange.peers import ListedPeer
    from ecluse.ledger.entry import Event
    from ecluse.local.installation import Installation
    from ecluse.policy.exchange import Following
    from ecluse.store.connection import Connection


_TOLD = "SELECT count(*)::int, max(added_at) FROM told WHERE object LIKE 'indicator--%'"


class Status(NamedTuple):
    """Where the exchange stands."""

    #: This operator's own key, as a point of 65 bytes.
    key: bytes
    told: int
    told_at: datetime | None
    peers: list[ListedPeer]


async def card(installation: Installation, name: str, origin: str) -> Card:
    """Return what this operator hands another one.

    Args:
        installation: Whose keyring to ask.
        name: As the other one will read it.
        origin: By which peers reach this operator's exchange.
    """
    async with OfficerKeyring(installation.sockets) as keyring:
        point = await keyring.neighbour_key()
    collection = f"{origin}{app.ROOT}collections/{app.COLLECTION}/"
    return Card(name, collection, jwk.from_point(point))


async def add_peer(installation: Installation, theirs: Card, most: Following) -> None:
    """Tell and hear another operator from now on; or change what its word may bring.

    Raises:
        PeerError: It is this operator's own card.
    """
    async with OfficerKeyring(installation.sockets) as keyring:
        own = await keyring.neighbour_key()

    async def deed(connection: Connection, now: datetime) -> tuple[None, list[Event]]:
        return None, [await peers.add(connection, theirs, most, now, own=own)]

    await carry_out(installation, deed)


async def remove_peer(installation: Installation, mark: str) -> None:
    """End the exchange with the operator whose key has this fingerprint.

    Raises:
        PeerError: There is none.
    """

    async def deed(connection: Connection, now: datetime) -> tuple[None, list[Event]]:
        return None, [await peers.remove(connection, mark, now)]

    await carry_out(installation, deed)


async def status(installation: Installation) -> Status:
    """Return where the exchange stands."""
    async with OfficerKeyring(installation.sockets) as keyring:
        key = await keyring.neighbour_key()
    async with connected(installation) as connection:
        row = await connection.fetchrow(_TOLD)
        told, told_at = row or (0, None)
        return Status(key, told, told_at, await peers.listed(connection, datetime.now(UTC)))


async def name_professional(installation: Installation, account: bytes, rpps: str) -> None:
    """Note which professional an account belongs to: neighbours' alarms find it by that.

    Raises:
        AccountError: There is no such account.
    """

    async def deed(connection: Connection, now: datetime) -> tuple[None, list[Event]]:
        await accounts.name_professional(connection, account, rpps)
        return None, [ProfessionalNamed(at=now, account=account, rpps=rpps)]

    await carry_out(installation, deed)
