"""`ecluse evidence`: one signed archive of an incident, for the regulator."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ecluse.cli.output import JsonOption, bars, result
from ecluse.errors import EcluseError
from ecluse.local import incidents
from ecluse.local.installation import Installation


app = typer.Typer(no_args_is_help=True)


@app.callback()
def evidence() -> None:
    """Evidence of an incident, that anybody can verify."""


@app.command()
def build(
    *,
    incident: Annotated[int, typer.Option(min=1, help="The incident's number; it is open.")],
    since: Annotated[
        Path | None,
        typer.Option(help="A checkpoint that the regulator kept: nothing was taken back since."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The archive; evidence-N.zip if none.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Build an incident's archive; unpacked, `python3 verify.py` in it verifies everything."""
    file = out or Path(f"evidence-{incident}.zip")
    with bars() as told:
        built, archive = asyncio.run(
            incidents.build_evidence(
                Installation.from_environment(), incident, told, since=_text(since)
            )
        )
    try:
        file.write_bytes(archive)
    except OSError as error:
        raise EcluseError(f"{file} cannot be written: {error.strerror}.") from None
    text = [
        (
            f"{file}: {built.files} files, {built.acts} acts, {built.checks} answers as commitments,"
            f" {built.policies} policies, from a ledger of {built.size} entries."
        ),
        *(f"The text of policy {each} is not at hand." for each in built.policies_absent),
        *(f"Entry {each} does not open." for each in built.unread),
        f"SHA-256 {built.sha256}",
    ]
    facts = {"file": str(file), **msgspec.to_builtins(built)}
    result(facts, as_json=as_json, text="\n".join(text))


def _text(path: Path | None) -> str | None:
    try:
        return path.read_text("utf-8") if path else None
    except (OSError, UnicodeDecodeError):
        raise EcluseError(f"{path} holds no checkpoint.") from None
