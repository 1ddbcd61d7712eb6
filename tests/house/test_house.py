"""The habits that hold the repository together, where no linter looks."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest


ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "ecluse"
LOCKS = ("runtime", "dev")
DRAWERS = re.compile(r"(^|_)(utils?|helpers?|misc|common|managers?)(_|\.|$)")

# Written in halves, so that this file does not hold what it forbids.
OUTSIDE = "../" + "shared"
MACHINE_PATHS = re.compile("/" + r"(?:root|work|home/[a-z]+)/")


def tracked() -> list[Path]:
    """Every file that git holds or would hold."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> dict[Path, str]:
    found = {}
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found[path] = content.decode("utf-8")
    return found


def normal(name: str) -> str:
    """A package's name without version or extras, as PEP 503 compares them."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[=<>;~! ]", name, maxsplit=1)[0]).lower()


def direct(requirements: str) -> set[str]:
    """The packages that a lock holds on our own behalf."""
    found = set()
    name = ""
    for line in requirements.splitlines():
        if pin := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", line):
            name = normal(pin[1])
        elif re.search(r"# (via )?\s*(ecluse \(pyproject\.toml\)|-r requirements/dev\.in)", line):
            found.add(name)
    return found


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")


def wanted() -> dict[str, set[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    runtime = {normal(line) for line in project["dependencies"]}
    lines = (ROOT / "requirements" / "dev.in").read_text("utf-8").splitlines()
    dev = {normal(line) for line in lines if line and not line.startswith("#")}
    return {"runtime": runtime, "dev": runtime | dev}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_exactly_what_we_ask_for_and_what_that_needs(name: str) -> None:
    assert direct(lock(name)) == wanted()[name]


def test_the_lock_for_developing_holds_all_of_the_other_unchanged() -> None:
    pins = {name: set(re.findall(r"^\S+==\S+", lock(name), re.MULTILINE)) for name in LOCKS}
    assert pins["runtime"]
    assert pins["runtime"] <= pins["dev"]


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash_and_no_lock_carries_an_address(name: str) -> None:
    text = lock(name)
    pins = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
    assert pins
    assert all("--hash=sha256:" in pin for pin in pins)
    assert "://" not in text
    assert not re.search(
        r"^\s*-(i|f|-index-url|-extra-index-url|-find-links)\b", text, re.MULTILINE
    )


def test_what_the_pages_take_from_npm_is_pinned_and_hashed_and_carries_no_address() -> None:
    text = (ROOT / "requirements" / "pages" / "package-lock.json").read_text("utf-8")
    ours, *taken = json.loads(text)["packages"].values()
    assert ours["dependencies"] == {"jsqr": "1.4.0", "qr": "0.7.0"}
    assert [package["version"] for package in taken] == ["1.4.0", "0.7.0"]
    assert all(package["integrity"].startswith("sha512-") for package in taken)
    assert "://" not in text


def test_nothing_points_outside_the_repository() -> None:
    pointing = [path for path, text in texts().items() if OUTSIDE in text]
    assert pointing == []


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    own = Path(__file__).resolve()
    holding = {path: MACHINE_PATHS.search(text) for path, text in texts().items() if path != own}
    assert [path for path, found in holding.items() if found] == []


def test_no_module_is_a_drawer_of_leftovers() -> None:
    drawers = [path for path in tracked() if DRAWERS.search(path.name)]
    assert drawers == []


def test_no_module_is_over_400_lines() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in SOURCE.rglob("*.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}


def test_every_command_can_speak_json() -> None:
    """All but `serve`, whose commands run until they are stopped and so have no result."""
    mute = []
    for path in set((SOURCE / "cli").glob("*.py")) - {SOURCE / "cli" / "serve.py"}:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(map(_is_command, node.decorator_list)):
                names = {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
                if not names & {"as_json", "json"}:
                    mute.append(f"{path.name}:{node.name}")
    assert mute == []


def _is_command(decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(target, ast.Attribute) and target.attr == "command"


def test_the_pre_commit_hooks_are_all_local() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert set(re.findall(r"repo: (\S+)", text)) == {"local"}
    for entry in re.findall(r"entry: \.venv/bin/(\S+)", text):
        assert normal(entry) in wanted()["dev"] | {"lint-imports"}
