"""Telling: each alarm of the watch that the policy shares is signed and put where peers find it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ecluse.exchange import rows, stix
from ecluse.exchange.envelope import Kept
from ecluse.ledger.append import append
from ecluse.ledger.entry import AlarmTold
from ecluse.login import jwk


if TYPE_CHECKING:
    from ecluse.keyring.client import ExchangeKeyring
    from ecluse.policy.policy import Policy
    from ecluse.store.connection import Connection


#: Each object is added at a moment of its own: peers go on from there.
_TICK = timedelta(microseconds=1)


async def tell(connection: Connection, keyring: ExchangeKeyring, name: str, policy: Policy) -> int:
    """Sign what was not told yet, write it down, and return how many alarms that was.

    Who and what we are (the operator's identity, the extension) goes before the first one.
    """
    now = datetime.now(UTC)
    since = now - timedelta(days=policy.exchange.tell_days)
    raised = await rows.untold(connection, policy.exchange.tell, since)
    if not raised:
        return 0
    thumbprint = jwk.thumbprint(await keyring.neighbour_key())
    last = await rows.last_told(connection)
    added = now if last is None else max(now, last + _TICK)
    objects: list[tuple[Kept, bytes]] = []
    if last is None:
        for whole in (stix.PROJECT, stix.DEFINITION, stix.operator(name, thumbprint, now)):
            objects.append((_kept(whole, stix.to_sign(whole), added), b""))
            added += _TICK
    events = []
    for each in raised:
        unsigned = stix.indicator(
            each, thumbprint, each.at + timedelta(days=policy.exchange.tell_days), policy.watch
        )
        body = stix.signed(unsigned, await keyring.sign(stix.to_sign(unsigned)))
        objects.append((_kept(unsigned, body, added), each.number))
        added += _TICK
        events.append(AlarmTold(at=now, alarm=each.number, object=hashlib.sha256(body).digest()))
    async with connection.transaction():
        await rows.tell(connection, objects)
        entries = [await keyring.seal_entry(event) for event in events]
        await append(connection, entries, now)
    return len(raised)


def _kept(whole: dict[str, Any], body: bytes, added: datetime) -> Kept:
    version = datetime.fromisoformat(whole["modified"])
    return Kept(whole["id"], added, version, body.decode())
