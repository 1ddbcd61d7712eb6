"""An incident's archive: any machine's Python verifies it, and names what was done to it."""

from __future__ import annotations

import ast
import asyncio
import base64
import io
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import policies
from ecluse.breach.incident import Cause, Statement
from ecluse.cover.family import CareFamily
from ecluse.demo.town import open_town
from ecluse.evidence import archive
from ecluse.ledger import note, proofs
from ecluse.ledger.cosignature import cosign
from ecluse.local import incidents
from ecluse.store.roles import Role
from ecluse.witness.folder import Folder, Identity
from witness.running import NAME, witness


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ecluse.demo.town import Town

Files = dict[str, bytes]
ENTRIES, CASE, SCOPE = "ledger/entries.json", "case.json", "scope.json"


class Proved(NamedTuple):
    """An archive, its operator's key, and what must not be in it."""

    file: bytes
    key: str
    secrets: tuple[bytes, ...]
    #: The key of the witness that cosigned, and a checkpoint that was kept from before.
    witness: str
    kept: str

    @property
    def files(self) -> Files:
        with zipfile.ZipFile(io.BytesIO(self.file)) as file:
            return {name: file.read(name) for name in file.namelist()}


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proved]:
    folder = tmp_path_factory.mktemp("witness")
    with witness(folder / "state") as running:
        named = f"{running.url} {running.key.text()}"
        terms = {"known": [named], "every_seconds": 1}
        rules = policies.write(folder / "policy.toml", witness=terms)
        with open_town(2000, 7, rules, insurers=3) as town:
            log = asyncio.run(incidents.log_key(town.operator.installation))
            Folder(folder / "state").follow(note.VerifierKey.parse(log))
            yield asyncio.run(breached(town, running.key.text()))


async def breached(town: Town, witness_key: str) -> Proved:
    installation, since = town.operator.installation, datetime.now(UTC)
    connection = await installation.database.connect(Role.LEDGER)
    kept = await proofs.checkpoint(connection)
    await connection.close()
    async with town.scene() as scene:
        victim = await scene.hire(scene.finess[0])
        patients = [each for each in scene.members if CareFamily.PHARMACY in each.families][:20]
        for member in patients:
            await victim.gate.check_card(
                member.card, care_date=scene.today, family=CareFamily.PHARMACY
            )
        opened = await incidents.open_incident(
            installation, Statement(since=since, accounts=(victim.account,)), Cause.PHISHING
        )
        await asyncio.sleep(2)  # A checkpoint follows an entry within a second; likewise below.
        await incidents.build_notices(installation, opened.incident, quiet)
        await asyncio.sleep(2)
        _, file = await incidents.build_evidence(installation, opened.incident, quiet, since=kept)
    connection = await installation.database.connect(Role.OWNER)
    try:
        rows = await connection.fetch("SELECT idx, sealed FROM member_reference")
    finally:
        await connection.close()
    secrets = [value for row in rows for value in row.values()]
    secrets += [each.identifier for each in patients]
    secrets += [each.person.nir.encode() for each in patients]
    key = await incidents.log_key(installation)
    return Proved(file, key, tuple(secrets), witness_key, kept)


def quiet(*_: object) -> None:
    pass


