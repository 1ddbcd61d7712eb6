"""`/v1/console/incidents` for officers, `/v1/console/notices` for an insurer's staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ecluse.breach import book, delivery
from ecluse.breach.incident import IncidentError
from ecluse.console.asker import Outcome
from ecluse.login import base64url


if TYPE_CHECKING:
    from starlette.requests import Request

    from ecluse.breach.incident import Incident
    from ecluse.console.asker import Asker


class NoticeFile(msgspec.Struct, frozen=True):
    """A notice: an `age` file, as standard base64."""

    incident: int
    version: int
    file: bytes


class IncidentsDoor:
    """Incidents, their rounds of notices, and each insurer's own."""

    async def incidents(self, asker: Asker, _: Request, __: bytes) -> Outcome:
        """List incidents, the latest first."""
        found = await book.listed(asker.connection)
        return Outcome({"incidents": [shown(each) for each in found]})

    async def incident(self, asker: Asker, request: Request, _: bytes) -> Outcome:
        """Tell one incident: its rounds, every notice on its way, and the clocks."""
        found = await book.load(asker.connection, request.path_params["incident"])
        number, discovered = found.incident, found.discovered_at
        return Outcome(
            {
                "incident": shown(found),
                "rounds": await delivery.rounds(asker.connection, number),
                "notices": await delivery.tracked(asker.connection, number, discovered),
            }
        )

    async def notices(self, asker: Asker, _: Request, __: bytes) -> Outcome:
        """Tell an insurer's staff which notices are out for it."""
        return Outcome({"notices": await delivery.own(asker.connection, _insurer(asker))})

    async def notice(self, asker: Asker, request: Request, _: bytes) -> Outcome:
        """Give an insurer's staff its notice."""
        number = _number(asker, request)
        file, event = await delivery.fetch(
            asker.connection, number, asker.now, asker.caller.account
        )
        return Outcome(NoticeFile(number[0], number[1], file), [event])

    async def acknowledge(self, asker: Asker, request: Request, _: bytes) -> Outcome:
        """Note that an insurer has read its notice."""
        number = _number(asker, request)
        event = await delivery.acknowledge(
            asker.connection, number, asker.now, asker.caller.account
        )
        return Outcome({"acknowledged_at": event.at}, [event])


def shown(incident: Incident) -> dict[str, object]:
    """Return an incident as officers see it; numbers as base64url."""
    statement = incident.statement
    return {
        "incident": incident.incident,
        "cause": incident.cause,
        "alarm": base64url.encode(incident.alarm),
        "discovered_at": incident.discovered_at,
        "opened_at": incident.opened_at,
        "closed_at": incident.closed_at,
        "position": incident.position,
        "since": statement.since,
        "until": statement.until,
        "accounts": [base64url.encode(each) for each in statement.accounts],
        "organisations": [base64url.encode(each) for each in statement.organisations],
        "devices": [base64url.encode(each) for each in statement.devices],
        "cleared": [base64url.encode(each) for each in statement.cleared],
    }


def _number(asker: Asker, request: Request) -> tuple[int, int, int]:
    named = request.path_params
    return named["incident"], named["version"], _insurer(asker)


def _insurer(asker: Asker) -> int:
    if asker.account.insurer is None:
        raise IncidentError("There is no such notice for your insurer.")
    return asker.account.insurer
