"""`ecluse openapi`: the gate's API, described for machines."""

from __future__ import annotations

import json

import typer

from ecluse.cli.output import JsonOption, result
from ecluse.client.openapi import OPERATIONS, describe


app = typer.Typer()


@app.command()
def openapi(*, as_json: JsonOption = False) -> None:
    """Print the OpenAPI 3.1 description with --json; without, its operations, one a line."""
    lines = [f"{each.method:<5} {each.path:<36} {each.summary}" for each in OPERATIONS]
    facts = json.loads(json.dumps(describe()))
    result(facts, as_json=as_json, text="\n".join(lines))
