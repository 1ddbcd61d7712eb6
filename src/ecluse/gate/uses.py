"""What phones presented: each presentation is for one check, at whichever gate that comes first."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ecluse.cards import presentation
from ecluse.gate.request import Kind


if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecluse.gate.batch import Item
    from ecluse.store.connection import Connection


_USE = """
INSERT INTO presentation (use, check_key, expires_at)
SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::timestamptz[])
    ON CONFLICT (use) DO UPDATE SET use = excluded.use RETURNING use, check_key
"""
#: How long a presentation is remembered: beyond its minute by more than hosts' clocks are apart.
_REMEMBERED = timedelta(minutes=15)


class _Use(NamedTuple):
    """A presentation, and the check that it is for."""

    use: bytes
    #: Of account, device and check id: the same check asked again is no second use.
    check_key: bytes


async def spent(connection: Connection, items: Sequence[Item], now: float) -> list[bool]:
    """Use up what these checks present; tell of each whether another check used it before.

    What leads nowhere uses nothing up: anybody can write the name of a phone that they saw, and
    must not spoil what that phone will sign.

    Args:
        connection: In the transaction that decides the checks.
        items: The checks, in the order that they are decided in.
        now: Seconds since the epoch.
    """
    wanted = [_use(item) for item in items]
    firsts = {each.use: each.check_key for each in reversed(wanted) if each is not None}
    if not firsts:
        return [False] * len(items)
    names = sorted(firsts)
    keys = [firsts[name] for name in names]
    ends = [datetime.fromtimestamp(now, UTC) + _REMEMBERED] * len(names)
    used_by = dict(await connection.fetch(_USE, names, keys, ends))
    return [each is not None and used_by[each.use] != each.check_key for each in wanted]


def _use(item: Item) -> _Use | None:
    pending = item.pending
    if pending.asked.kind is not Kind.PHONE or item.located.insurer is None:
        return None
    asked_by = pending.account + pending.thumbprint + pending.asked.check
    return _Use(
        presentation.parse(pending.asked.identifier).use, hashlib.sha256(asked_by).digest()[:16]
    )
