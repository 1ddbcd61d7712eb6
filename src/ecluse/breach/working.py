"""The breach part at work for the console: reads an open incident, builds its notices."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ecluse.breach import book, notices, reading, work
from ecluse.breach.picture import picture
from ecluse.errors import EcluseError
from ecluse.ledger.errors import NotCoveredYetError
from ecluse.store.errors import FAILURES


if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import asyncpg

    from ecluse.breach.incident import Incident
    from ecluse.breach.render import Press
    from ecluse.breach.work import Asked
    from ecluse.keyring.client import BreachKeyring

    Connection = asyncpg.Connection[Any]


#: Seconds from one look to the next.
INTERVAL = 0.5
#: Times that a statement's checkpoint is waited for: it is signed every half second.
_TRIES = 20
_LOCK = 0x4543_4252  # "ECBR": our class of advisory locks
_INSURERS = "SELECT insurer, amc, name FROM insurer WHERE insurer = ANY($1::smallint[])"


async def keep_working(
    connect: Callable[[], Awaitable[Connection]],
    keyring: BreachKeyring,
    press: Press,
    report: Callable[[Exception], None],
) -> None:
    """Do what officers ask for until cancelled, one thing at a time; a second part waits.

    Args:
        connect: Opens a connection of the role `breach`.
        keyring: Opens entries of open incidents, seals what was done.
        press: Prints.
        report: Told of each interruption.
    """
    while True:
        try:
            connection = await connect()
            try:
                await connection.execute("SELECT pg_advisory_lock($1, 0)", _LOCK)
                while True:
                    asked = await work.waiting(connection)
                    if asked is None:
                        await asyncio.sleep(INTERVAL)
                    else:
                        await _do(connection, keyring, press, asked)
            finally:
                connection.terminate()
        except FAILURES as error:
            report(error)
            await asyncio.sleep(INTERVAL)


async def _do(connection: Connection, keyring: BreachKeyring, press: Press, asked: Asked) -> None:
    try:
        result = await _result(connection, keyring, press, asked)
    except EcluseError as error:
        await work.end(connection, asked.work, datetime.now(UTC), problem=error.problem)
    else:
        await work.end(connection, asked.work, datetime.now(UTC), result)


async def _result(
    connection: Connection, keyring: BreachKeyring, press: Press, asked: Asked
) -> object:
    for _ in range(_TRIES):
        incident = await _incident(connection, asked.incident)
        try:
            if asked.kind is work.Kind.PICTURE:
                return await _picture(connection, keyring, incident)
            now = datetime.now(UTC)
            return await notices.build(
                connection, keyring, incident, press, now, told=lambda *_: None
            )
        except NotCoveredYetError:
            await asyncio.sleep(INTERVAL)
    raise EcluseError("The ledger's keeper signs no checkpoint.", hint="ecluse serve ledger")


async def _incident(connection: Connection, number: int) -> Incident:
    found = {each.incident: each for each in await book.listed(connection)}
    if number not in found:
        raise EcluseError("There is no such incident.")
    return found[number]


async def _picture(connection: Connection, keyring: BreachKeyring, incident: Incident) -> object:
    found = await reading.read(connection, keyring, incident.position)
    rows = await connection.fetch(_INSURERS, sorted(found.scope.by_insurer()))
    insurers = {row["insurer"]: (row["amc"], row["name"]) for row in rows}
    professions = await notices.professions_of(connection, found)
    return picture(found, incident.cause, insurers, professions, datetime.now(UTC))
