from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ecluse.client.keyfile import KeyFile, KeyFileError
from ecluse.login import clients, keyid


if TYPE_CHECKING:
    from pathlib import Path

GATE = "https://gate.test"


def test_a_key_file_is_its_owners_alone_and_opens_as_it_was_made(tmp_path: Path) -> None:
    made = KeyFile.create(tmp_path / "till.key", GATE + "/")
    assert (made.path.stat().st_mode & 0o777, made.gate) == (0o600, GATE)
    opened = KeyFile.open(made.path)
    assert opened.key.public_key == made.key.public_key
    assert keyid.parse(opened.keyid) == (
        clients.account_of(made.key.thumbprint),
        made.key.thumbprint,
    )


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    before = KeyFile.create(tmp_path / "till.key", GATE)
    with pytest.raises(KeyFileError, match="never overwritten"):
        KeyFile.create(before.path, GATE)
    assert KeyFile.open(before.path).fingerprint == before.fingerprint


def test_a_passphrase_seals_the_key_through_a_rotation(tmp_path: Path) -> None:
    made = KeyFile.create(tmp_path / "till.key", GATE, b"a long one")
    following = made.prepare()
    made.promote()
    for wrong in (None, b"another"):
        with pytest.raises(KeyFileError) as refusal:
            KeyFile.open(made.path, wrong)
        assert refusal.value.hint
    assert KeyFile.open(made.path, b"a long one").key.public_key == following.public_key


def test_the_next_key_is_on_disk_before_anybody_hears_of_it(tmp_path: Path) -> None:
    made = KeyFile.create(tmp_path / "till.key", GATE)
    following = made.prepare()
    after_a_crash = KeyFile.open(made.path)
    assert after_a_crash.key.public_key == made.key.public_key
    assert after_a_crash.prepare().public_key == following.public_key
    after_a_crash.promote()
    assert after_a_crash.account == made.account
    assert KeyFile.open(made.path).key.public_key == following.public_key
    assert KeyFile.open(made.path).following is None
    assert os.listdir(tmp_path) == ["till.key"]  # noqa: PTH208 - names only


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    made = KeyFile.create(tmp_path / "till.key", GATE)
    made.path.chmod(0o640)
    with pytest.raises(KeyFileError, match="treat its key as known"):
        KeyFile.open(made.path)


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b'{"version":2}'])
def test_what_is_no_key_file_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "till.key"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="does not hold"):
        KeyFile.open(path)
