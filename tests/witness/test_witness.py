"""The witness's process, asked over HTTP as any log would ask it."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from typing import TYPE_CHECKING

import httpx2
import pytest

from ecluse.ledger.note import VerifierKey, open_checkpoint
from ecluse.ledger.submission import Submission
from ecluse.witness.folder import Folder, WitnessError
from witness.logs import Log
from witness.running import NAME, Running, ask, command, witness


if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("witness")


@pytest.fixture(scope="module")
def running(state: Path) -> Iterator[Running]:
    with witness(state) as process:
        yield process


@pytest.fixture
def log(state: Path, running: Running) -> Log:
    """A log of its own for each test, followed and cosigned at 5 entries."""
    made = fresh(state)
    Folder(state).follow(made.key)
    running.cosigned(made.submission(0, 5))
    return made


def fresh(state: Path) -> Log:
    number = len(Folder(state).all_followed())
    return Log(bytes([number + 1]) * 32)


def against(state: Path, log: Log) -> list[str]:
    return [each.kind for each in Folder(state).refused() if each.origin == log.key.name]


def test_it_cosigns_what_goes_on_and_says_when(running: Running, log: Log) -> None:
    first = running.cosigned(log.submission(5, 9))
    again = running.cosigned(log.submission(9, 9))
    assert again.at >= first.at
    assert running.cosigned(log.submission(9, 1000)).key == running.key


def test_it_cosigns_a_log_that_is_empty_still(running: Running, state: Path) -> None:
    log = fresh(state)
    Folder(state).follow(log.key)
    running.cosigned(log.submission(0, 0))
    running.cosigned(log.submission(0, 3))


def test_it_tells_its_size_to_who_asks_from_another(running: Running, log: Log) -> None:
    for old in (0, 4, 6):
        answer = running.submit(log.submission(old, 9))
        assert (answer.status_code, answer.text) == (409, "5\n")
        assert answer.headers["content-type"].startswith("text/x.tlog.size")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 5\n",
        b"old 05\n\nnote",
        b"old -1\n\nnote",
        b"old 5\nnot base64\n\nnote",
        b"new 5\n\nnote",
        b"old 5\n" + b"A" * 44 + b"\n\nnote",
        "old \u0665\n\nnote".encode(),
        b"\xff\n\n",
    ],
)
def test_it_refuses_what_is_no_request(running: Running, body: bytes) -> None:
    assert running.post(body).status_code == 400


def test_it_refuses_a_proof_longer_than_any_tree_needs(running: Running, log: Log) -> None:
    many = log.submission(5, 9)._replace(hashes=(b"h" * 32,) * 64)
    assert running.submit(many).status_code == 400
    assert running.post(b"x" * 70_000).status_code == 413


def test_it_refuses_a_step_back_within_one_request(running: Running, log: Log) -> None:
    assert running.submit(Submission(9, (), log.note(5))).status_code == 400


def test_it_does_not_know_a_log_that_it_was_not_told_to_follow(running: Running) -> None:
    assert running.submit(Log(b"\xfe" * 32).submission(0, 5)).status_code == 404


@pytest.mark.attack
def test_it_refuses_a_checkpoint_that_another_key_signed(running: Running, log: Log) -> None:
    thief = Log(b"\xfd" * 32)
    forged = Submission(5, (), thief.note(9, origin=log.key.name))
    assert running.submit(forged).status_code == 403
    named = forged.note.replace(thief.key.name, log.key.name)
    assert running.submit(Submission(5, (), named)).status_code == 403


@pytest.mark.attack
def test_a_fork_of_the_same_size_is_refused_and_both_notes_are_kept(
    running: Running, log: Log, state: Path
) -> None:
    fork = log.forked(3)
    answer = running.submit(Submission(5, (), fork.note(5)))
    assert answer.status_code == 409
    (kept,) = [each for each in Folder(state).refused() if each.origin == log.key.name]
    assert kept.kind == "fork"
    # Whoever is shown the two notes needs nothing else to know that the log lied.
    one, other = (open_checkpoint(note, log.key) for note in (kept.cosigned, kept.offered))
    assert one.size == other.size
    assert one.root != other.root
    running.cosigned(log.submission(5, 6))


@pytest.mark.attack
def test_a_fork_that_grew_on_is_refused_whatever_proof_comes_with_it(
    running: Running, log: Log, state: Path
) -> None:
    fork = log.forked(3)
    for sent in (fork.submission(5, 9), log.submission(5, 9)._replace(note=fork.note(9))):
        assert running.submit(sent).status_code == 422
    assert against(state, log) == ["unproved"]
    running.cosigned(log.submission(5, 9))


@pytest.mark.attack
def test_a_log_that_was_rolled_back_is_refused_until_it_is_whole_again(
    running: Running, log: Log, state: Path
) -> None:
    for old in (4, 0, 5):
        assert running.submit(log.submission(min(old, 4), 4)._replace(old=old)).status_code in {
            400,
            409,
        }
    assert against(state, log) == ["shorter"]
    running.cosigned(log.submission(5, 6))


@pytest.mark.attack
def test_an_outsider_cannot_turn_it_against_a_log(running: Running, log: Log, state: Path) -> None:
    """Nonsense without the log's signature leaves no trace, and none stops the log."""
    running.submit(Log(b"\xfc" * 32).submission(0, 5)._replace(old=5))
    assert against(state, log) == []
    running.submit(log.submission(5, 9)._replace(hashes=()))
    running.cosigned(log.submission(5, 9))


