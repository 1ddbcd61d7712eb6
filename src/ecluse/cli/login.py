"""`ecluse login`: the security officer's part of enrolment.

Nobody is ever sent a code. A counter's passkey asks to join; the officer compares its fingerprint
with the organisation over a channel that both trust, and accepts or refuses it here.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ecluse.cli import clients
from ecluse.cli.output import JsonOption, result
from ecluse.console import listing
from ecluse.console.deeds import LockReason
from ecluse.ids import finess as finess_number
from ecluse.ids import rpps as rpps_numbers
from ecluse.local import neighbours, officer
from ecluse.local.installation import Installation
from ecluse.login import accounts, admission, base64url, enrolment, fingerprint
from ecluse.login.enrolment import EnrolmentError
from ecluse.login.keyid import ACCOUNT_SIZE, KeyIdError
from ecluse.login.roles import AccountRole
from ecluse.policy import policy as policies


app = typer.Typer(help="Organisations, and the passkeys that ask to join.", no_args_is_help=True)
organisation = typer.Typer(help="Organisations that may have accounts.", no_args_is_help=True)
app.add_typer(organisation, name="organisation")
app.add_typer(clients.app, name="client")
officers = typer.Typer(
    help="The first two security officers; further officers take both of them.",
    no_args_is_help=True,
)
app.add_typer(officers, name="officer")

FingerprintArgument = Annotated[
    str, typer.Argument(metavar="FINGERPRINT", help="As the organisation reads it out.")
]
AccountArgument = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="Its number, as listed: 22 letters and digits.")
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

    async def listed() -> list[admission.Pending]:
        installation = Installation.from_environment()
        await installation.database.prepare()
        async with officer.connected(installation) as connection:
            return await admission.pending(connection, datetime.now(UTC))

    waiting = asyncio.run(listed())
    facts = [
        {
            "fingerprint": one.fingerprint,
            "finess": one.finess,
            "role": one.role,
            "amc": one.amc,
            "label": one.label,
            "asked_at": one.asked_at.isoformat(),
        }
        for one in waiting
    ]
    lines = [
        f"{one.fingerprint}  {one.role:<12}  {one.finess or one.amc or '':<10}  "
        f"{one.asked_at:%Y-%m-%d %H:%M}  {one.label}"
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
    asyncio.run(officer.refuse(Installation.from_environment(), refused_mark))
    result(
        {"fingerprint": refused_mark, "state": enrolment.State.REFUSED},
        as_json=as_json,
        text=f"Refused {refused_mark}.",
    )


@officers.command("accept")
def accept_officer(
    mark: FingerprintArgument,
    *,
    role: Annotated[AccountRole, typer.Option(help="What it asks to be: security.")],
    as_json: JsonOption = False,
) -> None:
    """Accept one of the first two security officers, on nobody's word but this machine's."""
    if role is not AccountRole.SECURITY:
        raise EnrolmentError(
            f"A passkey cannot be accepted as {role} like this.",
            hint="Two security officers do it at the console, as an act (`officer_accept`).",
        )
    accepted_mark = fingerprint.parse(mark)
    made = asyncio.run(officer.accept_first_officer(Installation.from_environment(), accepted_mark))
    result(
        {
            "fingerprint": accepted_mark,
            "state": enrolment.State.ACCEPTED,
            "account": base64url.encode(made.account),
            "role": made.role,
            "label": made.label,
        },
        as_json=as_json,
        text=f"Accepted {accepted_mark} ({made.label}) as a security officer.",
    )


@app.command("accounts")
def list_accounts(
    *,
    finess: Annotated[
        str | None, typer.Option(help="Of this organisation; without it, those of none: officers.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List an organisation's accounts, or the officers' and insurers' staff's."""

    async def found() -> list[listing.ListedAccount]:
        async with officer.connected(Installation.from_environment()) as connection:
            number = None
            if finess is not None:
                wanted = finess_number.parse(finess)
                number = await accounts.find_organisation(connection, wanted)
                if number is None:
                    raise accounts.AccountError(
                        "No organisation has this FINESS number.",
                        hint="Add it with `ecluse login organisation add`.",
                    )
            return await listing.accounts(connection, number, datetime.now(UTC))

    listed = asyncio.run(found())
    lines = [
        f"{one.account}  {one.role:<12}  {one.locked or 'open':<10}  {one.devices}  {one.label}"
        for one in listed
    ]
    text = "\n".join(lines) or "There is no account."
    result({"accounts": msgspec.to_builtins(listed)}, as_json=as_json, text=text)


@app.command()
def lock(
    account: AccountArgument,
    *,
    reason: Annotated[LockReason, typer.Option(help="Its owner reads it.")],
    as_json: JsonOption = False,
) -> None:
    """Lock an account at once. Opening it again takes two officers at the console."""
    asyncio.run(officer.lock(Installation.from_environment(), number(account), reason))
    result({"account": account, "locked": reason}, as_json=as_json, text="Locked.")


@app.command("signout")
def sign_out(account: AccountArgument, *, as_json: JsonOption = False) -> None:
    """Sign every device of an account out."""
    ended = asyncio.run(officer.sign_out(Installation.from_environment(), number(account)))
    facts = {"account": account, "devices": ended}
    result(facts, as_json=as_json, text=f"Signed out: {ended}.")


@app.command()
def professional(
    account: AccountArgument,
    rpps: Annotated[str, typer.Argument(help="The professional's RPPS number.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Note whose account it is: what a neighbour tells of this professional then finds it."""
    parsed = rpps_numbers.parse(rpps)
    installation = Installation.from_environment()
    asyncio.run(neighbours.name_professional(installation, number(account), parsed))
    result(
        {"account": account, "rpps": parsed},
        as_json=as_json,
        text=f"Account {account} is that of the professional {parsed}.",
    )


def number(text: str) -> bytes:
    """Return an account's number, 16 bytes.

    Raises:
        KeyIdError: It is not one.
    """
    try:
        return base64url.decode(text, ACCOUNT_SIZE)
    except ValueError:
        raise KeyIdError(
            "This is not an account's number.", hint="`ecluse login accounts` lists them."
        ) from None
