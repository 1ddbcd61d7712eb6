"""Insurers whose feeds are taken: their numbers, contracts and public keys in the database."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.errors import EcluseError
from ecluse.ledger.append import append
from ecluse.ledger.entry import InsurerAdded


if TYPE_CHECKING:
    from ecluse.feeds.insurer_keys import InsurerPublic
    from ecluse.keyring.client import OfficerKeyring
    from ecluse.store.connection import Connection

_MOST = 2**15 - 1
# Numbers are given one after the other by this lock: an officer may not lock the table.
_LOCK = "ecluse/insurer"

#: Days between two feeds that a contract allows unless it says otherwise: a month, and a few.
FEED_DAYS = 35

_KNOWN = "SELECT insurer, signing_key, age_recipient FROM insurer WHERE amc = $1"
_INSERT = """
INSERT INTO insurer (insurer, members, feed_days, amc, name, signing_key, age_recipient)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
# One look at the primary key for each insurer, however long its history.
_LISTED = """
SELECT amc, name, (added_at AT TIME ZONE 'UTC')::date AS since, last.fed_at,
       coalesce(last.fed_at, added_at) < clock_timestamp() - make_interval(days => feed_days) AS late
  FROM insurer LEFT JOIN LATERAL (
    SELECT ended_at AS fed_at FROM feed
     WHERE feed.insurer = insurer.insurer AND state IN ('in_force', 'superseded')
     ORDER BY feed DESC LIMIT 1) AS last ON true
 ORDER BY name, amc
"""


class InsurerError(EcluseError):
    """An insurer cannot be added."""


class Added(NamedTuple):
    """An insurer's number here, and whether it had it before."""

    insurer: int
    before: bool


class Contract(NamedTuple):
    """What an insurer's contract says.

    Attributes:
        members: how many it is about; what is usual until it has sent full feeds.
        feed_days: how many days may lie between two of its feeds.
    """

    members: int | None = None
    feed_days: int = FEED_DAYS


STANDARD = Contract()


class Listed(NamedTuple):
    """An insurer as a professional may know it: nothing in it is about a member.

    Attributes:
        since: the day on which it was added.
        fed_at: when its last feed came into force; None before the first.
        late: whether that, or its being added, is longer ago than its contract allows.
    """

    amc: str
    name: str
    since: date
    fed_at: datetime | None
    late: bool


async def add(
    connection: Connection,
    keyring: OfficerKeyring,
    public: InsurerPublic,
    contract: Contract = STANDARD,
) -> Added:
    """Add an insurer, with its ledger entry in the same transaction; or find it with the same keys.

    Args:
        connection: as the officer.
        keyring: seals the entry.
        public: what the insurer handed over.
        contract: what was agreed with it; of one that is known already, nothing changes.

    Raises:
        InsurerError: it is known with other keys, or there are no numbers left.
        KeyringUnreachableError: no entry can be sealed, so nothing is added.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", _LOCK)
        known = await connection.fetchrow(_KNOWN, public.amc)
        if known is not None:
            if (known["signing_key"], known["age_recipient"]) != (
                public.signing_key,
                public.age_recipient,
            ):
                raise InsurerError(
                    f"Insurer {public.amc} is known with other keys.",
                    hint="Find out why, with the insurer, before anything else.",
                )
            return Added(known["insurer"], before=True)
        number = 1 + await connection.fetchval("SELECT coalesce(max(insurer), 0) FROM insurer")
        if number > _MOST:
            raise InsurerError(f"There are {_MOST} insurers already.")
        await connection.execute(_INSERT, number, *contract, *msgspec.structs.astuple(public))
        event = InsurerAdded(
            at=datetime.now(UTC),
            insurer=number,
            amc=public.amc,
            signing_key=hashlib.sha256(public.signing_key).digest(),
        )
        await append(connection, [await keyring.seal_entry(event)], event.at)
        return Added(number, before=False)


async def listed(connection: Connection) -> list[Listed]:
    """Return every insurer by name, and whether its feed is late. Role: officer or gate."""
    return [Listed(*row.values()) for row in await connection.fetch(_LISTED)]