def test_monitors_read_its_latest_checkpoint(running: Running, log: Log, state: Path) -> None:
    path = sha256(log.key.name.encode()).hexdigest()
    shown = httpx2.get(f"{running.url}/{path}/checkpoint").text
    assert open_checkpoint(shown, log.key).size == 5
    assert NAME in shown
    assert httpx2.get(f"{running.url}/{'0' * 64}/checkpoint").status_code == 404


def test_a_second_witness_on_one_folder_is_refused(running: Running, state: Path) -> None:
    second = command("serve", "--state", str(state), "--name", NAME, "--port", "0")
    done = subprocess.run(second, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"Another witness works on" in done.stderr


def test_killed_it_remembers_what_it_cosigned_and_under_the_same_key(tmp_path: Path) -> None:
    log = Log()
    ask(tmp_path, "follow", log.key.text())
    with witness(tmp_path) as first:
        cosigned = first.cosigned(log.submission(0, 7))
        first.process.kill()
    with witness(tmp_path) as second:
        assert second.key == first.key
        assert second.submit(log.submission(0, 9)).text == "7\n"
        assert second.submit(log.forked(3).submission(7, 9)).status_code == 422
    (shown,) = ask(tmp_path, "seen")["logs"]
    assert (shown["origin"], shown["size"]) == (log.key.name, 7)
    assert cosigned.line in shown["note"]
    (told,) = ask(tmp_path, "refused", status=1)["refused"]
    assert told["kind"] == "unproved"
    assert ask(tmp_path, "key", "--name", NAME)["key"] == first.key.text()


def test_its_folder_is_closed_to_others_and_a_file_that_was_cut_short_stops_it(
    tmp_path: Path,
) -> None:
    log = Log()
    folder = Folder(tmp_path / "state")
    folder.make(NAME)
    folder.follow(log.key)
    files = [each for each in (tmp_path / "state").rglob("*") if each.is_file()]
    assert {each.stat().st_mode & 0o077 for each in files} == {0}
    (kept,) = (tmp_path / "state" / "logs").iterdir()
    kept.write_bytes(kept.read_bytes()[:40])
    with pytest.raises(WitnessError, match="cannot be read"):
        folder.followed(log.key.name)


def test_a_log_keeps_its_key_and_a_witness_its_name(tmp_path: Path) -> None:
    log, other = Log(), Log(b"\x01" * 32)
    folder = Folder(tmp_path)
    folder.follow(log.key)
    with pytest.raises(WitnessError, match="under another key"):
        folder.follow(VerifierKey(log.key.name, other.key.public_key))
    drawn = folder.make(NAME)
    assert folder.make(NAME) == drawn
    with pytest.raises(WitnessError, match="is called"):
        folder.make("other.example.org")
    with pytest.raises(WitnessError, match="one word"):
        Folder(tmp_path / "other").make("a+b")
