"""Insurers whose feeds are taken: their numbers and public keys in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecluse.errors import EcluseError


if TYPE_CHECKING:
    from ecluse.feeds.insurer_keys import InsurerPublic
    from ecluse.store.connection import Connection

_MOST = 2**15 - 1
# Numbers are given one after the other by this lock: an officer may not lock the table.
_LOCK = "ecluse/insurer"


class InsurerError(EcluseError):
    """An insurer cannot be added."""


class Added(NamedTuple):
    """An insurer's number here, and whether it had it before."""

    insurer: int
    before: bool


async def add(connection: Connection, public: InsurerPublic, members: int | None = None) -> Added:
    """Add an insurer, or find it with the same keys.

    Args:
        connection: as the officer.
        public: what the insurer handed over.
        members: how many its contract is about; what is usual until it has sent full feeds.

    Raises:
        InsurerError: it is known with other keys, or there are no numbers left.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", _LOCK)
        known = await connection.fetchrow(
            "SELECT insurer, signing_key, age_recipient FROM insurer WHERE amc = $1", public.amc
        )
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
        await connection.execute(
            "INSERT INTO insurer (insurer, members, amc, name, signing_key, age_recipient)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            number,
            members,
            *msgspec.structs.astuple(public),
        )
        return Added(number, before=False)