def verified(files: Files, key: str, folder: Path, *also: str) -> subprocess.CompletedProcess[str]:
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    verifier = resources.files("ecluse.evidence") / "verify.py"
    command = [sys.executable, "-I", str(verifier), str(folder), "--key", key, *also]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_honest_archive_verifies_with_its_own_verifier_alone(
    proved: Proved, tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(proved.file)) as file:
        file.extractall(tmp_path)
        assert file.namelist()[0] == "verify.py"
    command = [sys.executable, "-I", "verify.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert proved.key in done.stdout
    assert verified(proved.files, proved.key, tmp_path).returncode == 0


def test_the_verifier_needs_the_standard_library_alone(proved: Proved) -> None:
    imported = set[str]()
    for each in ast.walk(ast.parse(proved.files["verify.py"])):
        if isinstance(each, ast.Import):
            imported |= {name.name.split(".")[0] for name in each.names}
        elif isinstance(each, ast.ImportFrom):
            imported.add(str(each.module).split(".")[0])
    assert imported
    assert imported <= set(sys.stdlib_module_names)


def test_no_members_identifier_index_or_reference_is_in_an_archive(proved: Proved) -> None:
    everything = b"\n".join(proved.files.values())
    assert len(proved.secrets) > 100
    for secret in proved.secrets:
        assert secret not in everything
        assert base64.b64encode(secret) not in everything
        assert secret.hex().encode() not in everything


def test_what_happened_is_told_in_both_languages(proved: Proved) -> None:
    assert b"Notices built (version 1)" in proved.files["guide-en.md"]
    assert b"Incident ouvert" in proved.files["guide-fr.md"]
    scope = json.loads(proved.files[SCOPE])
    assert sum(scope["answers"].values()) == 20
    assert any(name.startswith("policies/") for name in proved.files)


def test_a_changed_byte_is_found_in_every_file_and_the_file_is_named(
    proved: Proved, tmp_path: Path
) -> None:
    for number, (name, body) in enumerate(sorted(proved.files.items())):
        at = len(body) // 2
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        done = verified({**proved.files, name: changed}, proved.key, tmp_path / str(number))
        assert done.returncode == 1, name
        assert f"FAULT {name}:" in done.stdout


def edit(name: str, change: Callable[[Any], None]) -> Callable[[Files], None]:
    def tamper(files: Files) -> None:
        value = json.loads(files[name])
        change(value)
        files[name] = json.dumps(value).encode()

    return tamper


def act(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return next(each for each in entries if "act" in each)


def check(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return next(each for each in entries if "answer" in each)


def other(text: str) -> str:
    """The same base64 with another first byte."""
    body = base64.b64decode(text)
    return base64.b64encode(bytes([body[0] ^ 1]) + body[1:]).decode()


def swap(entry: dict[str, Any], name: str) -> None:
    entry[name] = other(entry[name])


def checkpoints(files: Files) -> list[str]:
    names = [name for name in files if name.startswith("ledger/checkpoints/")]
    return sorted(names, key=lambda name: int(name.rsplit("/")[-1].removesuffix(".txt")))


def first(files: Files, folder: str) -> str:
    return min(name for name in files if name.startswith(folder))


def replace(name: str, old: bytes, new: bytes) -> Callable[[Files], None]:
    def tamper(files: Files) -> None:
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)

    return tamper


def with_acts_swapped(entries: list[dict[str, Any]]) -> None:
    one, two = [each for each in entries if "act" in each][:2]
    one["act"], two["act"] = two["act"], one["act"]


def with_another_root(files: Files) -> None:
    name = checkpoints(files)[0]
    lines = files[name].decode().split("\n")
    lines[2] = other(lines[2])
    files[name] = "\n".join(lines).encode()


def with_another_signature(name: str) -> Callable[[Files], None]:
    def tamper(files: Files) -> None:
        text, _, line = files[name].decode().rstrip("\n").rpartition(" ")
        body = bytearray(base64.b64decode(line))
        body[-40] ^= 1
        files[name] = f"{text} {base64.b64encode(body).decode()}\n".encode()

    return tamper


def rolled_back(files: Files) -> None:
    del files[checkpoints(files)[-1]]


def rolled_back_with_its_size(files: Files) -> None:
    rolled_back(files)
    size = int(checkpoints(files)[-1].rsplit("/")[-1].removesuffix(".txt"))
    edit(CASE, lambda case: case["ledger"].update(size=size))(files)


def cosigned_checkpoint(files: Files) -> str:
    """Return the name of a checkpoint that bears a cosignature."""
    return next(n for n in checkpoints(files) if files[n].count(b"\xe2\x80\x94 ") > 1)


def with_a_forged_cosignature(files: Files) -> None:
    with_another_signature(cosigned_checkpoint(files))(files)


def with_another_cosignatures_time(files: Files) -> None:
    name = cosigned_checkpoint(files)
    text, _, line = files[name].decode().rstrip("\n").rpartition(" ")
    body = bytearray(base64.b64decode(line))
    body[11] ^= 1
    files[name] = f"{text} {base64.b64encode(body).decode()}\n".encode()


def with_a_cosignature_moved(files: Files) -> None:
    line = files[cosigned_checkpoint(files)].decode().splitlines()[-1]
    files[checkpoints(files)[0]] += f"{line}\n".encode()


def with_an_invented_witness(files: Files) -> None:
    """Sign as the witness with a key of one's own, and name that one in the archive."""
    thief = Identity("thief.example.org", b"t" * 32)
    name = checkpoints(files)[0]
    text, _ = note.parse(files[name].decode())
    files[name] += cosign(text, thief.key, thief.private, 1_764_201_600).line.encode()


def renamed_checkpoint(files: Files) -> None:
    files["ledger/checkpoints/1.txt"] = files.pop(checkpoints(files)[0])


def without(folder: str) -> Callable[[Files], None]:
    def tamper(files: Files) -> None:
        del files[first(files, folder)]

    return tamper


def altered(folder: str) -> Callable[[Files], None]:
    def tamper(files: Files) -> None:
        files[first(files, folder)] += b" "

    return tamper


def policy_denied(files: Files) -> None:
    name = first(files, "policies/")
    del files[name]
    digest = name.removeprefix("policies/").removesuffix(".toml")
    edit(CASE, lambda case: case["policies_absent"].append(digest))(files)


def by_another(
    files: Files, *, forked: bool = False, private: Ed25519PrivateKey | None = None
) -> str:
    """Sign everything anew with a key of one's own; return that."""
    private = private or Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    log, evidence = note.log_key(public), note.evidence_key(public)
    for number, name in enumerate(checkpoints(files)):
        found = note.read_checkpoint(note.parse(files[name].decode())[0])
        root = bytes(32) if forked and number == 0 else found.root
        text = note.Checkpoint(log.name, found.size, root).text()
        files[name] = note.assemble(text, log, private.sign(text.encode())).encode()
    files["ledger/key.txt"] = f"{log.text()}\n".encode()
    said = note.parse(files[archive.NOTE].decode())[0].split("\n")
    listed = {name: files[name] for name in files if name not in {archive.MANIFEST, archive.NOTE}}
    files[archive.MANIFEST] = archive.manifest(listed)
    digest = sha256(files[archive.MANIFEST]).hexdigest()
    text = "\n".join([evidence.name, *said[1:3], f"manifest {digest}", ""])
    files[archive.NOTE] = note.assemble(text, evidence, private.sign(text.encode())).encode()
    return log.text()


NO_PROOF, NOT_OPENED = "its proof does not lead to the root", "not those that the keyring opened"
TAMPERED: dict[str, tuple[Callable[[Files], Any], str]] = {
    "act dropped": (edit(ENTRIES, lambda all_: all_.remove(act(all_))), "is told otherwise"),
    "answer dropped": (edit(ENTRIES, lambda all_: all_.remove(check(all_))), "scope.json: "),
    "entries reordered": (edit(ENTRIES, lambda all_: all_.reverse()), "out of order"),
    "entry twice": (edit(ENTRIES, lambda all_: all_.insert(0, all_[0])), "out of order"),
    "act's commitment": (edit(ENTRIES, lambda all_: swap(act(all_), "commitment")), NO_PROOF),
    "answer's commitment": (edit(ENTRIES, lambda all_: swap(check(all_), "commitment")), NO_PROOF),
    "proof shortened": (edit(ENTRIES, lambda all_: act(all_)["hashes"].pop()), NO_PROOF),
    "entry moved": (edit(ENTRIES, lambda all_: all_[-1].update(position=9**9)), NO_PROOF),
    "sealed text": (
        edit(ENTRIES, lambda all_: swap(act(all_), "sealed")),
        "its sealed text is not",
    ),
    "salt": (edit(ENTRIES, lambda all_: swap(act(all_), "salt")), "its sealed text is not"),
    "acts swapped": (edit(ENTRIES, with_acts_swapped), NOT_OPENED),
    "certainty": (edit(ENTRIES, lambda all_: check(all_).update(answer="maybe")), "scope.json: "),
    "act altered": (altered("acts/"), NOT_OPENED),
    "act missing": (without("acts/"), "is missing"),
    "rolled back": (rolled_back, "rolled back"),
    "rolled back with its size": (rolled_back_with_its_size, NO_PROOF),
    "checkpoint's root": (with_another_root, "the operator's signature does not hold"),
    "forged cosignature": (with_a_forged_cosignature, f"the cosignature of {NAME} does not hold"),
    "cosignature's time": (with_another_cosignatures_time, f"of {NAME} does not hold"),
    "cosignature moved": (with_a_cosignature_moved, f"of {NAME} does not hold"),
    "invented witness": (with_an_invented_witness, "of thief.example.org does not hold"),
    "witness dropped": (
        edit("ledger/witnesses.json", lambda keys: keys.clear()),
        "ledger/witnesses.json: the file was altered",
    ),
    "checkpoint renamed": (renamed_checkpoint, "another checkpoint than its name says"),
    "consistency hash": (
        edit("ledger/consistency.json", lambda all_: all_[-1]["hashes"].append("AA==")),
        "a fork",
    ),
    "consistency dropped": (edit("ledger/consistency.json", lambda all_: all_.clear()), "a fork"),
    "discovery": (edit(CASE, lambda case: case.update(discovered="2020")), "case.json: "),
    "incident": (edit(CASE, lambda case: case.update(incident=9)), "another incident"),
    "version": (edit(CASE, lambda case: case.update(software={})), "case.json: "),
    "policy altered": (altered("policies/"), "not the policy in force"),
    "policy missing": (without("policies/"), ".toml: the file is missing"),
    "policy denied": (policy_denied, ".toml: the file is missing"),
    "notice altered": (
        edit("notices.json", lambda all_: all_[0]["files"].update(new="00")),
        "round 1 is not the one",
    ),
    "notice dropped": (
        edit("notices.json", lambda all_: all_[0]["files"].popitem()),
        "round 1 is not the one",
    ),
    "round dropped": (edit("notices.json", lambda all_: all_.clear()), "round 1 is not the one"),
    "answers counted": (edit(SCOPE, lambda all_: all_["answers"].update(sure=0)), "answers, "),
    "persons counted": (edit(SCOPE, lambda all_: all_["persons"].update(sure=0)), "scope.json: "),
    "insurer dropped": (edit(SCOPE, lambda all_: all_["insurers"].popitem()), "scope.json: "),
    "time told": (
        edit("timeline.json", lambda all_: all_[-1].update(at="2020")),
        "is told otherwise",
    ),
    "moment dropped": (edit("timeline.json", lambda all_: all_.pop()), "is told otherwise"),
    "guide altered": (altered("guide-fr"), "guide-fr.md: the file was altered"),
    "verifier altered": (altered("verify.py"), "verify.py: the file was altered"),
    "file added": (lambda files: files.update(new=b""), "new: the file is not in the manifest"),
    "manifest altered": (altered("manifest.json"), "not the manifest that was signed"),
    "note altered": (replace("evidence.txt", b"incident", b"incidens"), "signature does not hold"),
    "note's signature": (with_another_signature("evidence.txt"), "signature does not hold"),
    "signed by another": (by_another, "not the key that was given"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_tampered_with_is_named(name: str, proved: Proved, tmp_path: Path) -> None:
    tamper, fault = TAMPERED[name]
    files = proved.files
    tamper(files)
    done = verified(files, proved.key, tmp_path)
    assert done.returncode == 1
    assert fault in done.stdout
    assert not done.stderr


def test_who_cosigned_is_told_and_who_was_named_and_did_not_is_a_fault(
    proved: Proved, tmp_path: Path
) -> None:
    done = verified(proved.files, proved.key, tmp_path, "--witness", proved.witness)
    assert done.returncode == 0, done.stdout
    assert f"{NAME} cosigned " in done.stdout
    other = Identity(NAME, b"o" * 32).key.text()
    done = verified(proved.files, proved.key, tmp_path, "--witness", other)
    assert done.returncode == 1
    assert f"nothing is cosigned by the witness given, {other}" in done.stdout


def test_nothing_was_taken_back_since_a_checkpoint_that_was_kept(
    proved: Proved, tmp_path: Path
) -> None:
    def since(text: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "kept.txt"
        file.write_text(text, encoding="utf-8")
        return verified(proved.files, proved.key, tmp_path / "all", "--since", str(file))

    done = since(proved.kept)
    assert done.returncode == 0, done.stdout
    size = note.read_checkpoint(note.parse(proved.kept)[0]).size
    forged = proved.kept.replace(f"\n{size}\n", f"\n{size - 1}\n")
    assert "--since: the operator's signature does not hold" in since(forged).stdout


def test_a_ledger_that_was_forked_or_cut_since_then_is_named(
    proved: Proved, tmp_path: Path
) -> None:
    """By whoever holds the log's own key, and so can sign any history."""
    size = note.read_checkpoint(note.parse(proved.kept)[0]).size
    files = proved.files
    private = Ed25519PrivateKey.generate()
    key = by_another(files, private=private)
    log = note.VerifierKey.parse(key)

    def since(number: int) -> str:
        text = note.Checkpoint(log.name, number, bytes(32)).text()
        file = tmp_path / "kept.txt"
        signed = note.assemble(text, log, private.sign(text.encode()))
        file.write_text(signed, encoding="utf-8")
        done = verified(files, key, tmp_path / "all", "--since", str(file))
        assert done.returncode == 1
        return done.stdout

    assert "--since: the tree over" in since(size)
    assert "a fork" in since(size)
    assert "rolled back" in since(10**9)
    assert "no proof from 1 entries" in since(1)


def test_a_fork_shows_even_if_the_logs_own_key_signed_it(proved: Proved, tmp_path: Path) -> None:
    files = proved.files
    assert verified(files, by_another(files), tmp_path / "whole").returncode == 0
    forked = verified(files, by_another(files, forked=True), tmp_path / "forked")
    assert forked.returncode == 1
    assert "does not begin with this one: a fork" in forked.stdout


def test_what_is_signed_as_evidence_is_no_checkpoint(proved: Proved) -> None:
    key = note.VerifierKey.parse(proved.key)
    with pytest.raises(note.NoteError):
        note.open_checkpoint(proved.files[archive.NOTE].decode(), key)
    text = note.verified_text(
        proved.files[archive.NOTE].decode(), note.evidence_key(key.public_key)
    )
    with pytest.raises(note.NoteError):
        note.read_checkpoint(text)
