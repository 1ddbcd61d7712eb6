"""Verify an Écluse evidence archive: `python3 verify.py` in its folder. Exit 0, or name each fault.

Standard library only, Python 3.9 or later. It believes nothing but the keys that it is given.

    signatures    Ed25519, RFC 8032 section 5.1.7
    proofs        RFC 9162 sections 2.1.3.2 (inclusion) and 2.1.4.2 (consistency), SHA-256
    notes         c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature (witnesses)
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
import time
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any


P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
CHECKPOINT = re.compile("ledger/checkpoints/")


class FaultError(Exception):
    """Something in the archive is not as it was signed; says in which file, and what."""


def add(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """Add two points in extended coordinates (RFC 8032, 5.1.4)."""
    one, two = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    three, four = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = two - one, four - three, four + three, two + one
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar: int, point: tuple[int, ...]) -> tuple[int, ...]:
    """Multiply a point."""
    found: tuple[int, ...] = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = add(found, point)
        point, scalar = add(point, point), scalar >> 1
    return found


def decode_point(data: bytes) -> tuple[int, ...] | None:
    """Decode a point (RFC 8032, 5.1.3); None if it is none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed_by(key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether an Ed25519 signature holds."""
    if len(key) != 32 or len(signature) != 64 or BASE is None:
        return False
    point, commitment = decode_point(key), decode_point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or commitment is None or scalar >= L:
        return False
    hashed = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = times(scalar, BASE), add(commitment, times(hashed, point))
    return all((left[axis] * right[2] - right[axis] * left[2]) % P == 0 for axis in (0, 1))


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into the one above them."""
    return sha256(b"\x01" + left + right).digest()


def climb(node: int, last: int, start: bytes, path: list[bytes]) -> tuple[bytes, bytes]:
    """Hash a path onto a subtree twice: without what stands to its right, and with it."""
    old = new = start
    for sibling in path:
        if last == 0:
            return b"", b""
        if node % 2 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and node % 2 == 0:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return (old, new) if last == 0 else (b"", b"")


def included(leaf: bytes, position: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Tell whether a path leads from a leaf's hash to the root."""
    return 0 <= position < size and climb(position, size - 1, leaf, path)[1] == root


def goes_on(old: int, new: int, path: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Tell whether the new tree begins with the old one."""
    if not 0 < old < new:
        return old == new and not path and old_root == new_root
    rest = [old_root, *path] if old & (old - 1) == 0 else path
    node, last = old - 1, new - 1
    while node % 2:
        node, last = node >> 1, last >> 1
    return bool(rest) and climb(node, last, rest[0], rest[1:]) == (old_root, new_root)


def parse_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return a note's text, and of each signature line its name and bytes."""
    text, _, lines = note.rpartition("\n\n")
    split = [line.split(" ") for line in lines.splitlines()]
    return text + "\n", [(each[1], unbase64(each[2])) for each in split if each[0] == "\u2014"]


def key_id(name: str, kind: bytes, key: bytes) -> bytes:
    """Return what a signature line names a key by; a log's kind is 1, a witness's 4."""
    return sha256(name.encode() + b"\n" + kind + key).digest()[:4]


def note_text(file: str, note: str, name: str, key: bytes) -> str:
    """Return the text of a note that `key` signed under `name`."""
    text, lines = parse_note(note)
    named = (name, key_id(name, b"\x01", key))
    ours = [body[4:] for whose, body in lines if (whose, body[:4]) == named]
    if not ours:
        raise FaultError(f"{file}: not signed by the operator's key")
    if not all(signed_by(key, text.encode(), each) for each in ours):
        raise FaultError(f"{file}: the operator's signature does not hold")
    return text


def unbase64(text: str) -> bytes:
    """Decode standard base64."""
    return base64.b64decode(text, validate=True)


class Archive:
    """A folder under verification; `faults` says what was found wrong."""

    def __init__(self, folder: Path, pinned: str, witnesses: list[str], since: str) -> None:
        self.faults: list[str] = []
        self.told: list[str] = []
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        self.files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        self.pinned, self.witnesses, self.since = pinned, witnesses, since
        self.key, self.installation = b"", ""
        self.roots: dict[int, bytes] = {}
        self.acts: dict[int, dict[str, Any]] = {}
        self.signed: dict[str, str] = {}

    def verify(self) -> None:
        """Go through everything; a broken part does not keep the others from being looked at."""
        steps = (
            *(self.read_key, self.read_note, self.compare_files, self.compare_checkpoints),
            *(self.compare_since, self.compare_cosignatures, self.compare_entries),
            *(self.compare_policies, self.compare_notices, self.compare_scope),
            self.compare_timeline,
        )
        for step in steps:
            try:
                step()
            except FaultError as fault:
                self.faults.append(str(fault))
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                name = step.__name__.replace("_", " ")
                self.faults.append(f"while trying to {name}: {type(error).__name__}: {error}")

    def text(self, name: str) -> str:
        """Return a file's text."""
        if name not in self.files:
            raise FaultError(f"{name}: the file is missing")
        return self.files[name].decode()

    def json(self, name: str) -> Any:  # noqa: ANN401 - whatever the file holds
        """Return what a JSON file holds."""
        try:
            return json.loads(self.text(name))
        except ValueError:
            raise FaultError(f"{name}: not JSON") from None

    def fault(self, where: str, problem: str) -> None:
        """Note a fault and go on."""
        self.faults.append(f"{where}: {problem}")

    def read_key(self) -> None:
        """Take the operator's key, and compare it with the one given."""
        text = self.text("ledger/key.txt").strip()
        name, _, encoded = text.split("+", 2)
        self.key = unbase64(encoded)[1:]
        self.installation = sha256(self.key).digest()[:8].hex()
        if name != f"ecluse/{self.installation}/shard0":
            self.fault("ledger/key.txt", "the log's name does not follow from its key")
        if self.pinned and self.pinned != text:
            self.fault("ledger/key.txt", "not the key that was given: somebody else signed this")
        if not self.pinned:
            self.told.append(f"The key is the archive's own word. Compare it: {text}")

    def read_note(self) -> None:
        """Read what the keyring vouches for."""
        name = f"ecluse/{self.installation}/evidence"
        lines = note_text("evidence.txt", self.text("evidence.txt"), name, self.key).split("\n")
        self.signed = dict(line.split(" ", 1) for line in lines[1:-1])
        if lines[0] != name or set(self.signed) != {"incident", "acts", "manifest"}:
            raise FaultError("evidence.txt: no evidence of this operator")
        if self.signed["incident"] != str(self.json("case.json")["incident"]):
            self.fault("case.json", "another incident than was signed")

    def compare_files(self) -> None:
        """Compare every file with the manifest, and the manifest with its signature."""
        manifest = self.text("manifest.json").encode()
        if sha256(manifest).hexdigest() != self.signed.get("manifest"):
            self.fault("manifest.json", "not the manifest that was signed")
        listed = self.json("manifest.json")["files"]
        found = {name: sha256(body).hexdigest() for name, body in self.files.items()}
        for name in sorted(set(listed) - set(found)):
            self.fault(name, "the file is missing")
        for name in sorted(set(found) - set(listed) - {"manifest.json", "evidence.txt"}):
            self.fault(name, "the file is not in the manifest: it was added")
        for name in sorted(set(found) & set(listed)):
            if found[name] != listed[name]:
                self.fault(name, "the file was altered: its SHA-256 is not the manifest's")

    def compare_checkpoints(self) -> None:
        """Verify each checkpoint, and that the latest tree begins with every earlier one."""
        log = f"ecluse/{self.installation}/shard0"
        for name in filter(CHECKPOINT.match, self.files):
            try:
                origin, size, root = note_text(name, self.text(name), log, self.key).split("\n")[:3]
            except FaultError as fault:
                self.faults.append(str(fault))
                continue
            if origin != log or name != f"ledger/checkpoints/{size}.txt":
                self.fault(name, "another checkpoint than its name says")
            else:
                self.roots[int(size)] = unbase64(root)
        latest = self.json("case.json")["ledger"]["size"]
        if max(self.roots, default=0) != latest:
            self.fault("ledger/checkpoints", f"no checkpoint over {latest} entries: rolled back")
        for old in sorted(set(self.roots) - {latest}):
            self.lead(f"ledger/checkpoints/{old}.txt", old, self.roots[old], latest)

    def lead(self, file: str, old: int, root: bytes, latest: int) -> None:
        """Verify that the latest tree begins with an earlier one."""
        proofs = {each["old"]: each["hashes"] for each in self.json("ledger/consistency.json")}
        path = [unbase64(each) for each in proofs.get(old, [])]
        if not goes_on(old, latest, path, root, self.roots.get(latest, b"")):
            self.fault(file, f"the tree over {latest} entries does not begin with this one: a fork")

    def compare_since(self) -> None:
        """Verify that nothing was taken back since the checkpoint that was given."""
        if not self.since:
            return
        log = f"ecluse/{self.installation}/shard0"
        origin, size, root = note_text("--since", self.since, log, self.key).split("\n")[:3]
        old, latest = int(size), self.json("case.json")["ledger"]["size"]
        proved = {each["old"] for each in self.json("ledger/consistency.json")}
        if origin != log or old > latest:
            self.fault("--since", f"{old} entries, and the archive has {latest}: rolled back")
        elif old not in proved | {latest}:
            self.fault("--since", f"no proof from {old} entries: have the archive built with it")
        else:
            self.lead("--since", old, unbase64(root), latest)

    def compare_cosignatures(self) -> None:
        """Verify what witnesses signed, and say who did and when."""
        known, held = {}, dict[str, tuple[int, str, int]]()
        for text in [*self.json("ledger/witnesses.json"), *self.witnesses]:
            name, _, encoded = text.split("+", 2)
            key = unbase64(encoded)[1:]
            known[name, key_id(name, b"\x04", key)] = key, text
        for file in filter(CHECKPOINT.match, self.files):
            body, lines = parse_note(self.text(file))
            for name, signed in lines:
                key, text = known.get((name, signed[:4]), (b"", ""))
                at = int.from_bytes(signed[4:12], "big")
                message = f"cosignature/v1\ntime {at}\n{body}".encode()
                if key and signed_by(key, message, signed[12:]):
                    held[text] = max(
                        held.get(text, (0, "", 0)), (int(body.split("\n")[1]), name, at)
                    )
                elif name != f"ecluse/{self.installation}/shard0":
                    self.fault(file, f"the cosignature of {name} does not hold")
        for size, name, at in held.values():
            moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at))
            self.told.append(f"{name} cosigned {size} entries at {moment} UTC.")
        if not held:
            self.told.append("No witness has co-signed: the operator alone signed its log.")
        for text in set(self.witnesses) - set(held):
            self.fault("ledger/checkpoints", f"nothing is cosigned by the witness given, {text}")

    def compare_entries(self) -> None:
        """Verify each entry's place in the tree, and that the acts are those the keyring opened."""
        size = self.json("case.json")["ledger"]["size"]
        for position in self.json("case.json")["unread"]:
            self.told.append(f"Entry {position} does not open: erased with its month, or none.")
        root, last, lines = self.roots.get(size, b""), -1, []
        for entry in self.json("ledger/entries.json"):
            position, commitment = entry["position"], unbase64(entry["commitment"])
            where = f"ledger/entries.json, entry {position}"
            if position <= last:
                self.fault(where, "out of order")
            last = position
            path = [unbase64(each) for each in entry["hashes"]]
            if not included(sha256(b"\x00" + commitment).digest(), position, size, path, root):
                self.fault(where, "its proof does not lead to the root that was signed")
            if "act" not in entry:
                continue
            sealed = unbase64(entry["salt"]) + unbase64(entry["sealed"])
            if sha256(sealed).digest() != commitment:
                self.fault(where, "its sealed text is not what its commitment says")
            if entry["act"] not in self.files:
                self.fault(where, f"its act {entry['act']} is missing")
                continue
            self.acts[position] = self.json(entry["act"])
            told = sha256(self.files[entry["act"]]).hexdigest()
            lines.append(f"{position} {commitment.hex()} {told}\n")
        if sha256("".join(lines).encode()).hexdigest() != self.signed.get("acts"):
            self.fault("ledger/entries.json", "the acts are not those that the keyring opened")

    def compare_policies(self) -> None:
        """Find the text of every policy that came into force."""
        absent = self.json("case.json")["policies_absent"]
        for position, act in self.acts.items():
            if act["type"] != "policy_in_force":
                continue
            digest = unbase64(act["sha256"]).hex()
            name = f"policies/{digest}.toml"
            if digest in absent and name not in self.files:
                self.told.append(f"The text of policy {act['version']} ({digest}) is not at hand.")
            elif sha256(self.text(name).encode()).hexdigest() != digest:
                self.fault(name, f"not the policy in force from entry {position} on")

    def compare_notices(self) -> None:
        """Compare the files built for insurers with the digests that stand in the ledger."""
        built = {
            act["version"]: unbase64(act["digest"]).hex()
            for act in self.acts.values()
            if act["type"] == "notices_built"
        }
        rounds = {each["version"]: each["files"] for each in self.json("notices.json")}
        for version in sorted(set(built) | set(rounds)):
            files = rounds.get(version, {})
            lines = "".join(f"{amc} {files[amc]}\n" for amc in sorted(files))
            if sha256(lines.encode()).hexdigest() != built.get(version):
                self.fault("notices.json", f"round {version} is not the one in the ledger")

    def compare_scope(self) -> None:
        """Compare the counts with the entries, and each scope taken with a checkpoint."""
        entries = [each for each in self.json("ledger/entries.json") if "answer" in each]
        scope = self.json("scope.json")
        for answer in ("sure", "possible"):
            counted = sum(each["answer"] == answer for each in entries)
            if scope["answers"][answer] != counted:
                told = f"{scope['answers'][answer]} {answer} answers, {counted} entries"
                self.fault("scope.json", told)
        for position, act in self.acts.items():
            if act["type"] == "scope_taken" and self.roots.get(act["end"]) != unbase64(act["root"]):
                self.fault(f"entry {position}", "its scope was taken from another tree")

    def compare_timeline(self) -> None:
        """Compare the story with the acts."""
        moments = {each["position"]: each for each in self.json("timeline.json")}
        for position in sorted(set(moments) | set(self.acts)):
            moment, act = moments.get(position, {}), self.acts.get(position, {})
            if (moment.get("at"), moment.get("kind")) != (act.get("at"), act.get("type")):
                self.fault("timeline.json", f"entry {position} is told otherwise than it is")


def main() -> int:
    """Verify the archive that this file lies in, or the folder named."""
    parser = argparse.ArgumentParser(description="Verify an Écluse evidence archive.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", default="", help="the operator's verifier key, from elsewhere")
    parser.add_argument("--witness", action="append", default=[], help="a witness's key, likewise")
    parser.add_argument("--since", type=Path, help="a checkpoint kept from before")
    given = parser.parse_args()
    since = given.since.read_text("utf-8") if given.since else ""
    archive = Archive(given.folder, given.key.strip(), given.witness, since)
    archive.verify()
    print(*archive.told, *(f"FAULT {line}" for line in archive.faults), sep="\n")
    whole = f"{len(archive.files)} files, {len(archive.acts)} acts: everything is as it was signed."
    print(f"NOT as it was signed: {len(archive.faults)} faults." if archive.faults else whole)
    return 1 if archive.faults else 0


if __name__ == "__main__":
    sys.exit(main())
