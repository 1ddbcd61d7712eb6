"""Other operators: whose word is heard here and who reads ours. Role: officer, but for `peers`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.errors import EcluseError
from ecluse.ledger.entry import PeerAdded, PeerRemoved
from ecluse.login import jwk
from ecluse.login.fingerprint import fingerprint
from ecluse.policy.exchange import Following


if TYPE_CHECKING:
    from pathlib import Path

    from ecluse.store.connection import Connection


_PUT = """
INSERT INTO peer (peer, name, public_key, collection, most) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (peer) DO UPDATE
   SET name = excluded.name, collection = excluded.collection, most = excluded.most,
       removed_at = NULL
"""
_REMOVE = """
UPDATE peer SET removed_at = $2 WHERE peer = $1 AND removed_at IS NULL RETURNING peer
"""
_PEERS = """
SELECT peer, name, public_key, collection, most, read_until FROM peer
 WHERE removed_at IS NULL ORDER BY name, peer
"""
_LISTED = """
SELECT peer.peer, name, public_key, collection, most, added_at, heard_at,
       count(heard.object) FILTER (WHERE heard.at > $1::timestamptz - interval '1 day')::int AS heard_day,
       count(heard.object) FILTER (WHERE heard.at > $1::timestamptz - interval '1 hour'
             AND heard.measure IN ('close', 'lock'))::int AS closed_hour
  FROM peer LEFT JOIN heard USING (peer)
 WHERE removed_at IS NULL GROUP BY peer.peer ORDER BY name, peer.peer
"""


class PeerError(EcluseError):
    """A peer that cannot be added, or is none."""


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one operator hands another: its name, its collection's address, its public key."""

    name: str
    #: Of a TAXII 2.1 collection, with the slash at its end.
    collection: str
    key: jwk.Jwk

    @property
    def public_key(self) -> bytes:
        """The key as a point of 65 bytes, checked to be one."""
        return jwk.to_point(self.key)


class Peer(NamedTuple):
    """A peer as the exchange works with it."""

    #: RFC 7638 thumbprint of its key, 32 bytes.
    peer: bytes
    name: str
    public_key: bytes
    collection: str
    most: Following
    #: Up to when its collection was read, by its own clock.
    read_until: datetime


class ListedPeer(msgspec.Struct, frozen=True):
    """A peer as officers see it."""

    peer: str
    name: str
    collection: str
    most: str
    added_at: datetime
    #: Of its last answer; None before the first.
    heard_at: datetime | None
    #: Of its alarms, within a day; and accounts closed or locked on its word within the hour.
    heard_day: int
    closed_hour: int


def read_card(path: Path) -> Card:
    """Return the card in a file.

    Raises:
        PeerError: It cannot be read, is no card, or its address is not one.
        JwkError: Its key is none.
    """
    try:
        card = msgspec.json.decode(path.read_bytes(), type=Card)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise PeerError(
            f"{path} holds no operator's card.", hint="The other one makes it: ecluse exchange card"
        ) from None
    if not card.collection.startswith(("https://", "http://localhost:", "http://127.0.0.1:")):
        raise PeerError("A neighbour's collection has an https address.")
    if not card.collection.endswith("/"):
        raise PeerError("A TAXII collection's address ends with a slash.")
    return card


async def add(
    connection: Connection, card: Card, most: Following, now: datetime, *, own: bytes
) -> PeerAdded:
    """Add a peer, or change what its word may bring.

    Args:
        connection: As the officer.
        card: What the other operator handed over.
        most: The strongest measure that its word may bring.
        now: The present.
        own: This operator's public key.

    Raises:
        PeerError: It is this operator's own card.
    """
    point = card.public_key
    if point == own:
        raise PeerError("This is this operator's own card.")
    thumbprint = jwk.thumbprint(point)
    await connection.execute(_PUT, thumbprint, card.name, point, card.collection, most)
    return PeerAdded(at=now, peer=thumbprint, name=card.name, most=most)


async def remove(connection: Connection, mark: str, now: datetime) -> PeerRemoved:
    """End the exchange with the peer whose key has this fingerprint.

    Raises:
        PeerError: There is none.
    """
    for row in await connection.fetch(_PEERS):
        if fingerprint(row["public_key"]) == mark:
            await connection.execute(_REMOVE, row["peer"], now)
            return PeerRemoved(at=now, peer=row["peer"])
    raise PeerError(
        "No peer has a key with this fingerprint.", hint="List them: ecluse exchange peer list"
    )


async def listed(connection: Connection, now: datetime) -> list[ListedPeer]:
    """Return the peers by name."""
    return [
        ListedPeer(fingerprint(row["public_key"]), *(row[name] for name in _SHOWN))
        for row in await connection.fetch(_LISTED, now)
    ]


_SHOWN = ("name", "collection", "most", "added_at", "heard_at", "heard_day", "closed_hour")


async def peers(connection: Connection) -> list[Peer]:
    """Return the peers as the exchange works with them. Role: exchange or officer."""
    return [
        Peer(**{**row, "most": Following(row["most"])}) for row in await connection.fetch(_PEERS)
    ]
