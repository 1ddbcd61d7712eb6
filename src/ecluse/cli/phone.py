"""`ecluse phone`: what an insurer says of its members' phones, on the insurer's own machine."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from msgspec.json import Decoder

from ecluse.cards import code
from ecluse.cards.grant import LIFETIME, End, Grant, GrantError, card_hash, signed
from ecluse.cards.presentation import KEY_SIZE
from ecluse.cli.output import JsonOption, result
from ecluse.client.device import DeviceKey
from ecluse.client.exchange import Speaker, converse
from ecluse.client.replies import PhoneEnded
from ecluse.feeds import insurer_keys
from ecluse.login import base64url


app = typer.Typer(no_args_is_help=True, help="Members' phones, on the insurer's side.")

KeysOption = Annotated[Path, typer.Option("--keys", help="The folder of the insurer's keys.")]
PhoneOption = Annotated[
    str, typer.Option("--phone", help="The phone's name, as its page shows it: 44 characters.")
]


@app.command("grant")
def grant_phone(
    *,
    keys: KeysOption,
    phone: PhoneOption,
    card: Annotated[str, typer.Option(help="The member's card code; - reads standard input.")],
    pages: Annotated[
        str | None, typer.Option(help="The pages' address: prints a link for the phone to open.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Let a phone stand for a member's card; to be done once you made sure of the member."""
    insurer = insurer_keys.read(keys)
    secret = code.decode(sys.stdin.readline() if card == "-" else card)
    word = Grant(insurer.public.amc, _name(phone), int(time.time()), card_hash(secret))
    text = base64url.encode(signed(word, insurer.sign))
    link = f"{pages.rstrip('/')}/carte/#{text}" if pages else ""
    result(
        {"grant": text, "link": link, "seconds": LIFETIME},
        as_json=as_json,
        text=link or text,
    )


@app.command()
def end(
    *,
    keys: KeysOption,
    phone: PhoneOption,
    gate: Annotated[
        str | None,
        typer.Option(help="The operator's address for requests: sends it; else it is printed."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """End a phone that was granted: lost, stolen, or its member has left."""
    insurer = insurer_keys.read(keys)
    word = End(insurer.public.amc, _name(phone), int(time.time()))
    text = base64url.encode(signed(word, insurer.sign))
    ended = _sent(gate, text) if gate else False
    result(
        {"end": text, "ended": ended},
        as_json=as_json,
        text="The phone stands for no card any more." if ended else text,
    )


def _sent(gate: str, text: str) -> bool:
    # Nobody signs the request: the word is signed.
    with httpx2.Client(timeout=30) as http:
        speaker = Speaker(gate.rstrip("/"), DeviceKey.generate(), "")
        asked = speaker.plain("POST", "/v1/phones/end", {"end": text}, Decoder(PhoneEnded))
        return converse(http, asked).ended


def _name(text: str) -> bytes:
    try:
        return base64url.decode(text.strip(), KEY_SIZE)
    except ValueError:
        raise GrantError(
            "That is not a phone's name.", hint="Copy the 44 characters that its page shows."
        ) from None
