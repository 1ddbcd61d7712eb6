"""Signed notes against published ones, against a parser of our own making, and against forgers."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from ecluse.ledger.note import (
    Checkpoint,
    NoteError,
    VerifierKey,
    assemble,
    log_key,
    open_checkpoint,
    parse,
    read_checkpoint,
    verified_text,
)


# The example of Go's golang.org/x/mod/sumdb/note (BSD-3-Clause), which the specification follows.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_NOTE = (
    f"{GO_TEXT}\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvq"
    "fqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The examples of c2sp.org/signed-note and c2sp.org/tlog-checkpoint.
EMPTY_LINES = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "\u2014 quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMou"
    "FSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhc"
    "yv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)

SECRET = Ed25519PrivateKey.from_private_bytes(b"\x2a" * 32)
KEY = log_key(SECRET.public_key().public_bytes_raw())
SIGNED = Checkpoint(KEY.name, 20, hashlib.sha256(b"root").digest())


def signed(text: str, key: VerifierKey = KEY, secret: Ed25519PrivateKey = SECRET) -> str:
    return assemble(text, key, secret.sign(text.encode()))


def independently_read(note: str, name: str, public_key: bytes) -> tuple[str, int, bytes]:
    """Read a checkpoint with nothing of ours: the specification, turned into an expression."""
    found = re.fullmatch(
        r"((?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]*)\n(?P<root>[A-Za-z0-9+/]{43}=)\n)"
        r"\n\u2014 (?P<name>[^ +\n]+) (?P<signature>[A-Za-z0-9+/]{91}=)\n",
        note,
    )
    assert found is not None
    assert found["name"] == name
    signature = base64.b64decode(found["signature"])
    key_id = hashlib.sha256(name.encode() + b"\x0a\x01" + public_key).digest()[:4]
    assert signature[:4] == key_id
    Ed25519PublicKey.from_public_bytes(public_key).verify(signature[4:], found[1].encode())
    return found["origin"], int(found["size"]), base64.b64decode(found["root"])


def test_it_verifies_the_note_that_go_publishes() -> None:
    assert verified_text(GO_NOTE, VerifierKey.parse(GO_KEY)) == GO_TEXT


def test_it_writes_the_verifier_key_that_go_writes() -> None:
    assert VerifierKey.parse(GO_KEY).text() == GO_KEY


def test_it_takes_the_specification_s_examples_apart() -> None:
    text, signatures = parse(EMPTY_LINES)
    assert text.endswith(":\n\ned è subito sera.\n")
    assert [each.name for each in signatures] == ["quasimodo.example/salvatore"]
    checkpoint = read_checkpoint(parse(CHECKPOINT)[0])
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == CHECKPOINT.partition("\n\n")[0] + "\n"


def test_an_independent_reader_accepts_what_it_writes() -> None:
    note = signed(SIGNED.text())
    assert independently_read(note, KEY.name, KEY.public_key) == SIGNED
    assert open_checkpoint(note, KEY) == SIGNED


@given(at=st.integers(0, 240), bit=st.integers(0, 6))
def test_no_letter_of_a_checkpoint_can_be_changed(at: int, bit: int) -> None:
    note = signed(SIGNED.text())
    at %= len(note)
    forged = note[:at] + chr(ord(note[at]) ^ 1 << bit) + note[at + 1 :]
    with pytest.raises(NoteError):
        open_checkpoint(forged, KEY)


def test_signatures_of_others_beside_ours_do_not_matter() -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    witness = VerifierKey("witness.example", other.public_key().public_bytes_raw())
    line = signed(SIGNED.text(), witness, other).partition("\n\n")[2]
    assert open_checkpoint(signed(SIGNED.text()) + line, KEY) == SIGNED


def test_it_refuses_a_note_whose_only_signature_is_another_s() -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    theirs = log_key(other.public_key().public_bytes_raw())
    with pytest.raises(NoteError, match="not signed by this log's key"):
        open_checkpoint(signed(SIGNED.text(), theirs, other), KEY)


def test_it_refuses_our_name_and_id_over_another_key_s_signature() -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    with pytest.raises(NoteError, match="does not hold"):
        open_checkpoint(signed(SIGNED.text(), KEY, other), KEY)


def test_it_refuses_another_log_s_checkpoint_though_our_key_signed_it() -> None:
    with pytest.raises(NoteError, match="another log's"):
        open_checkpoint(signed(SIGNED._replace(origin="example.com/other").text()), KEY)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "text\n",
        "text\n\n",
        "\n\n\u2014 name AAAAAAA=\n",
        "text\n\n\u2014 name AAAAAAA=",
        "text\n\n- name AAAAAAA=\n",
        "text\n\n\u2014 name AAAA\n",
        "text\n\n\u2014 name AAAAAAB=\n",
        "text\n\n\u2014 na+me AAAAAAA=\n",
        "text\n\n\u2014 na\u00a0me AAAAAAA=\n",
        "text\n\n\u2014  AAAAAAA=\n",
        "te\rxt\n\n\u2014 name AAAAAAA=\n",
        "text\n\n" + 101 * "\u2014 name AAAAAAA=\n",
    ],
)
def test_it_refuses_what_is_no_signed_note(note: str) -> None:
    with pytest.raises(NoteError):
        parse(note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n5\n",
        "origin\n05\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n-5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n\u0665\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "origin\n5\nAAAA\n",
        "\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n",
    ],
)
def test_it_refuses_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(NoteError):
        read_checkpoint(text)


def test_extension_lines_are_read_over() -> None:
    assert read_checkpoint(SIGNED.text() + "an extension\n") == SIGNED


@pytest.mark.parametrize(
    "text", ["", "a+b", GO_KEY[:-1] + "X", GO_KEY.replace("c74f", "c74e"), "a+00000000+AgAA"]
)
def test_it_refuses_what_is_no_verifier_key(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(text)
