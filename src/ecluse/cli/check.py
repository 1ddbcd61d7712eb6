"""`ecluse check`: one check, with the key of practice software."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ecluse.cli.client import KeyOption, PassphraseOption, open_key
from ecluse.cli.output import JsonOption, result, screen
from ecluse.cli.reading import read_json
from ecluse.client.practice import PracticeClient
from ecluse.client.replies import CheckReply, Cover, Covered, NotCovered, Priced
from ecluse.cover.act import Bill
from ecluse.cover.family import CareFamily


NO_ANSWER = 3
"""Exit code of a check that ends in anything but "covered"; 1 says that none was made."""


app = typer.Typer()


@app.command()
def check(
    *,
    key: KeyOption,
    family: Annotated[CareFamily, typer.Option(help="The care family asked about.")],
    card: Annotated[
        str | None, typer.Option(help="A card's code; - reads it from standard input.")
    ] = None,
    phone: Annotated[
        str | None, typer.Option(help="The code that a member's phone shows now; or -.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="A settlement reference of this organisation; or -.")
    ] = None,
    care_date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day of care; default today.")
    ] = None,
    bill: Annotated[
        Path | None, typer.Option(help="A bill as JSON: with a card, its price as well.")
    ] = None,
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask whether whoever shows a card or phone, or a known patient, is covered. Exits 0 if so."""
    if [card, phone, reference].count(None) != 2:
        raise typer.BadParameter("Name one of --card, --phone and --reference.")
    if bill is not None and reference is not None:
        raise typer.BadParameter("A price takes the card or phone: nothing else tells the cover.")
    asked = None if bill is None else read_json(bill, Bill)
    day = (care_date or datetime.now(UTC)).date()
    with PracticeClient(open_key(key, passphrase_file)) as client:
        if card is not None:
            told = client.check_card(_given(card), care_date=day, family=family)
        elif phone is not None:
            told = client.check_phone(_given(phone), care_date=day, family=family)
        else:
            told = client.check_reference(_given(reference or ""), care_date=day, family=family)
        covered = told.reply if isinstance(told.reply, Covered) else None
        priced = client.price(asked, covered) if asked and covered else None
    if told.warning and not as_json:
        screen.print(told.warning, style="yellow", highlight=False)
    facts = _facts(told.reply) | ({"warning": told.warning} if told.warning else {})
    if priced is not None:
        facts["price"] = msgspec.to_builtins(priced)
    result(facts, as_json=as_json, text="\n".join([_text(told.reply), *_price(priced)]))
    if not isinstance(told.reply, Covered):
        raise typer.Exit(NO_ANSWER)


def _price(priced: Priced | None) -> list[str]:
    if priced is None:
        return []
    why = [f"  {step}" for act in priced.acts for step in act.why_en]
    return [f"Price {priced.price}: AMO {priced.amo_paid}, AMC {priced.amc}", *why]


def _given(value: str) -> str:
    """Return an option's value; a card's code in a list of processes is there for all to read."""
    return sys.stdin.readline().strip() if value == "-" else value


def _facts(reply: CheckReply) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(reply)
    return {name: value for name, value in facts.items() if value or name not in {"cover", "also"}}


def _text(reply: CheckReply) -> str:
    match reply:
        case Covered():
            lines = [f"Covered by {reply.insurer.name} ({reply.insurer.amc})."]
            if reply.cover:
                lines += _lines(reply.cover)
            for each in reply.also:
                lines += [f"Then {each.insurer.name} ({each.insurer.amc}).", *_lines(each.cover)]
            return "\n".join([*lines, f"Settlement reference: {reply.reference}"])
        case NotCovered():
            return "Not covered on that day for that care family."
        case _:
            return "Refused. Present the card, or ask the patient for their insurer's papers."


def _lines(cover: Cover) -> list[str]:
    return [cover.package.label_fr, *(f"  {line.basis}  {line.act_fr}" for line in cover.lines)]
