"""The witness as a process of its own, as an insurer would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2

from ecluse.ledger.cosignature import Cosignature, WitnessKey, verified
from ecluse.ledger.note import parse, read_signatures


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecluse.ledger.submission import Submission


NAME = "witness.example.org/one"
LATER = 2.0**40


class Running(NamedTuple):
    """A witness that serves."""

    url: str
    key: WitnessKey
    process: subprocess.Popen[bytes]

    def post(self, body: bytes) -> httpx2.Response:
        return httpx2.post(f"{self.url}/add-checkpoint", content=body)

    def submit(self, submission: Submission) -> httpx2.Response:
        return self.post(submission.body())

    def cosigned(self, submission: Submission) -> Cosignature:
        answer = self.submit(submission)
        assert answer.status_code == 200, answer.text
        text, _ = parse(submission.note)
        (found,) = verified(text, read_signatures(answer.text), [self.key], LATER)
        return found


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ecluse", "ledger", "witness", *arguments]


def ask(state: Path, *arguments: str, status: int = 0) -> dict[str, Any]:
    """Run a command of the witness's; return its JSON."""
    whole = command(*arguments, "--state", str(state), "--json")
    done = subprocess.run(whole, capture_output=True, check=False)
    assert done.returncode == status, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def witness(state: Path, name: str = NAME, port: int = 0) -> Iterator[Running]:
    """Run one on this folder, with nothing in its environment that leads to an installation."""
    environment = {each: os.environ[each] for each in ("PATH", "HOME") if each in os.environ}
    process = subprocess.Popen(
        command("serve", "--state", str(state), "--name", name, "--port", str(port), "--json"),
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout
    try:
        said = json.loads(process.stdout.readline())
        url = f"http://127.0.0.1:{said['port']}"
        yield Running(url, WitnessKey.parse(said["key"]), process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
