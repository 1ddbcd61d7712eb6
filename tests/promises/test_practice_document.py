"""What docs/practice-software.md tells a reader to type works, in the order in which it stands."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest


if TYPE_CHECKING:
    from towns import Town

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "practice-software.md"


def blocks() -> list[tuple[str, str]]:
    found = re.findall(
        r"^```(sh|python)\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL
    )
    return [(kind, text) for kind, text in found]


def test_the_document_runs_from_its_first_line_to_its_last(town: Town, tmp_path: Path) -> None:
    member = town.cast.members[-1]
    program = f'ecluse() {{ {shlex.quote(sys.executable)} -m ecluse "$@"; }}\nset -e\n'
    reader = {
        **os.environ,
        "ECLUSE_HOME": str(town.operator.installation.folder),
        "GATE": town.operator.ports.pipe_origin,
        "FINESS": town.cast.finess[-1],
        "CARD": member.card,
        "FAMILY": member.families[0],
    }
    told = []
    for kind, text in blocks():
        command = ["bash", "-c", program + text] if kind == "sh" else [sys.executable, "-c", text]
        done = subprocess.run(
            command, cwd=tmp_path, env=reader, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (text, done.stdout, done.stderr)
        told.append(done.stdout)
        marks = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", done.stdout)
        reader |= {"FINGERPRINT": marks[-1]} if marks else {}
    _, accepted, checked, python, priced, rotated, revoked = told
    assert "It can check now" in accepted
    facts = json.loads(checked)
    assert (facts["outcome"], facts["lane"]) == ("covered", "card")
    assert facts.keys() >= {"insurer", "cover", "reference", "receipt"}
    assert python.startswith(facts["insurer"]["name"])
    assert json.loads(priced)["price"]["price"] == "30.00"
    assert "new key counts until" in rotated
    assert "Revoked Till 1" in revoked


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["--family", "pharmacy"], 2, "one of --card, --phone and --reference"),
        (["--family", "pharmacy", "--card", "ECLX"], 1, "cannot be read"),
        (["--family", "astrology", "--card", "ECLX"], 2, "astrology"),
    ],
)
def test_a_check_that_cannot_be_made_says_why(
    arguments: list[str], status: int, says: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "ecluse", "check", "--key", "none.key", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert says in " ".join(done.stderr.split())
