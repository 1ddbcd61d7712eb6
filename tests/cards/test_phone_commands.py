"""`ecluse phone`, on an insurer's machine: a word that the keyring believes, or why there is none."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from ecluse.cards import code
from ecluse.cards.grant import End, Grant, GrantError, believed, card_hash
from ecluse.cli.phone import app
from ecluse.client.phone import Phone
from ecluse.feeds import insurer_keys
from ecluse.login import base64url


if TYPE_CHECKING:
    from pathlib import Path

    from ecluse.cards.grant import Word

AMC = "75004407"
CARD = code.encode(bytes(range(16)))
PHONE = Phone()
NAME = base64url.encode(PHONE.name)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An insurer's key folder."""
    folder = tmp_path_factory.mktemp("insurer") / "keys"
    insurer_keys.create(folder, amc=AMC, name="Mutuelle du Bief")
    return folder


def run(*arguments: str, given: str | None = None) -> dict[str, object]:
    result = CliRunner().invoke(app, [*arguments, "--json"], given, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    told: dict[str, object] = json.loads(result.stdout)
    return told


def word(keys: Path, text: object) -> Word:
    public = {AMC: insurer_keys.read(keys).public.signing_key}
    return believed(base64url.decode(str(text)), public, time.time())


def test_a_grant_names_phone_and_card_and_comes_as_a_link(keys: Path) -> None:
    told = run(
        *("grant", "--keys", str(keys), "--phone", NAME, "--card", "-"),
        *("--pages", "https://portal.example/"),
        given=f"{CARD.lower()}\n",
    )
    granted = word(keys, told["grant"])
    assert isinstance(granted, Grant)
    assert (granted.phone, granted.card) == (PHONE.name, card_hash(bytes(range(16))))
    assert told["link"] == f"https://portal.example/carte/#{told['grant']}"
    assert CARD not in json.dumps(told)


def test_an_end_names_the_phone(keys: Path) -> None:
    told = run("end", "--keys", str(keys), "--phone", NAME)
    ended = word(keys, told["end"])
    assert isinstance(ended, End)
    assert ended.phone == PHONE.name
    assert told["ended"] is False


@pytest.mark.parametrize(
    "name",
    ["", "AAAA", NAME[:-1], NAME + "A", "not a name"],
    ids=["empty", "short", "cut", "longer", "words"],  # a phone's name is drawn anew each time
)
def test_what_is_no_phones_name_is_not_granted(keys: Path, name: str) -> None:
    with pytest.raises(GrantError):
        run("grant", "--keys", str(keys), "--phone", name, "--card", CARD)
