"""`ecluse client`: practice software's key, on the computer where the software runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ecluse.cli.output import JsonOption, result
from ecluse.client.keyfile import KeyFile, KeyFileError
from ecluse.client.practice import PracticeClient


app = typer.Typer(help="The key of practice software.", no_args_is_help=True)

KeyOption = Annotated[
    Path,
    typer.Option("--key", envvar="ECLUSE_CLIENT_KEY", help="The software's key file."),
]
PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        envvar="ECLUSE_CLIENT_PASSPHRASE_FILE",
        help="File with the passphrase that the key is sealed with.",
    ),
]


def open_key(path: Path, passphrase_file: Path | None) -> KeyFile:
    """Open a key file, under the passphrase in another file if there is one.

    Raises:
        KeyFileError: Either cannot be used.
    """
    return KeyFile.open(path, _passphrase(passphrase_file))


@app.command()
def keygen(
    *,
    out: Annotated[Path, typer.Option(help="A new file; it never leaves this computer.")],
    gate: Annotated[str, typer.Option(help="The operator's address for signed requests.")],
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key; only its fingerprint is told to anybody."""
    key = KeyFile.create(out, gate, _passphrase(passphrase_file))
    result(
        {"key": str(out), "gate": key.gate, "fingerprint": key.fingerprint},
        as_json=as_json,
        text=f"The key is in {out}. Its fingerprint: {key.fingerprint}\n"
        "Ask to join with `ecluse client register`.",
    )


@app.command()
def register(
    *,
    key: KeyOption,
    finess: Annotated[str, typer.Option(help="The organisation's FINESS number.")],
    label: Annotated[str, typer.Option(help="How the organisation calls this software.")],
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask to check for an organisation; an officer accepts the fingerprint."""
    with PracticeClient(open_key(key, passphrase_file)) as client:
        asked = client.register(finess, label)
    result(
        {"fingerprint": asked.fingerprint, "state": asked.state},
        as_json=as_json,
        text=f"Read this fingerprint to the operator's officer: {asked.fingerprint}\n"
        "`ecluse client state` tells whether it was accepted.",
    )


@app.command()
def state(
    *, key: KeyOption, passphrase_file: PassphraseOption = None, as_json: JsonOption = False
) -> None:
    """Tell whether the key was accepted, and for how long it counts."""
    with PracticeClient(open_key(key, passphrase_file)) as client:
        me = client.me_if_accepted()
    if me is None:
        result(
            {"accepted": False},
            as_json=as_json,
            text="The key does not count: not accepted yet, ended, or revoked.",
        )
        raise typer.Exit(1)
    text = f"{me.label} of {me.organisation.name}: the key counts until {me.expires_at:%Y-%m-%d}."
    facts = {
        "accepted": True,
        "organisation": {"name": me.organisation.name, "finess": me.organisation.finess},
        "label": me.label,
        "locked": me.locked,
        "expires_at": me.expires_at.isoformat(),
        "warning": me.warning,
    }
    result(facts, as_json=as_json, text="\n".join(filter(None, (text, me.locked, me.warning))))


@app.command()
def rotate(
    *, key: KeyOption, passphrase_file: PassphraseOption = None, as_json: JsonOption = False
) -> None:
    """Put a new key in place of the present one; the file is replaced."""
    file = open_key(key, passphrase_file)
    with PracticeClient(file) as client:
        rotated = client.rotate()
    result(
        {
            "fingerprint": file.fingerprint,
            "expires_at": rotated.expires_at.isoformat(),
            "before_ends_at": rotated.before_ends_at and rotated.before_ends_at.isoformat(),
        },
        as_json=as_json,
        text=f"The new key counts until {rotated.expires_at:%Y-%m-%d}. Its fingerprint:"
        f" {file.fingerprint}",
    )


def _passphrase(file: Path | None) -> bytes | None:
    if file is None:
        return None
    try:
        return file.read_bytes().strip() or None
    except OSError as error:
        raise KeyFileError(
            f"The passphrase cannot be read from {file}: {error.strerror}."
        ) from None
