"""`ecluse claim`: from a check to its payment, with the key of practice software."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from ecluse.breach.render import Press
from ecluse.cli.client import KeyOption, PassphraseOption, open_key
from ecluse.cli.cover import LanguageOption
from ecluse.cli.output import JsonOption, progress, result
from ecluse.cli.reading import content, read_json
from ecluse.cli.statement_document import document
from ecluse.client.practice import PracticeClient
from ecluse.client.replies import NotQuoted
from ecluse.cover.act import Bill
from ecluse.login import base64url
from ecluse.settle.claim import Claimed, Outcome
from ecluse.settle.statement import as_csv


if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.client.replies import ClaimReply
    from ecluse.settle.statement import Statement


app = typer.Typer(no_args_is_help=True, help="Quotes, claims and statements of practice software.")

NOT_ALL = 3
"""Exit code when a quote or a claim was not accepted; 1 says that nothing could be sent."""
_AT_ONCE = 100
_ID = 16


class Line(Claimed, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a file of claims, as JSON."""

    reference: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{22}$")]
    #: Drawn by the sender; without one it follows from the line, so that a file may be sent again.
    claim: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{22}$")] | None = None
    quote: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{22}$")] | None = None


class Fault(msgspec.Struct, frozen=True):
    """A line that was not taken as it stands: where, and why."""

    line: int
    #: The field, such as `acts[0].price`; empty when it is the whole line.
    column: str
    reason: str


@app.command()
def quote(
    reference: Annotated[str, typer.Argument(help="The check's settlement reference.")],
    bill: Annotated[Path, typer.Argument(help="The care, as JSON.")],
    *,
    key: KeyOption,
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what care costs, and until when what the insurers pay of it is guaranteed."""
    asked = read_json(bill, Bill)
    with PracticeClient(open_key(key, passphrase_file)) as client:
        told = client.quote(reference, asked)
    facts: dict[str, Any] = msgspec.to_builtins(told)
    if isinstance(told, NotQuoted):
        result(facts, as_json=as_json, text=f"No quote: {told.reason}.")
        raise typer.Exit(NOT_ALL)
    price = told.price
    text = [
        f"Quote {told.quote}, guaranteed until {told.guaranteed_until}.",
        f"Price {price.price}: AMO {price.amo_paid}, AMC {price.amc}, patient now {price.due_now}",
        *(f"  {step}" for act in price.acts for step in act.why_en),
    ]
    result(facts, as_json=as_json, text="\n".join(text))


@app.command()
def send(
    file: Annotated[Path, typer.Argument(help="Claims, one JSON object a line.")],
    *,
    key: KeyOption,
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a file of claims: faulty lines are named, all others go on. Sent again, nothing doubles."""
    claims, faults = _read(file)
    told: list[ClaimReply] = []
    with PracticeClient(open_key(key, passphrase_file)) as client, progress() as bar:
        task = bar.add_task("Claims", total=len(claims), rate="")
        for part in _parts([body for _, body in claims]):
            told += client.claim(*part)
            bar.update(task, completed=len(told))
    for (number, _), reply in zip(claims, told, strict=True):
        if reply.outcome != Outcome.ACCEPTED:
            faults.append(Fault(number, "", f"{reply.outcome}: {reply.reason}"))
    faults.sort(key=lambda each: each.line)
    accepted = sum(reply.outcome == Outcome.ACCEPTED for reply in told)
    text = [f"{accepted} of {len(claims)} claims accepted; {len(faults)} lines to look at."]
    text += [f"  line {each.line} {each.column}: {each.reason}" for each in faults]
    facts = {"sent": len(claims), "accepted": accepted, "faults": msgspec.to_builtins(faults)}
    facts["claims"] = msgspec.to_builtins(told)
    result(facts, as_json=as_json, text="\n".join(text))
    if faults:
        raise typer.Exit(NOT_ALL)


@app.command()
def statement(
    *,
    key: KeyOption,
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day after.")],
    csv: Annotated[Path | None, typer.Option(help="A file for the claims, one a line.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="A file for the statement as a page.")] = None,
    language: LanguageOption = "fr",
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what each insurer owes for the claims of a period, and what its payment bears."""
    with PracticeClient(open_key(key, passphrase_file)) as client:
        told = client.statement(since.date(), until.date())
    if csv is not None:
        csv.write_text(as_csv(told), "utf-8")
    if pdf is not None:
        pdf.write_bytes(Press().pdf(document(told, language), datetime.now(UTC)))
    result(msgspec.to_builtins(told), as_json=as_json, text=_owed(told))


def _owed(told: Statement) -> str:
    lines = [
        f"{each.reference}  {each.amount:>12}  {each.claims:>6} claims  {each.insurer} ({each.amc})"
        for each in told.owed
    ]
    return "\n".join(lines) or "Nothing is owed for that period."


def _read(file: Path) -> tuple[list[tuple[int, dict[str, Any]]], list[Fault]]:
    """Return the claims of a file, each with its line, and what is wrong with the others."""
    claims, faults, seen = [], list[Fault](), dict[str, int]()
    for number, line in enumerate(content(file).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            body = _body(line)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            reason, _, column = str(error).partition(" - at `$")
            faults.append(Fault(number, column.rstrip("`").lstrip("."), reason))
            continue
        first = seen.setdefault(body["claim"], number)
        if first != number:
            faults.append(Fault(number, "claim", f"the same claim as line {first}"))
            continue
        claims.append((number, body))
    return claims, faults


def _body(line: bytes) -> dict[str, Any]:
    read = msgspec.json.decode(line, type=Line)
    body: dict[str, Any] = msgspec.to_builtins(read)
    drawn = hashlib.sha256(b"ecluse/claim-line" + msgspec.json.encode(read)).digest()[:_ID]
    body["claim"] = read.claim or base64url.encode(drawn)
    return body


def _parts(bodies: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(bodies), _AT_ONCE):
        yield bodies[start : start + _AT_ONCE]
