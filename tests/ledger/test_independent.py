"""The ledger as others read it: Go's sumdb packages, and pymerkle. Neither knows of Écluse."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pymerkle
import pytest

from ecluse.ledger import proofs
from ecluse.ledger.cosignature import cosign
from ecluse.ledger.note import open_checkpoint, parse
from ecluse.witness.folder import Identity
from ledger.writing import LOG_KEY, cover, fill


if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[Any]

pytestmark = pytest.mark.anyio

EARLIER, LATER = 300, 700
POSITIONS = (0, 255, 256, 299, 300, 511, 699)


@pytest.fixture(scope="session")
def go_reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built from Debian's packages alone."""
    go = shutil.which("go")
    assert go, "Debian's golang-go is not installed; `./ecluse test` installs it."
    folder = tmp_path_factory.mktemp("go")
    source = Path(__file__).with_name("independent") / "reader.go"
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
    }
    subprocess.run([go, "build", "-o", folder / "reader", source], env=environment, check=True)
    return folder / "reader"


@pytest.fixture
async def told(gate: Connection, ledger: Connection) -> dict[str, Any]:
    """What the gate tells an outsider who kept the checkpoint over 300 entries."""
    await fill(gate, 0, EARLIER)
    await cover(ledger)
    earlier = await proofs.checkpoint(gate)
    await fill(gate, EARLIER, LATER)
    await cover(ledger)
    found: dict[str, Any] = msgspec.to_builtins(
        {
            "key": LOG_KEY.text(),
            "earlier": earlier,
            "inclusion": [await proofs.inclusion(gate, position) for position in POSITIONS],
            "consistency": await proofs.consistency(gate, EARLIER),
        }
    )
    return found


def accepts(reader: Path, told: dict[str, Any]) -> bool:
    done = subprocess.run([reader], input=json.dumps(told).encode(), capture_output=True)  # noqa: PLW1510 - either exit is an answer
    return done.returncode == 0


async def test_go_opens_the_checkpoints_and_checks_the_proofs(
    go_reader: Path, told: dict[str, Any]
) -> None:
    assert accepts(go_reader, told)


async def test_go_reads_a_witness_s_cosignature(go_reader: Path, told: dict[str, Any]) -> None:
    witness, other = Identity("witness.example.org/one", b"w" * 32), Identity("thief", b"t" * 32)
    checkpoint = told["consistency"]["checkpoint"]
    text, _ = parse(checkpoint)

    def cosigned(by: Identity, at: int) -> dict[str, Any]:
        line = cosign(text, witness.key, by.private, at).line
        consistency = {**told["consistency"], "checkpoint": checkpoint + line}
        return {**told, "consistency": consistency, "witness": witness.key.text()}

    assert accepts(go_reader, cosigned(witness, 1_764_201_600))
    assert not accepts(go_reader, cosigned(other, 1_764_201_600))
    assert not accepts(go_reader, {**told, "witness": witness.key.text()})
    dated = cosigned(witness, 1_764_201_600)
    *rest, line = dated["consistency"]["checkpoint"].splitlines()
    signed = base64.b64decode(line.split(" ")[2])
    later = signed[:4] + (1_764_300_000).to_bytes(8, "big") + signed[12:]
    moved = f"\u2014 {witness.name} {base64.b64encode(later).decode()}"
    dated["consistency"]["checkpoint"] = "\n".join([*rest, moved, ""])
    assert not accepts(go_reader, dated)


async def test_go_refuses_what_was_tampered_with(go_reader: Path, told: dict[str, Any]) -> None:
    other = msgspec.json.decode(msgspec.json.encode(told))
    other["inclusion"][2]["position"] += 1
    assert not accepts(go_reader, other)
    other = msgspec.json.decode(msgspec.json.encode(told))
    other["consistency"]["hashes"].pop()
    assert not accepts(go_reader, other)
    other = {**told, "earlier": told["earlier"].replace("\n300\n", "\n301\n")}
    assert not accepts(go_reader, other)


async def test_pymerkle_comes_to_the_roots_that_were_signed(
    ledger: Connection, told: dict[str, Any]
) -> None:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for row in await ledger.fetch("SELECT commitment FROM ledger_entry ORDER BY position"):
        tree.append_entry(row["commitment"])
    for text in (told["earlier"], told["consistency"]["checkpoint"]):
        signed = open_checkpoint(text, LOG_KEY)
        assert tree.get_root(signed.size) == signed.root
    pymerkle.verify_consistency(
        open_checkpoint(told["earlier"], LOG_KEY).root,
        open_checkpoint(told["consistency"]["checkpoint"], LOG_KEY).root,
        tree.prove_consistency(EARLIER, LATER),
    )
