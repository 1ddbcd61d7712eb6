"""`ecluse login`: the security officer's part of enrolment.

Nobody is ever sent a code. A counter's passkey asks to join; the officer compares its fingerprint
with the organisation over a channel that both trust, and accepts or refuses it here.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecluse.cli import clients
from ecluse.cli.output import JsonOption, result
from ecluse.ids import finess as finess_number
from ecluse.local import officer
from ecluse.local.installation import Installation
from ecluse.login import accounts, base64url, enrolment, fingerprint
from ecluse.login.roles import AccountRole
from ecluse.policy import policy as policies
from ecluse.store.database import Database
from ecluse.store.roles import Role


if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

app = typer.Typer(help="Organisations, and the passkeys that ask to join.", no_args_is_help=True)
organisation = typer.Typer(help="Organisations that may have accounts.", no_args_is_help=True)
app.add_typer(organisation, name="organisation")
app.add_typer(clients.app, name="client")

FingerprintArgument = Annotated[
    str, typer.Argument(metavar="FINGERPRINT", help="As the organisation reads it out.")
]
PolicyOption = Annotated[
    Path | None, typer.Option(help="Policy file, for the length of probation.")
]


@organisation.command("add")
def add_organisation(
    *,
    finess: Annotated[str, typer.Option(help="Its FINESS number.")],
    name: Annotated[str, typer.Option(help="Its name, as professionals know it.")],
    profession: Annotated[str, typer.Option(help="Code of TRE_G15, e.g. 21 for a pharmacy.")],
    region: Annotated[str, typer.Option(help="INSEE code of its region, e.g. 11.")],
    professionals: Annotated[int, typer.Option(min=1, help="How many are registered there.")],
    as_json: JsonOption = False,
) -> None:
    """Add an organisation, so that its counters can be accepted."""
    added = accounts.Organisation(
        finess=finess_number.parse(finess),
        name=name,
        profession=profession,
        region=region,
        professionals=professionals,
    )
    number = asyncio.run(officer.add_organisation(Installation.from_environment(), added))
    result(
        {"organisation": base64url.encode(number), "finess": added.finess, "name": name},
        as_json=as_json,
        text=f"Added {name}. Its counters can ask to join now.",
    )


@app.command()
def pending(*, as_json: JsonOption = False) -> None:
    """List the passkeys that ask to join."""

    async def listed() -> list[enrolment.Pending]:
        async with _officer() as connection:
            return await enrolment.pending(connection)

    waiting = asyncio.run(listed())
    facts = [
        {
            "fingerprint": one.fingerprint,
            "finess": one.finess,
            "label": one.label,
            "role": one.role,
            "asked_at": one.asked_at.isoformat(),
        }
        for one in waiting
    ]
    lines = [
        f"{one.fingerprint}  {one.finess}  {one.asked_at:%Y-%m-%d %H:%M}  {one.role:<12}  {one.label}"
        for one in waiting
    ]
    text = "\n".join(lines) or "No passkey asks to join."
    result({"pending": facts}, as_json=as_json, text=text)


@app.command()
def accept(
    mark: FingerprintArgument,
    *,
    policy: PolicyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Accept a passkey, whose counter can then sign in, or practice software's key."""
    accepted_mark = fingerprint.parse(mark)
    installation = Installation.from_environment()
    rules, _ = policies.read(policy or installation.policy_in_force)
    probation = timedelta(hours=rules.probation.hours)

    lifetime = timedelta(days=rules.client.key_days)
    made = asyncio.run(
        officer.accept(installation, accepted_mark, probation=probation, key_lifetime=lifetime)
    )
    can = "check" if made.role == AccountRole.CLIENT else "sign in"
    result(
        {
            "fingerprint": accepted_mark,
            "state": enrolment.State.ACCEPTED,
            "account": base64url.encode(made.account),
            "finess": made.finess,
            "label": made.label,
            "probation_hours": probation.total_seconds() / 3600,
        },
        as_json=as_json,
        text=f"Accepted {accepted_mark} ({made.label}). It can {can} now.",
    )


@app.command()
def refuse(mark: FingerprintArgument, *, as_json: JsonOption = False) -> None:
    """Refuse a passkey for good."""
    refused_mark = fingerprint.parse(mark)

    async def refused() -> None:
        async with _officer() as connection:
            await enrolment.refuse(connection, refused_mark)

    asyncio.run(refused())
    result(
        {"fingerprint": refused_mark, "state": enrolment.State.REFUSED},
        as_json=as_json,
        text=f"Refused {refused_mark}.",
    )


@asynccontextmanager
async def _officer() -> AsyncIterator[asyncpg.Connection[Any]]:
    """Connect to the installation's database with the officer's rights."""
    database = Database.from_environment()
    await database.prepare()
    connection = await database.connect(Role.OFFICER)
    try:
        yield connection
    finally:
        await connection.close()
