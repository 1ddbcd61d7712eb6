"""What the documents name exists, and what is generated is up to date."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer
from typer import Context
from typer.core import TyperGroup

from ecluse.cli import app


ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "ecluse"
DECISIONS = ROOT / "docs" / "decisions"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

# Inline links and images, whose target may not hold a blank.
LINK = re.compile(r"\]\(([^()\s]+)\)|<img src=\"([^\"]+)\"")
LINKED = re.compile(r"\[[^\]]*\]\([^()\s]+\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[a-z0-9_.-]+(?:/[a-z0-9_.-]+)*\.(?:py|sql|toml|js)")
FOLDER = re.compile(r"(?:[a-z0-9_]+/)+")

COMMAND = re.compile(r"(?:^ {4}|`)(?:\./)?ecluse ([a-z]+(?: [a-z]+)*)", re.MULTILINE)
OF_THE_LAUNCHER = {"test", "prove", "lint"}

# Folders of an installation's home, which no clone has.
OF_A_HOME = {"postgres/", "keyring/", "run/", "log/", "feeds/rejects/"}


@cache
def prose(document: Path) -> str:
    return FENCED.sub("", document.read_text("utf-8"))


def linked() -> list[tuple[Path, str]]:
    """Every relative link: the document it stands in, and its target."""
    found = []
    for document in DOCUMENTS:
        for match in LINK.finditer(prose(document)):
            target = match[1] or match[2]
            if not re.match(r"[a-z]+:", target):
                found.append((document, target))
    return found


def named() -> set[tuple[Path, str]]:
    """Every file and folder that stands as code in a sentence and not in a link."""
    return {
        (document, name)
        for document in DOCUMENTS
        for name in CODE.findall(LINKED.sub("", prose(document)))
        if FILE.fullmatch(name) or (FOLDER.fullmatch(name) and name not in OF_A_HOME)
    }


def commands() -> set[tuple[Path, str]]:
    """Every command of Écluse that stands as code, without its options and arguments."""
    return {
        (document, words)
        for document in DOCUMENTS
        for words in COMMAND.findall(prose(document))
        if words.split()[0] not in OF_THE_LAUNCHER
    }


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as a Markdown renderer makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in headings}


def listed_promises() -> list[dict[str, Any]]:
    content = tomllib.loads((ROOT / "docs" / "promises.toml").read_text("utf-8"))
    promises: list[dict[str, Any]] = content["promise"]
    return promises


def spoken(case: tuple[Path, str]) -> str:
    return f"{case[0].relative_to(ROOT)}: {case[1]}"


@pytest.mark.parametrize("link", linked(), ids=spoken)
def test_a_relative_link_leads_somewhere(link: tuple[Path, str]) -> None:
    document, target = link
    path, _, anchor = unquote(target).partition("#")
    there = (document.parent / path).resolve() if path else document
    assert there.exists()
    assert ROOT in (there, *there.parents)
    assert not anchor or anchor in anchors(there)


@pytest.mark.parametrize("name", sorted(named()), ids=spoken)
def test_a_file_or_folder_named_in_a_document_exists(name: tuple[Path, str]) -> None:
    _, path = name
    if "/" in path:
        assert (SOURCE / path).exists() or (ROOT / path).exists()
    else:
        assert (ROOT / path).exists() or any(SOURCE.rglob(path))


@pytest.mark.parametrize("command", sorted(commands()), ids=spoken)
def test_a_command_named_in_a_document_exists(command: tuple[Path, str]) -> None:
    found = typer.main.get_command(app)
    for word in command[1].split():
        if not isinstance(found, TyperGroup):
            break  # what follows are arguments
        inner = found.get_command(Context(found), word)
        assert inner is not None
        found = inner


def test_the_documents_name_enough_to_be_worth_checking() -> None:
    assert len(linked()) > 30
    assert len(named()) > 80
    assert len(commands()) > 10


def test_every_decision_is_listed_in_order_under_a_number_of_its_own() -> None:
    records = sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))
    rows = re.findall(
        r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \|$",
        (DECISIONS / "README.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert [file for _, file, _ in rows] == records
    # Work that goes on side by side takes its numbers beforehand, and lands in any order.
    assert [number for number, _, _ in rows] == sorted({number for number, _, _ in rows})
    for number, file, title in rows:
        first = (DECISIONS / file).read_text("utf-8").splitlines()[0]
        assert first == f"# {number}. {title}"


def test_the_table_of_promises_is_the_one_generated() -> None:
    command = [sys.executable, str(ROOT / "docs" / "promises.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_page_of_figures_is_the_one_generated() -> None:
    command = [sys.executable, str(ROOT / "docs" / "performance.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_promises_are_ten_and_in_order() -> None:
    assert [promise["id"] for promise in listed_promises()] == [f"P{n}" for n in range(1, 11)]


@pytest.mark.parametrize("promise", listed_promises(), ids=lambda promise: str(promise["id"]))
def test_what_holds_and_what_tries_a_promise_exists(promise: dict[str, Any]) -> None:
    missing = [
        path
        for path in (
            *(f"src/ecluse/{module}" for module in promise["modules"]),
            *promise["tests"],
        )
        if not (ROOT / path).is_file()
    ]
    assert missing == []
    assert promise["tests"] or not promise["figure"], "a figure that nothing measured"


@pytest.mark.parametrize("promise", listed_promises(), ids=lambda promise: str(promise["id"]))
def test_the_threat_model_speaks_of_every_promise(promise: dict[str, Any]) -> None:
    model = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
    section = re.search(
        rf"^### {promise['id']}\. {re.escape(promise['name'])}$(.*?)(?=^##)",
        model,
        re.MULTILINE | re.DOTALL,
    )
    assert section
    assert "**Holds it**" in section[1]
    assert "**Remains**" in section[1] or "**Not yet**" in section[1]
    assert "**Not yet**" in section[1] or promise["tests"]
