"""Which policy is in force: the one that the database names, changed by two officers alone.

Every gate looks again each second, so that a change needs no restart. The first gate that finds two
officers agreed takes the change, with its ledger entries; the others follow.
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from ecluse.acts import book
from ecluse.acts.act import ActError, PolicyChange, State
from ecluse.ledger.append import append
from ecluse.ledger.entry import PolicyInForce
from ecluse.policy.policy import Policy, PolicyError


if TYPE_CHECKING:
    from ecluse.gate.journal import Journal
    from ecluse.ledger.entry import Event
    from ecluse.policy.shelf import Shelf
    from ecluse.store.connection import Connection


log = logging.getLogger(__name__)

_CURRENT = "SELECT policy FROM platform"
_LOCK = "SELECT policy FROM platform FOR UPDATE"
_TAKE = "UPDATE platform SET policy = $1"


class Rules(NamedTuple):
    """A policy, and its file's SHA-256 (32 bytes)."""

    policy: Policy
    digest: bytes


class Rulebook:
    """What a gate knows of the policies there are."""

    def __init__(self, journal: Journal, shelf: Shelf) -> None:
        self._journal = journal
        self._shelf = shelf
        #: Policies that are not here, told of once.
        self._missed: set[bytes] = set()

    async def settle(self, connection: Connection, offered: Rules) -> Rules:
        """Return the policy that a gate starts with: `offered`, if it is or may come into force.

        The very first one needs nobody's agreement. A file that nobody agreed on is passed over for
        the one in force, so that no edit and no option changes what a login is worth.

        Raises:
            PolicyError: Nobody agreed on it, and the one in force does not lie on the shelf.
        """
        try:
            await self._take(connection, offered)
        except ActError:
            current = await connection.fetchval(_CURRENT)
            known = self._shelf.find(current)
            if known is None:
                raise PolicyError(
                    f"Two officers have not agreed on the policy {offered.digest.hex()},"
                    f" and the one in force, {current.hex()}, is not here.",
                    hint="Lay the file in force down again with `ecluse policy propose FILE`,"
                    " or have two officers agree on this one.",
                ) from None
            log.warning("policy %s is not agreed on; %s stays", offered.digest.hex(), current.hex())
            return Rules(known, current)
        self._shelf.turn(offered.digest)
        return offered

    async def changed(self, connection: Connection, mine: Rules) -> Rules | None:
        """Return the policy that is in force in place of `mine`; None while nothing changed."""
        current = await connection.fetchval(_CURRENT)
        if current != mine.digest:
            return self._found(current)
        for act in await book.waiting(connection, datetime.now(UTC)):
            if act.state is State.SECONDED and isinstance(act.content, PolicyChange):
                agreed = self._found(bytes.fromhex(act.content.sha256))
                if agreed is not None:
                    await self._take(connection, agreed)
                    self._shelf.turn(agreed.digest)
                    return agreed
        return None

    def _found(self, digest: bytes) -> Rules | None:
        policy = self._shelf.find(digest)
        if policy is not None:
            return Rules(policy, digest)
        if digest not in self._missed:
            self._missed.add(digest)
            log.warning("policy %s is agreed on and not here", digest.hex())
        return None

    async def _take(self, connection: Connection, rules: Rules) -> None:
        """Put a policy in force, once, with what the ledger has to say of it.

        Raises:
            ActError: Another one is in force, and two officers have not agreed on this one.
        """
        async with connection.transaction():
            current = await connection.fetchval(_LOCK)
            if current == rules.digest:
                return
            now = datetime.now(UTC)
            events: list[Event] = []
            if current:
                change = PolicyChange(rules.digest.hex())
                events.append(await book.perform(connection, change, now))
            await connection.execute(_TAKE, rules.digest)
            events.append(PolicyInForce(at=now, version=rules.policy.version, sha256=rules.digest))
            sealed = [
                await self._journal.seal(each, os.urandom(16), now.timestamp()) for each in events
            ]
            await append(connection, sealed, now)
