"""`/v1/console/incidents` for officers, `/v1/console/notices` for an insurer's staff."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ecluse.breach import book, delivery, work
from ecluse.breach.clocks import Duty
from ecluse.breach.document import both
from ecluse.breach.incident import Cause, IncidentError, Statement
from ecluse.console import listing
from ecluse.console.asker import Outcome
from ecluse.console.forms import number_of
from ecluse.gate.body import from_base64url, parsed
from ecluse.gate.request import MalformedError
from ecluse.login import accounts, base64url


if TYPE_CHECKING:
    from starlette.requests import Request

    from ecluse.breach.incident import Incident
    from ecluse.console.asker import Asker
    from ecluse.keyring.client import OfficerKeyring


class NoticeFile(msgspec.Struct, frozen=True):
    """A notice: an `age` file, as standard base64."""

    incident: int
    version: int
    file: bytes


class OpenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/console/incidents`: an alarm to follow, or who and since when."""

    cause: Cause
    #: Numbers as base64url, FINESS numbers as they are.
    alarm: str = ""
    accounts: tuple[str, ...] = ()
    finess: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    #: With a time zone.
    since: datetime | None = None
    until: datetime | None = None


class ClearBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/console/incidents/{incident}/clear`."""

    account: str


class WorkBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v1/console/incidents/{incident}/work`."""

    kind: work.Kind


class IncidentsDoor:
    """Incidents, their rounds of notices, and each insurer's own."""

    def __init__(self, keyring: OfficerKeyring) -> None:
        self._keyring = keyring

    async def incidents(self, asker: Asker, _: Request, __: bytes) -> Outcome:
        """List incidents, the latest first: the register of art. 33(5) of the GDPR."""
        found = await book.listed(asker.connection)
        causes = {each: both(f"cause.{each}") for each in Cause}
        return Outcome({"incidents": [shown(each) for each in found], "causes": causes})

    async def incident(self, asker: Asker, request: Request, _: bytes) -> Outcome:
        """Tell one incident: its picture, its rounds, every notice on its way, and the clocks."""
        found = await book.load(asker.connection, request.path_params["incident"])
        return await self._told(asker, found)

    async def open(self, asker: Asker, _: Request, raw: bytes) -> Outcome:
        """Open an incident, and ask for its picture."""
        body = parsed(raw, OpenBody)
        alarm = number_of(body.alarm) if body.alarm else b""
        statement = await self._statement(asker, body, alarm)
        opened = await book.open_incident(
            asker.connection,
            self._keyring,
            statement,
            body.cause,
            asker.now,
            alarm=alarm,
            by=asker.caller.account,
        )
        return await self._again(asker, opened)

    async def clear(self, asker: Asker, request: Request, raw: bytes) -> Outcome:
        """Take an account whose alarm was false out of an incident; its picture follows."""
        before = await book.load(asker.connection, request.path_params["incident"])
        statement = before.statement.clear(number_of(parsed(raw, ClearBody).account))
        changed = await book.change(
            asker.connection,
            self._keyring,
            before.incident,
            statement,
            asker.now,
            by=asker.caller.account,
        )
        return await self._again(asker, changed)

    async def close(self, asker: Asker, request: Request, _: bytes) -> Outcome:
        """Close an incident."""
        number: int = request.path_params["incident"]
        closed = await book.close(
            asker.connection, self._keyring, number, asker.now, by=asker.caller.account
        )
        return await self._told(asker, closed)

    async def work(self, asker: Asker, request: Request, raw: bytes) -> Outcome:
        """Ask the breach part to read an open incident again, or to build its notices."""
        kind = parsed(raw, WorkBody).kind
        found = await book.load(asker.connection, request.path_params["incident"])
        if found.closed_at is not None:
            raise IncidentError("This incident is closed.", hint="Open another one.")
        await work.ask(asker.connection, found.incident, kind, asker.caller.account, asker.now)
        return await self._told(asker, found)

    async def documents(self, asker: Asker, request: Request, _: bytes) -> Outcome:
        """Show the documents of one insurer's notice, in French and English."""
        named = request.path_params
        made = await delivery.documents(
            asker.connection, named["incident"], named["version"], named["amc"]
        )
        return Outcome({"documents": made})

    async def _statement(self, asker: Asker, body: OpenBody, alarm: bytes) -> Statement:
        if alarm:
            found = (await book.about_alarm(asker.connection, alarm)).statement
        elif body.since is None:
            raise IncidentError("The incident has no beginning.")
        else:
            found = Statement(since=body.since)
        if any(each is not None and each.tzinfo is None for each in (body.since, body.until)):
            raise MalformedError("A time has no time zone.")
        places = [await self._organisation(asker, each) for each in body.finess]
        return msgspec.structs.replace(
            found,
            since=body.since or found.since,
            until=body.until,
            accounts=(*found.accounts, *map(number_of, body.accounts)),
            organisations=(*found.organisations, *places),
            devices=tuple(from_base64url(each) for each in body.devices),
        )

    async def _organisation(self, asker: Asker, finess: str) -> bytes:
        found = await accounts.find_organisation(asker.connection, finess)
        if found is None:
            raise IncidentError("No organisation has one of these FINESS numbers.")
        return found

    async def _again(self, asker: Asker, incident: Incident) -> Outcome:
        await work.ask(
            asker.connection,
            incident.incident,
            work.Kind.PICTURE,
            asker.caller.account,
            asker.now,
        )
        return await self._told(asker, incident)

    async def _told(self, asker: Asker, found: Incident) -> Outcome:
        number, connection = found.incident, asker.connection
        picture = await work.last_picture(connection, number)
        statement = found.statement
        whose = {*statement.accounts, *statement.organisations, *statement.cleared}
        if picture is not None:
            whose |= {base64url.decode(each.account) for each in picture.accounts}
            whose |= {base64url.decode(each.account) for each in picture.moments}
        named = await listing.names(connection, whose)
        return Outcome(
            {
                "incident": shown(found),
                "names": named,
                "cause": both(f"cause.{found.cause}"),
                "duties": {each: both(f"duty.{each}") for each in Duty},
                "work": await work.latest(connection, number),
                "picture": picture,
                "rounds": await delivery.rounds(connection, number),
                "notices": await delivery.tracked(connection, number, found.discovered_at),
            }
        )

    async def notices(self, asker: Asker, _: Request, __: bytes) -> Outcome:
        """Tell an insurer's staff which notices are out for it."""
        return Outcome(
            {
                "notices": await delivery.own(asker.connection, _insurer(asker)),
                "duties": {each: both(f"duty.{each}") for each in Duty},
            }
        )

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
