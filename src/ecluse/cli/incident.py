"""`ecluse incident`: open one, see whom it concerns, have every insurer told."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from ecluse.breach.incident import Cause, Incident, Statement
from ecluse.cli.incident_text import (
    debrief,
    delivery_text,
    incident_facts,
    round_text,
    scope_facts,
    scope_text,
)
from ecluse.cli.output import JsonOption, bars, result
from ecluse.demo.rehearsal import rehearse_in
from ecluse.demo.town import open_town
from ecluse.errors import EcluseError
from ecluse.local import incidents
from ecluse.local.installation import Installation
from ecluse.login import base64url


app = typer.Typer(no_args_is_help=True, help="Incidents: whom they concern, who is told.")


class Scenario(StrEnum):
    """What is rehearsed."""

    BREACH_2024 = "2024"


NumberArgument = Annotated[int, typer.Argument(min=1, help="The incident's number.")]
_ACCOUNT = 16
_THUMBPRINT = 32


@app.command("open")
def open_incident(
    *,
    alarm: Annotated[
        str, typer.Option(help="The alarm that it follows (see `watch alarms`).")
    ] = "",
    account: Annotated[list[str] | None, typer.Option(help="An account; again for more.")] = None,
    finess: Annotated[
        list[str] | None, typer.Option(help="An organisation's FINESS; again for more.")
    ] = None,
    device: Annotated[
        list[str] | None, typer.Option(help="A device's thumbprint; again for more.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(help="When it began, in UTC; a day before the alarm.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="When it ended, in UTC.")] = None,
    cause: Annotated[Cause, typer.Option(help="How it came about.")] = Cause.UNKNOWN,
    as_json: JsonOption = False,
) -> None:
    """Open an incident, from an alarm or by hand; while it is open nothing is purged."""
    installation = Installation.from_environment()
    number = _number(alarm, _ACCOUNT) if alarm else b""
    if number:
        statement = asyncio.run(incidents.about_alarm(installation, number))
    elif since is None:
        raise EcluseError("The incident has no beginning.", hint="Give --since, or --alarm.")
    else:
        statement = Statement(since=since.replace(tzinfo=UTC))
    named = msgspec.structs.replace(
        statement,
        since=since.replace(tzinfo=UTC) if since else statement.since,
        until=until.replace(tzinfo=UTC) if until else None,
        accounts=(*statement.accounts, *(_number(each, _ACCOUNT) for each in account or ())),
        organisations=(
            *statement.organisations,
            *(_organisation(installation, each) for each in finess or ()),
        ),
        devices=tuple(_number(each, _THUMBPRINT) for each in device or ()),
    )
    opened = asyncio.run(incidents.open_incident(installation, named, cause, number))
    _tell(opened, f"Incident {opened.incident} is open.", as_json=as_json)


@app.command()
def clear(
    incident: NumberArgument,
    account: Annotated[str, typer.Argument(help="The account whose alarm was false.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Take an account whose alarm was false out of an incident; its scope follows."""
    installation = Installation.from_environment()
    changed = asyncio.run(incidents.clear(installation, incident, _number(account, _ACCOUNT)))
    text = f"Incident {incident} is not about that account. Build a supplement for insurers told."
    _tell(changed, text, as_json=as_json)


@app.command("list")
def list_incidents(*, as_json: JsonOption = False) -> None:
    """List incidents, the latest first: the register of art. 33(5) of the GDPR."""
    found = asyncio.run(incidents.listed(Installation.from_environment()))
    lines = [
        f"{each.incident:>4}  discovered {each.discovered_at:%Y-%m-%d %H:%M}  {each.cause:<13}  "
        f"{'closed' if each.closed_at else 'open'}"
        for each in found
    ]
    facts = {"incidents": [incident_facts(each) for each in found]}
    result(facts, as_json=as_json, text="\n".join(lines) or "No incident was ever opened.")


@app.command()
def show(incident: NumberArgument, *, as_json: JsonOption = False) -> None:
    """Tell an incident's scope and story, read from the ledger and proved whole."""
    with bars() as told:
        found = asyncio.run(
            incidents.read(
                Installation.from_environment(), incident, lambda n, of: told("ledger", n, of)
            )
        )
    result(scope_facts(found), as_json=as_json, text=scope_text(found))
    if found.proof.unread:
        raise typer.Exit(1)


@app.command()
def notices(incident: NumberArgument, *, as_json: JsonOption = False) -> None:
    """Build the notices, one file for each insurer concerned; two persons then have them sent."""
    with bars() as told:
        built = asyncio.run(
            incidents.build_notices(Installation.from_environment(), incident, told)
        )
    result(msgspec.to_builtins(built), as_json=as_json, text=round_text(built))


@app.command()
def deliveries(incident: NumberArgument, *, as_json: JsonOption = False) -> None:
    """Tell who has fetched and acknowledged its notice, and how long each has to tell CNIL."""
    found = asyncio.run(incidents.tracked(Installation.from_environment(), incident))
    now = datetime.now(UTC)
    lines = [f"  {delivery_text(each, now)}  {each.amc}  {each.name}" for each in found]
    text = "\n".join(lines) or "No notices were built yet."
    result({"notices": msgspec.to_builtins(found)}, as_json=as_json, text=text)


@app.command()
def rehearse(
    *,
    scenario: Annotated[
        Scenario, typer.Option(help="2024: a phished counter, malware on it, a sweep.")
    ] = Scenario.BREACH_2024,
    members: Annotated[int, typer.Option(min=2000, help="Members of the nation.")] = 20_000,
    insurers: Annotated[int, typer.Option(min=2, help="Its insurers.")] = 84,
    seed: Annotated[int, typer.Option(min=0, help="Who is asked about, when processes die.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Rehearse a breach on an operator of its own, with an invented nation; exit 0 if all is told."""
    began = time.monotonic()
    with (
        bars() as told,
        open_town(members, seed, watched=True, insurers=insurers, progress=told) as town,
    ):
        played = asyncio.run(rehearse_in(town, seed, told))
    facts = {
        "scenario": scenario,
        "members": members,
        "insurers": insurers,
        "seed": seed,
        "seconds": round(time.monotonic() - began, 1),
        "scope": {
            "persons": played.persons,
            "possible": played.possible,
            "precision": played.precision,
            "recall": played.recall,
        },
        **{
            name: value
            for name, value in msgspec.structs.asdict(played).items()
            if name not in {"persons", "possible", "precision", "recall"}
        },
    }
    result(facts, as_json=as_json, text=debrief(played))
    if not (played.precision == played.recall == 1.0 and played.evidence_verified):
        raise typer.Exit(1)


@app.command()
def close(incident: NumberArgument, *, as_json: JsonOption = False) -> None:
    """Close an incident: purges go on, and its scope is told no more."""
    closed = asyncio.run(incidents.close(Installation.from_environment(), incident))
    _tell(closed, f"Incident {incident} is closed.", as_json=as_json)


def _tell(incident: Incident, text: str, *, as_json: bool) -> None:
    result(incident_facts(incident), as_json=as_json, text=text)


def _organisation(installation: Installation, finess: str) -> bytes:
    number = asyncio.run(incidents.organisation(installation, finess))
    if number is None:
        raise EcluseError(f"No organisation has the FINESS number {finess}.")
    return number


def _number(text: str, size: int) -> bytes:
    try:
        return base64url.decode(text, size)
    except ValueError:
        raise EcluseError(
            f"{text!r} is no number of {size} bytes in base64url.", hint="Copy it as it was shown."
        ) from None
